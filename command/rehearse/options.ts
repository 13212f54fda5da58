import { existsSync, readdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { CommandError } from '../errors';
import { check, checkCommon, parseArguments } from '../options';

export const HELP = `Plays stories of sessions against the monitors of a CDK app, on this machine: which alarms are raised when, and who is told what.
You need no AWS account. The app's template and its Lambda function are real; Athena, CloudWatch, EventBridge and SNS are simulated.

athena-session-monitor rehearse [options] [story.yaml ...]

  --app COMMAND       the command that runs the app, such as 'npx tsx app.ts', or the folder of its cloud assembly, such as cdk.out
                      (default: that of cdk.json, as in the CDK CLI)
  --template FILE     a template that "cdk synth" has written, instead of an app
  --stack NAME        play only this stack: its name or construct path, with * for any text; can be repeated
  --context KEY=VALUE context for the app, as in the CDK CLI; can be repeated
  --report FILE       also write an HTML page with the alarms, sessions, messages and dashboards of each story
  --save-story FILE   write the story that is made from the template, with what happens in it as its expectations
  --json              print the result as JSON
  --quiet             print only errors and differences from what a story expects
  --help              show this text

A story is a YAML file with sessions, faults, and the alarms, metrics and messages to expect. A folder stands for its *.yaml files.
Without a story, one is made from the template: sessions stay below the threshold of each alarm, and then reach it. A story can name
the folder of its own app, which --app and --template replace.
How to write a story: https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/blob/main/docs/stories.md

Exit codes: 0 if every story ended as it expects, 1 if one did not, 2 if a story could not be played.
`;

export interface RehearseOptions {
  /** Files. */
  readonly stories: readonly string[];
  readonly app?: string;
  readonly template?: string;
  readonly stacks?: readonly string[];
  readonly context: { readonly [key: string]: string };
  readonly report?: string;
  readonly saveStory?: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

export function readOptions(args: string[]): RehearseOptions {
  const { values, positionals } = parseArguments(args, {
    'app': { type: 'string', short: 'a' },
    'template': { type: 'string' },
    'stack': { type: 'string', multiple: true },
    'context': { type: 'string', short: 'c', multiple: true },
    'report': { type: 'string' },
    'save-story': { type: 'string' },
    'json': { type: 'boolean' },
    'quiet': { type: 'boolean' },
  });
  const { app, template, stack: stacks, context = [], report, 'save-story': saveStory, json = false, quiet = false } = values;
  check('--app', app, text => text.trim() !== '', 'a command, such as \'npx tsx app.ts\', or a folder, such as cdk.out');
  if (app !== undefined && template !== undefined) {
    throw new CommandError('--app and --template cannot be combined: pass the one that has the monitors');
  }
  context.forEach(pair => check('--context', pair, text => /^[^=]+=/.test(text), 'KEY=VALUE'));
  checkOutput('--report', report, /\.html?$/, 'an HTML file, such as page.html');
  checkOutput('--save-story', saveStory, /\.ya?ml$/, 'a YAML file, such as story.yaml');
  if (saveStory !== undefined && existsSync(saveStory)) {
    throw new CommandError(`--save-story must be a new file, received ${JSON.stringify(saveStory)}, which exists: play it with "rehearse ${saveStory}"`);
  }
  if (saveStory !== undefined && positionals.length > 0) {
    throw new CommandError('--save-story writes the story that is made from the template: pass no other story with it');
  }
  checkCommon({ json, quiet });
  return {
    stories: positionals.flatMap(storyFiles),
    app,
    template,
    stacks,
    context: Object.fromEntries(context.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])),
    report,
    saveStory,
    json,
    quiet,
  };
}

/** A file that is written must not be another one by mistake, such as a story. */
function checkOutput(option: string, file: string | undefined, ending: RegExp, allowed: string): void {
  check(option, file, text => ending.test(text), allowed);
  check(option, file, text => existsSync(path.dirname(text)), 'in a folder that exists');
}

function storyFiles(file: string): string[] {
  if (!existsSync(file) || !statSync(file).isDirectory()) {
    return [file]; // reading it reports an error
  }
  const found = readdirSync(file).filter(name => /\.ya?ml$/.test(name)).sort().map(name => path.join(file, name));
  if (found.length === 0) {
    throw new CommandError(`the folder ${JSON.stringify(file)} has no story: a story is a *.yaml file`);
  }
  return found;
}
