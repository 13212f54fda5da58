import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { type Athena, startAthena } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/schema';
import { ASSET_FOLDER, COLLECTOR_ENVIRONMENT, EVENTS, minutes, NODES, session, T } from '../support/stage';

/**
 * Loads the bundle and prints its first call of a service instead of making it. Reports every file that is read until then. Calls of
 * other services go to the simulated Athena.
 */
const PROGRAM = `
  Date.now = () => ${T}; // a late run sends no events
  const { promises } = require('fs');
  const { readFile } = promises;
  promises.readFile = (file, ...rest) => {
    console.error('reads ' + file);
    return readFile(file, ...rest);
  };
  const { request: httpRequest } = require('http');
  for (const scheme of ['http', 'https']) {
    require(scheme).request = (options, ...rest) => {
      const { host, port, headers } = options;
      if (!headers['x-amz-target'].startsWith(process.argv[1])) {
        return httpRequest({ ...options, agent: undefined, host: '127.0.0.1', port: process.argv[2] }, ...rest);
      }
      console.log(JSON.stringify({ url: scheme + '://' + host + (port ? ':' + port : ''), headers }));
      process.exit();
    };
  }
  require(${JSON.stringify(path.join(ASSET_FOLDER, 'index.js'))})
    .handler({ scheduledTime: ${JSON.stringify(new Date(T).toISOString())} }, {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:collector',
      getRemainingTimeInMillis: () => 60_000,
    });`;

const ENVIRONMENT = {
  ...COLLECTOR_ENVIRONMENT,
  WORK_GROUPS: 'analytics',
  AWS_LAMBDA_FUNCTION_NAME: 'collector',
  AWS_ACCESS_KEY_ID: 'ASIATEST000000000000',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
  HOME: '/nowhere',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', // the Node that runs the tests may be older than Lambda's
};

let athena: Athena;
beforeAll(async () => {
  athena = await startAthena({ time: T, workGroups: { analytics: { sessions: [session('failed', 'FAILED', { EndDateTime: T - minutes(1) })] } } });
});
afterAll(() => athena.close());

interface FirstCall {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
}

async function firstCall(environment: { readonly [name: string]: string }, service: 'AmazonAthena' | 'AWSEvents' = 'AmazonAthena'): Promise<FirstCall> {
  const { port } = new URL(athena.url);
  const { stdout, stderr } = await promisify(execFile)(NODES.at(-1)!, ['-e', PROGRAM, service, port], { env: { ...ENVIRONMENT, ...environment } });
  expect(stderr).toBe('');
  return JSON.parse(stdout.trim().split('\n').at(-1)!); // after lines with metrics
}

async function firstEvent(environment: { readonly [name: string]: string }): Promise<FirstCall> {
  return firstCall({ [SETTINGS.events]: JSON.stringify(EVENTS), ...environment }, 'AWSEvents');
}

// https://docs.aws.amazon.com/general/latest/gr/athena.html
test.each([
  ['us-east-1', {}, 'https://athena.us-east-1.amazonaws.com'],
  ['eu-central-2', {}, 'https://athena.eu-central-2.amazonaws.com'],
  ['cn-north-1', {}, 'https://athena.cn-north-1.amazonaws.com.cn'],
  ['us-gov-west-1', {}, 'https://athena.us-gov-west-1.amazonaws.com'],
  ['us-gov-west-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://athena-fips.us-gov-west-1.amazonaws.com'],
  ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://athena.us-east-1.api.aws'],
  ['us-east-1', { AWS_ENDPOINT_URL: 'https://vpce-1.example.com', AWS_ENDPOINT_URL_ATHENA: '' }, 'https://vpce-1.example.com'],
  ['us-east-1', { AWS_ENDPOINT_URL: 'https://other.example.com', AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
])('in %s with %j, the collector calls %s', async (region, environment, url) => {
  expect((await firstCall({ AWS_REGION: region, ...environment as { [name: string]: string } })).url).toBe(url);
});

// https://docs.aws.amazon.com/general/latest/gr/ev.html
test.each([
  ['us-east-1', {}, 'https://events.us-east-1.amazonaws.com'],
  ['eu-central-2', {}, 'https://events.eu-central-2.amazonaws.com'],
  ['cn-north-1', {}, 'https://events.cn-north-1.amazonaws.com.cn'],
  ['us-gov-west-1', {}, 'https://events.us-gov-west-1.amazonaws.com'],
  ['us-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://events-fips.us-east-1.amazonaws.com'],
  ['us-gov-west-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'https://events.us-gov-west-1.amazonaws.com'],
  ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'https://events.us-east-1.api.aws'],
  ['us-east-1', { AWS_ENDPOINT_URL: 'https://vpce-1.example.com', AWS_ENDPOINT_URL_EVENTBRIDGE: '' }, 'https://vpce-1.example.com'],
  ['us-east-1', { AWS_ENDPOINT_URL: 'https://other.example.com', AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
  ['us-east-1', { AWS_ENDPOINT_URL_ATHENA: 'https://vpce-1.example.com' }, 'https://events.us-east-1.amazonaws.com'],
])('in %s with %j, the collector sends events to %s', async (region, environment, url) => {
  expect((await firstEvent({ AWS_REGION: region, ...environment as { [name: string]: string } })).url).toBe(url);
});

test('calls are signed for the region with the role\'s credentials, and have the user agent', async () => {
  const { headers } = await firstCall({ AWS_REGION: 'eu-west-1' });
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIATEST000000000000\/\d{8}\/eu-west-1\/athena\/aws4_request, /);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'x-amz-target': 'AmazonAthena.ListSessions', 'user-agent': expect.stringMatching(/^cdk-athena-session-monitor\b/) });
});

test('events are signed for the region with the role\'s credentials, and have the user agent', async () => {
  const { headers } = await firstEvent({ AWS_REGION: 'eu-west-1' });
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIATEST000000000000\/\d{8}\/eu-west-1\/events\/aws4_request, /);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'x-amz-target': 'AWSEvents.PutEvents', 'user-agent': expect.stringMatching(/^cdk-athena-session-monitor\b/) });
});

test.each([
  ['https://athena.us-east-1.amazonaws.com', firstCall], ['https://events.us-east-1.amazonaws.com', firstEvent],
])('configuration files are not read: %s', async (expectedUrl, call) => {
  const home = mkdtempSync(path.join(tmpdir(), 'endpoint-test-'));
  const file = path.join(home, '.aws', 'config');
  mkdirSync(path.dirname(file));
  writeFileSync(file, `[default]
services = elsewhere
region = eu-central-1
endpoint_url = https://elsewhere.example.com
use_fips_endpoint = true
use_dualstack_endpoint = true
sdk_ua_app_id = elsewhere
aws_access_key_id = AKIAELSEWHERE
aws_secret_access_key = elsewhere
[services elsewhere]
athena =
  endpoint_url = https://athena.elsewhere.example.com
eventbridge =
  endpoint_url = https://events.elsewhere.example.com
`);
  const { url, headers } = await call({ AWS_REGION: 'us-east-1', HOME: home, AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file });
  rmSync(home, { recursive: true });
  expect(url).toBe(expectedUrl);
  expect(headers.authorization).toContain('Credential=ASIATEST000000000000/');
  expect(JSON.stringify(headers)).not.toContain('elsewhere');
});
