import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { parseDocument } from 'yaml';
import { type DeployedStack, readStacks, type StackSource } from './deployed-stack';
import type { Environment } from './json-service';

/** Reads the monitors of a cloud assembly, those of its stages included. */
export function readAssembly(folder: string): DeployedStack[] {
  return readSources(sourcesOf(folder));
}

/** Reads the monitors of one template. */
export function readTemplate(file: string): DeployedStack[] {
  const template = parseTemplate(file);
  const folder = path.dirname(file);
  if (existsSync(path.join(folder, 'manifest.json'))) {
    const sources = sourcesOf(folder);
    const own = sources.find(source => path.resolve(source.file) === path.resolve(file));
    if (own) { // stacks may import values of other stacks
      return readSources(sources).filter(({ path: stackPath }) => stackPath === own.path);
    }
  }
  const name = path.basename(file).replace(/(\.template)?\.\w+$/, '');
  const assets = [folder, path.join(folder, 'cdk.out')].filter(existsSync).flatMap(parent => readdirSync(parent).flatMap((entry): [string, string][] => {
    const [, hash] = /^asset\.([0-9a-f]+)$/.exec(entry) ?? [];
    return hash === undefined ? [] : [[hash, path.join(parent, entry)]];
  }));
  return readStacks([{ name, template, assets: new Map(assets) }]);
}

function readSources(sources: readonly StackSource[]): DeployedStack[] {
  return byEnvironment(sources).flatMap(readStacks);
}

/** Groups stacks by account and region. */
export function byEnvironment<Stack extends { environment?: Partial<Environment> }>(stacks: readonly Stack[]): Stack[][] {
  const groups = new Map<string, Stack[]>();
  for (const stack of stacks) {
    const key = JSON.stringify([stack.environment?.account, stack.environment?.region]);
    groups.set(key, [...groups.get(key) ?? [], stack]);
  }
  return [...groups.values()];
}

/** The names of what CDK could not look up in AWS, so that templates have invented values. */
export function missingContext(folder: string): string[] {
  const { missing = [] } = readManifest(folder);
  return [...new Set<string>(missing.map(({ provider }: { provider: string }) => provider))];
}

/** The stacks of an assembly, and of the assemblies within it. */
function sourcesOf(folder: string): (StackSource & { path: string; file: string })[] {
  const artifacts = Object.entries<any>(readManifest(folder).artifacts ?? {});
  const ofType = (type: string) => artifacts.filter(([, artifact]) => artifact.type === type);
  const assets = new Map<string, string>();
  for (const [, { properties }] of ofType('cdk:asset-manifest')) {
    for (const [hash, { source }] of Object.entries<any>(readJson(path.join(folder, properties.file)).files ?? {})) {
      if (source.path !== undefined) { // else a command makes it
        assets.set(hash, path.resolve(folder, source.path));
      }
    }
  }
  return [
    ...ofType('aws:cloudformation:stack').map(([id, { properties, environment, metadata, displayName = id }]) => {
      const file = path.join(folder, properties.templateFile);
      const ofStack = Object.values<any>(metadata ?? {}).flat().filter(({ type }) => type === 'aws:cdk:asset'); // of a LegacyStackSynthesizer
      const all = new Map([...assets, ...ofStack.map(({ data }): [string, string] => [data.sourceHash, path.resolve(folder, data.path)])]);
      const name = properties.stackName ?? id;
      return { name, path: displayName, template: readJson(file), assets: all, environment: environmentOf(environment), file };
    }),
    ...ofType('cdk:cloud-assembly').flatMap(([, { properties }]) => sourcesOf(path.join(folder, properties.directoryName))),
  ];
}

/** Undefined for what is not known until deployment. */
function environmentOf(text: unknown): Partial<Environment> {
  const [, account, region] = /^aws:\/\/([^/]+)\/([^/]+)$/.exec(String(text)) ?? [];
  return { account: account?.startsWith('unknown-') ? undefined : account, region: region?.startsWith('unknown-') ? undefined : region };
}

function readManifest(folder: string): any {
  const file = path.join(folder, 'manifest.json');
  if (!existsSync(file)) {
    throw new Error(`${folder} has no manifest.json, so it is no cloud assembly: run "cdk synth", and pass the folder that it writes, such as cdk.out`);
  }
  return readJson(file);
}

function readJson(file: string): any {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read (${(error as Error).message}): run "cdk synth" again`);
  }
}

/** A template in JSON, or in YAML as `cdk synth` prints it. */
function parseTemplate(file: string): any {
  if (!existsSync(file)) {
    throw new Error(`${file}: there is no such file`);
  }
  if (statSync(file).isDirectory()) {
    throw new Error(`${file} is a folder: pass a template in it, or the folder itself with --app`);
  }
  const { errors: [error], warnings: [warning], contents } = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: false });
  const problem = error ?? warning; // such as one about a tag, of a short form like !Ref
  const template = problem ? undefined : contents?.toJSON();
  if (typeof template?.Resources !== 'object') {
    const reason = problem ? problem.message : 'it has no Resources';
    throw new Error(`${file} is not a CloudFormation template (${reason}): pass one that "cdk synth" writes, such as cdk.out/Stack.template.json`);
  }
  return template;
}
