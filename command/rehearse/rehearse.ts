import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { appFolderOf, type PlayedApp, readApp } from './app';
import { readOptions, type RehearseOptions } from './options';
import { StoryPrinter } from './story-printer';
import { storyReport } from './story-report';
import type { DeployedStack } from '../../rehearsal/deployed-stack';
import { rehearse } from '../../rehearsal/rehearsal';
import { type PlayedStory, reportPage } from '../../rehearsal/report';
import { MADE_STORY, startingStory, withExpectations } from '../../rehearsal/starting-story';
import { loadStory, parseStory, type Story, StoryError } from '../../rehearsal/story';
import { toJson } from '../../src/collector/text';
import { CommandError } from '../errors';
import { type Paint, paintFor, Progress, type Terminal } from '../terminal';

export async function rehearseStories(args: string[], terminal: Terminal): Promise<number> {
  const options = readOptions(args);
  const workFolder = mkdtempSync(path.join(tmpdir(), 'athena-session-monitor-'));
  const remove = () => rmSync(workFolder, { recursive: true, force: true });
  process.on('exit', remove); // as after a signal
  const signals = [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]] as const;
  signals.forEach(([signal, number]) => process.once(signal, () => process.exit(128 + number)));
  try {
    return await new Rehearse(options, terminal, workFolder).run();
  } catch (error) {
    // What is thrown on purpose is about the input. Anything else is a fault of this program.
    const isOwnFault = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
    throw isOwnFault ? error : new CommandError((error as Error).message);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** One call of the verb. */
class Rehearse {
  private readonly paint: Paint;

  public constructor(private readonly options: RehearseOptions, private readonly terminal: Terminal, private readonly workFolder: string) {
    this.paint = paintFor(terminal.stderr, terminal);
  }

  public async run(): Promise<number> {
    const { options, terminal: { stdout } } = this;
    const stories: (Story | undefined)[] = options.stories.length === 0 ? [undefined] : loadStories(options.stories);
    const folders = stories.map(story => appFolderOf(story, options));
    const apps = new Map<string | undefined, PlayedApp>();
    for (const folder of new Set(folders)) {
      const app = await this.readApp(folder, apps.size);
      apps.set(folder, app);
      this.warn(app.warnings);
    }
    if (options.saveStory !== undefined && apps.get(folders[0])!.environments.length > 1) {
      throw new CommandError(`--save-story is for one account and region, and the app has ${environmentNames(apps.get(folders[0])!)}: choose with --stack`);
    }

    const played: PlayedStory[] = [];
    for (const [index, given] of stories.entries()) {
      const { environments } = apps.get(folders[index])!;
      for (const stacks of environments) {
        const made = given ? undefined : startingStory(stacks);
        const story = given ?? parseStory(made!, MADE_STORY);
        const one = await this.play(story, stacks, environments.length > 1 ? environmentName(stacks) : undefined);
        this.warn(one.result.warnings);
        this.conclude(story, one.result.mismatches);
        played.push(one);
        if (options.saveStory !== undefined) {
          write('--save-story', options.saveStory, withExpectations(made!, story, one.result));
        }
      }
    }
    if (options.report !== undefined) {
      write('--report', options.report, reportPage(played));
    }
    if (options.json) {
      const warnings = [...apps.values(), ...played.map(({ result }) => result)].flatMap(one => one.warnings);
      stdout.write(`${toJson(storyReport(played, warnings), 2)}\n`);
    }
    this.tell(played);
    return played.some(({ result }) => result.mismatches.length > 0) ? 1 : 0;
  }

  private async readApp(folder: string | undefined, index: number): Promise<PlayedApp> {
    const { quiet, app } = this.options;
    const progress = quiet ? undefined : new Progress(this.terminal.stderr, () => `synthesizing ${app ?? (path.relative('', folder ?? '') || 'the app')}`);
    try {
      return await readApp(folder, this.options, path.join(this.workFolder, String(index)));
    } finally {
      progress?.clear();
    }
  }

  private async play(story: Story, stacks: readonly DeployedStack[], where: string | undefined): Promise<PlayedStory> {
    const { options: { json, quiet }, terminal } = this;
    let done = '';
    const progress = quiet ? undefined : new Progress(terminal.stderr, () => `${story.title}: ${done}`);
    const { stdout } = terminal;
    const output = {
      isTTY: stdout.isTTY,
      columns: stdout.columns,
      write: (text: string) => {
        progress?.hide();
        return stdout.write(text);
      },
    };
    const printer = json || quiet ? undefined : new StoryPrinter(output, paintFor(stdout, terminal));
    try {
      printer?.begin(story, where);
      const result = await rehearse({
        story,
        stacks,
        onEvent: event => {
          if (event.kind === 'minute') {
            done = `${event.runs} of ${event.runsInAll} runs`;
          }
          printer?.event(event);
        },
      });
      printer?.end(result);
      return { story, stacks, result, where };
    } finally {
      progress?.clear();
    }
  }

  private warn(warnings: readonly string[]): void {
    warnings.forEach(line => this.terminal.stderr.write(`${this.paint('yellow', line)}\n`));
  }

  /** Differences are printed also if nothing else is. */
  private conclude({ file, title }: Story, mismatches: readonly string[]): void {
    const { options: { json, quiet }, terminal: { stdout, stderr } } = this;
    const output = json || quiet ? stderr : stdout;
    const paint = paintFor(output, this.terminal);
    if (mismatches.length > 0) {
      output.write(`${paint('red', `the story "${title}" did not end as it expects:`)}\n${mismatches.map(line => `${paint('red', `  ${line}`)}\n`).join('')}`);
    } else if (!json && !quiet) {
      output.write(`${file === MADE_STORY ? 'the story was made from the template, and expects nothing' : paint('green', 'the story ended as it expects')}\n`);
    }
    if (!json && !quiet) {
      output.write('\n');
    }
  }

  /** What to do next. */
  private tell(played: readonly PlayedStory[]): void {
    const { options: { report, saveStory, json, quiet }, terminal: { stdout, stderr } } = this;
    if (json || quiet) {
      return;
    }
    const failed = played.filter(({ result }) => result.mismatches.length > 0).length;
    if (played.length > 1) {
      stdout.write(failed > 0 ? `${failed} of ${played.length} stories did not end as they expect\n` : `all ${played.length} stories ended as they expect\n`);
    }
    if (report !== undefined) {
      stderr.write(`the report is in ${report}\n`);
    }
    if (saveStory !== undefined) {
      stderr.write(`the story is in ${saveStory}: change it, and play it with "athena-session-monitor rehearse ${saveStory}"\n`);
    } else if (played.every(({ story }) => story.file === MADE_STORY)) {
      stderr.write('To keep this story as a test, add --save-story story.yaml.\n');
    }
  }
}

function write(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandError(`${option} ${file} cannot be written (${(error as Error).message})`);
  }
}

/** All stories are checked before one is played. */
function loadStories(files: readonly string[]): Story[] {
  const problems: string[] = [];
  const stories = files.flatMap(file => {
    try {
      return [loadStory(file)];
    } catch (error) {
      if (!(error instanceof StoryError)) {
        throw error;
      }
      problems.push(...error.problems);
      return [];
    }
  });
  if (problems.length > 0) {
    throw new StoryError(problems);
  }
  return stories;
}

function environmentName([stack]: readonly DeployedStack[]): string {
  const { account, region } = stack!.environment;
  return `aws://${account}/${region}`;
}

function environmentNames({ environments }: PlayedApp): string {
  return environments.map(environmentName).join(', ');
}
