import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import * as path from 'node:path';
import { ACCOUNT, REGION } from './json-service';

export interface AppOptions {
  /** The command that runs the app, or the folder of a cloud assembly. @default - that of the folder's cdk.json */
  app?: string;
  /** The folder that the command runs in, with a cdk.json. @default - the current one */
  folder?: string;
  /** In addition to that of cdk.json. */
  context?: { readonly [key: string]: unknown };
  /** Assets of other stacks need no bundling. @default - all stacks */
  stacks?: readonly string[];
  /** Where the user's own settings are. @default - the user's home */
  homeFolder?: string;
}

type Settings = { app?: unknown; build?: unknown; context?: { [key: string]: unknown } };

/** What one environment variable may have: Linux allows 128 KiB, and Windows 32 K characters. */
const MAX_ENVIRONMENT_VARIABLE = 32_000;

/**
 * Synthesizes a CDK app as the CDK CLI does, without a need for it.
 *
 * @param workFolder for everything that is written
 * @returns the folder of the cloud assembly
 * @see https://docs.aws.amazon.com/cdk/v2/guide/cli.html
 */
export async function synthesize({ app: given, folder = '.', context, stacks, homeFolder = homedir() }: AppOptions, workFolder: string): Promise<string> {
  const user = readSettings(path.join(homeFolder, '.cdk.json')) as Settings;
  const project = readSettings(path.join(folder, 'cdk.json')) as Settings;
  const app = given ?? commandOf('app', project) ?? commandOf('app', user);
  if (app === undefined) {
    const file = path.join(folder, 'cdk.json');
    throw new Error(existsSync(file) ? `${file} has no "app": pass the app's command, such as --app 'npx tsx app.ts'`
      : `there is no ${file}: run this in the folder of the app, or pass its command, such as --app 'npx tsx app.ts', or --template FILE`);
  }
  if (isFolder(path.resolve(folder, app))) {
    return path.resolve(folder, app);
  }
  if (/\.(json|ya?ml)$/.test(app)) {
    throw new Error(`the app must be a command or a folder, got ${app}: for a template, use --template ${app}`);
  }
  const output = path.join(workFolder, 'cdk.out');
  const environment: NodeJS.ProcessEnv = {
    CDK_DEFAULT_ACCOUNT: ACCOUNT,
    CDK_DEFAULT_REGION: REGION,
    ...process.env,
    CDK_OUTDIR: output,
    ...contextVariables({
      'aws:cdk:enable-path-metadata': true,
      'aws:cdk:enable-asset-metadata': true,
      ...(stacks && { 'aws:cdk:bundling-stacks': stacks }),
      ...user.context,
      ...readSettings(path.join(folder, 'cdk.context.json')),
      ...project.context,
      ...context,
    }, workFolder),
  };
  const build = commandOf('build', project);
  if (given === undefined && build !== undefined) {
    await run(build, folder, environment);
  }
  // As the CLI does: a file of JavaScript need not be executable.
  const isScript = /^\S+\.js$/.test(app) && existsSync(path.join(folder, app));
  await run(isScript ? `"${process.execPath}" "${app}"` : app, folder, environment);
  if (!existsSync(path.join(output, 'manifest.json'))) {
    throw new Error(`the app does not synthesize: ${app} wrote no cloud assembly; does it call app.synth()?`);
  }
  return output;
}

/** A command of the settings, which some write as a list of words. */
function commandOf(key: 'app' | 'build', settings: Settings): string | undefined {
  const command = [settings[key] ?? []].flat();
  if (!command.every(word => typeof word === 'string')) {
    throw new Error(`"${key}" in cdk.json must be a command, such as "npx tsx app.ts", got ${JSON.stringify(settings[key])}`);
  }
  return command.join(' ') || undefined;
}

function contextVariables(context: object, workFolder: string): NodeJS.ProcessEnv {
  const json = JSON.stringify(context);
  if (json.length <= MAX_ENVIRONMENT_VARIABLE) {
    return { CDK_CONTEXT_JSON: json };
  }
  const file = path.join(workFolder, 'context.json');
  mkdirSync(workFolder, { recursive: true });
  writeFileSync(file, json);
  return { CONTEXT_OVERFLOW_LOCATION: file };
}

async function run(command: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  // A group of its own can be ended as a whole: the shell, and what it has started. Windows has no such groups.
  const isGroup = process.platform !== 'win32';
  const child = spawn(command, { cwd: folder, shell: true, env, stdio: ['ignore', 'pipe', 'pipe'], detached: isGroup });
  const end = () => {
    if (isGroup && child.pid !== undefined) {
      process.kill(-child.pid);
    }
  };
  process.once('exit', end); // as after Ctrl-C
  let output = '';
  child.stdout.on('data', data => output += data);
  child.stderr.on('data', data => output += data);
  const code = await new Promise(resolve => {
    child.once('error', error => {
      output += error.message;
      resolve(-1);
    });
    child.once('close', resolve);
  });
  process.off('exit', end);
  if (code === 127 && /^\S+$/.test(command)) { // the shell's code
    throw new Error(`the app does not synthesize: there is no folder or command ${command}`);
  }
  if (code !== 0) {
    throw new Error(`the app does not synthesize: ${command} ended with exit code ${code}\n${output.trim()}`.trim());
  }
}

/** Nothing if there is no such file. */
function readSettings(file: string): { [key: string]: unknown } {
  if (!existsSync(file)) {
    return {};
  }
  try {
    return Object(JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, '')));
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function isFolder(file: string): boolean {
  return existsSync(file) && statSync(file).isDirectory();
}
