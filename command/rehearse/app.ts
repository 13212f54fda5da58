import { existsSync } from 'node:fs';
import * as path from 'node:path';
import { byEnvironment, missingContext, readAssembly, readTemplate } from '../../rehearsal/assembly';
import type { DeployedStack } from '../../rehearsal/deployed-stack';
import { type Story, StoryError } from '../../rehearsal/story';
import { synthesize } from '../../rehearsal/synthesis';
import { CommandError } from '../errors';
import type { RehearseOptions } from './options';

/** What stories are played against: the stacks with monitors, of each account and region. */
export interface PlayedApp {
  readonly environments: readonly (readonly DeployedStack[])[];
  /** What is left out, or may differ from a deployment. */
  readonly warnings: readonly string[];
}

/** The folder of the app that a story is played against. Undefined for the template. */
export function appFolderOf(story: Story | undefined, { app, template }: RehearseOptions): string | undefined {
  if (template !== undefined) {
    return undefined;
  }
  if (app !== undefined || story?.app === undefined) {
    return '.';
  }
  const folder = path.resolve(path.dirname(story.file), story.app);
  if (!existsSync(path.join(folder, 'cdk.json'))) {
    throw new StoryError([`${story.locate(['app'])}: app must be a folder with a cdk.json, relative to the story; got ${story.app}`]);
  }
  return folder;
}

/**
 * Reads the monitors.
 *
 * @param folder that of the app; undefined for the template
 * @param workFolder for everything that is written
 */
export async function readApp(folder: string | undefined, options: RehearseOptions, workFolder: string): Promise<PlayedApp> {
  if (folder === undefined) {
    return select(readTemplate(options.template!), options.template!, options, []);
  }
  const { app, context, stacks } = options;
  const assembly = await synthesize({ app, folder, context, stacks }, workFolder);
  const missing = missingContext(assembly);
  return select(readAssembly(assembly), app ?? path.join(path.relative('', folder), 'cdk.json'), options, missing.length === 0 ? [] : [
    `the app looks up values in AWS (${missing.join(', ')}) that cdk.context.json does not have, and invented ones are used:`
      + ' run "cdk synth" once with credentials',
  ]);
}

function select(all: readonly DeployedStack[], source: string, { stacks: patterns }: RehearseOptions, warnings: readonly string[]): PlayedApp {
  const names = all.map(({ path: stackPath }) => stackPath).join(', ') || 'none';
  const asPattern = (text: string) => new RegExp(`^${text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&').replaceAll('*', '.*')}$`);
  const isMatch = (pattern: string, { name, path: stackPath }: DeployedStack) => [name, stackPath].some(text => asPattern(pattern).test(text));
  const unmatched = patterns?.find(pattern => !all.some(stack => isMatch(pattern, stack)));
  if (unmatched !== undefined) {
    throw new CommandError(`--stack ${unmatched}: there is no such stack; ${source} has ${names}`);
  }
  const selected = all.filter(stack => !patterns || patterns.some(pattern => isMatch(pattern, stack)));
  const environments = byEnvironment(selected).filter(stacks => stacks.some(({ schedules }) => schedules.length > 0));
  if (environments.length === 0) {
    const where = patterns ? `the stacks ${selected.map(({ path: stackPath }) => stackPath).join(', ')}` : source;
    throw new CommandError(`there is no AthenaSessionMonitor with a schedule in ${where}${patterns ? '' : `; its stacks: ${names}`}`);
  }
  for (const stacks of environments) {
    const alarms = stacks.flatMap(stack => stack.alarms.map(({ name }) => ({ name, stack })));
    const [first, second] = alarms.map(one => alarms.filter(({ name }) => name === one.name)).find(({ length }) => length > 1) ?? [];
    if (first && second) { // as of stages for several accounts that the app does not know
      throw new CommandError(`${[first, second].map(({ stack }) => stack.path).join(' and ')} have an alarm with the same name, ${first.name},`
        + ' so they cannot be in one account and region: choose with --stack, or give them different ones');
    }
  }
  const notSimulated = environments.flat().flatMap(stack => stack.notSimulated);
  return { environments, warnings: [...warnings, ...notSimulated.map(text => `not simulated: ${text}`)] };
}
