import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { ASSET_FOLDER, COLLECTOR_ENVIRONMENT, NODES, T } from '../support/stage';

/** Loads the bundle, and tells where its first call would go instead of making it. */
const PROGRAM = `
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
])('in %s with %j it calls %s', (region, environment, url) => {
  expect(firstCall({ AWS_REGION: region, ...environment as { [name: string]: string } }).url).toBe(url);
});

test('its calls are signed for the region with the role\'s credentials, and say who calls', () => {
  const { headers } = firstCall({ AWS_REGION: 'eu-west-1' });
  expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIATEST000000000000\/\d{8}\/eu-west-1\/athena\/aws4_request, /);
  expect(headers).toMatchObject({ 'x-amz-security-token': 'token', 'x-amz-target': 'AmazonAthena.ListSessions', 'user-agent': 'cdk-athena-session-monitor' });
});
