import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { build, type Plugin } from 'esbuild';

/** A module of the SDK that the collector never needs, and what stands in its place. */
interface LeftOut {
  readonly module: string;
  readonly why: string;
  /** Of the module's exports those that are still called; the others are undefined. */
  readonly standIn: string;
}

/** A plugin for the client's stack of middleware that adds nothing to it. */
const NO_PLUGIN = '() => ({ applyToStack() {} })';
const SMITHY = '@smithy/core/dist-es/submodules';
const AWS = '@aws-sdk/core/dist-es/submodules';

/**
 * What Lambda never runs is left out of the bundle: bytes that each cold start would load and compile. Everything here is
 * either switched off by how the collector makes its client, or does what Lambda's environment does already.
 */
const LEFT_OUT: readonly LeftOut[] = [
  {
    module: '@aws-sdk/client-athena/dist-es/runtimeConfig',
    why: 'looks for defaults in configuration files and instance metadata; the collector gives all that a client has to be given',
    standIn: `
      import { getRuntimeConfig as getSharedRuntimeConfig } from './runtimeConfig.shared';
      export const getRuntimeConfig = (config) => ({ ...getSharedRuntimeConfig(config), ...config });`,
  },
  {
    module: '@aws-sdk/client-athena/dist-es/runtimeExtensions',
    why: 'the collector has no extensions of the client',
    standIn: 'export const resolveRuntimeExtensions = (config) => config;',
  },
  {
    module: `${SMITHY}/retry/middleware-retry/retryMiddleware`,
    why: 'the collector retries by itself, paced and within the run\'s deadline',
    // Others of the client's middleware take their place from its name.
    standIn: `
      const options = { name: 'retryMiddleware', step: 'finalizeRequest', priority: 'high' };
      export const bindGetRetryPlugin = () => () => ({ applyToStack: (stack) => stack.add((next) => next, options) });
      export const bindRetryMiddleware = () => undefined;`,
  },
  {
    module: `${SMITHY}/retry/middleware-retry/configurations`,
    why: 'of the retries that are left out',
    standIn: 'export const resolveRetryConfig = (config) => config;',
  },
  {
    module: `${AWS}/client/middleware-recursion-detection/getRecursionDetectionPlugin`,
    why: 'finds functions that call themselves by way of other services; Athena calls none',
    standIn: `export const getRecursionDetectionPlugin = ${NO_PLUGIN};`,
  },
  {
    module: `${AWS}/client/middleware-user-agent/user-agent-middleware`,
    why: 'tells AWS with each call which features of the SDK are in use; the collector tells who calls',
    standIn: `
      const options = { name: 'getUserAgentMiddleware', step: 'build', priority: 'low' };
      export const getUserAgentPlugin = ({ defaultUserAgentProvider }) => ({
        applyToStack: (stack) => stack.add((next) => async (args) => {
          args.request.headers['user-agent'] = (await defaultUserAgentProvider()).flat().join('/');
          return next(args);
        }, options),
      });`,
  },
  {
    module: `${AWS}/client/middleware-logger/loggerMiddleware`,
    why: 'the client has no logger',
    standIn: `export const getLoggerPlugin = ${NO_PLUGIN};`,
  },
  {
    module: `${SMITHY}/endpoints/middleware-endpoint/adaptors/getEndpointFromConfig`,
    why: 'looks for an endpoint in configuration files',
    standIn: 'export const getEndpointFromConfig = async () => undefined;',
  },
  {
    module: `${AWS}/httpAuthSchemes/aws_sdk/clock-skew-defaults`,
    why: 'looks for a setting in configuration files',
    standIn: 'export const DEFAULT_DISABLE_CLOCK_SKEW_CORRECTION = false;',
  },
  {
    module: `${SMITHY}/endpoints/middleware-endpoint/service-customizations/s3`,
    why: 'endpoints of another service',
    standIn: 'export const resolveParamsForS3 = async () => {};',
  },
  {
    module: `${SMITHY}/checksum/sha256/Sha256Js`,
    why: 'for a Node without cryptography',
    standIn: 'export class Sha256Js {}',
  },
  {
    module: `${SMITHY}/serde/uuid/v4`,
    why: 'makes tokens for calls that must not be made twice, which the collector makes none of',
    standIn: 'export const bindV4 = () => undefined;',
  },
  {
    module: '@smithy/signature-v4/dist-es/HeaderFormatter',
    why: 'signs event streams, which Athena does not have',
    standIn: 'export class HeaderFormatter {}',
  },
  {
    module: `${SMITHY}/event-streams/index`,
    why: 'Athena has none',
    standIn: 'export {};',
  },
];

/** Puts the stand-ins into their places. A module that is not met any more fails the build: it has to be looked at anew. */
function leaveOut(modules: readonly LeftOut[]): Plugin {
  return {
    name: 'leave-out',
    setup(bundling) {
      const met = new Set<LeftOut>();
      bundling.onLoad({ filter: /node_modules.*\.js$/ }, ({ path: file }) => {
        const leftOut = modules.find(({ module }) => file.endsWith(path.normalize(`/node_modules/${module}.js`)));
        if (!leftOut) {
          return undefined;
        }
        met.add(leftOut);
        return { contents: withAllNames(leftOut.standIn, readFileSync(file, 'utf8')), resolveDir: path.dirname(file) };
      });
      bundling.onEnd(() => ({
        errors: modules.filter((leftOut) => !met.has(leftOut)).map(({ module }) => ({ text: `nothing imports ${module} any more` })),
      }));
    },
  };
}

/** Modules that pass on all that the original exports find it here, too. */
function withAllNames(standIn: string, original: string): string {
  const exported = (code: string) => [...code.matchAll(/^\s*export (?:const|(?:async )?function|class) (\w+)/gm)].map(([, name]) => name!);
  const missing = exported(original).filter((name) => !exported(standIn).includes(name));
  return [standIn, ...missing.map((name) => `export const ${name} = undefined;`)].join('\n');
}

/**
 * Bundles the collector into the asset that the construct deploys.
 *
 * One CommonJS file: Node loads `node:http` for an `import` of it with everything that belongs to the global `fetch`,
 * for a `require` without; that is a quarter of a cold start.
 */
async function main(): Promise<void> {
  rmSync('assets', { recursive: true, force: true }); // what an earlier version has left would be deployed, too
  const { metafile, outputFiles } = await build({
    entryPoints: ['src/collector/collector.lambda.ts'],
    outfile: 'assets/collector/index.js',
    bundle: true,
    minify: true,
    format: 'cjs',
    supported: { 'dynamic-import': false },
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'], // what the SDK has as ES modules can be left out where nothing uses it
    legalComments: 'none',
    metafile: true,
    write: false, // not before it is known that all stand-ins have found their places
    plugins: [leaveOut(LEFT_OUT)],
  });
  mkdirSync('assets/collector', { recursive: true });
  outputFiles.forEach(({ path: file, contents }) => writeFileSync(file, contents));
  writeFileSync('assets/collector.meta.json', JSON.stringify(metafile));
}

main().catch((error) => {
  console.error((error as Error).message);
  process.exitCode = 1;
});
