import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { ASSET_FOLDER, COLLECTOR_ENVIRONMENT, NODES, T } from '../support/stage';

/** Loads the bundle and prints its first call instead of making it. Reports every file that is read until then. */
const PROGRAM = `
  const { promises } = require('fs');
  const { readFile } = promises;
  promises.readFile = (file, ...rest) => {
    console.error('reads ' + file);
    return readFile(file, ...rest);
  };
  for (const scheme of ['http', 'https']) {
    require(scheme).request = ({ host, port, headers }) => {
      console.log(JSON.stringify({ url: scheme + '://' + host + (port ? ':' + port : ''), headers }));
      process.exit();
    };
  }
  require(${JSON.stringify(path.join(ASSET_FOLDER, 'index.js'))})
    .handler({ scheduledTime: ${JSON.stringify(new Date(T).toISOString())} }, { getRemainingTimeInMillis: () => 60_000 });`;

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

function firstCall(environment: { [name: string]: string }): { url: string; headers: { [name: string]: string } } {
  const { stdout, stderr } = spawnSync(NODES.at(-1)!, ['-e', PROGRAM], { env: { ...ENVIRONMENT, ...environment }, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
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
])('in %s with %j, the collector calls %s', (region, environment, url) => {
  expect(firstCall({ AWS_REGION: region, ...environment as { [name: string]: string } }).url).toBe(url);
});

test('calls are signed for the region with the role\'s credentials, and have the user agent', () => {
  const { headers } = firstCall({ AWS_REGION: 'eu-west-1' });
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIATEST000000000000\/\d{8}\/eu-west-1\/athena\/aws4_request, /);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'x-amz-target': 'AmazonAthena.ListSessions', 'user-agent': expect.stringMatching(/^cdk-athena-session-monitor\b/) });
});

test('configuration files are not read', () => {
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
`);
  const { url, headers } = firstCall({ AWS_REGION: 'us-east-1', HOME: home, AWS_CONFIG_FILE: file, AWS_SHARED_CREDENTIALS_FILE: file });
  rmSync(home, { recursive: true });
  expect(url).toBe('https://athena.us-east-1.amazonaws.com');
  expect(headers.authorization).toContain('Credential=ASIATEST000000000000/');
  expect(JSON.stringify(headers)).not.toContain('elsewhere');
});
