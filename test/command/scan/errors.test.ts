import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import type { AthenaOptions, Fault } from '../../../rehearsal/athena';
import { BUNDLE, closeLater, type Environment, runBundle, scanned, scannedOnTerminal, session, SQL, startServer, temporaryFile, temporaryFolder } from '../support';

const WORLD: AthenaOptions = {
  workGroups: { analytics: { sessions: [session('idle-1', 'IDLE')] }, etl: { sessions: [session('etl-1', 'BUSY')] }, primary: { engine: SQL }, old: { state: 'DISABLED' } },
};

/** The one line of an error that leaves nothing to show. */
async function errorOf(world: AthenaOptions, args: string[] = [], environment: Environment = {}): Promise<string> {
  const { code, stdout, stderr } = await scanned(world, args, environment);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^[^\n]+\n$/);
  return stderr;
}

const denied = (fault: Partial<Fault>): Fault => ({ kind: 'accessDenied', ...fault });
const failing = (code: string, message: string): Fault => ({ kind: 'error', code, message, status: 403 });

test.each<[string, string[], RegExp]>([
  ['an unknown option', ['--speed', '9'], /^Unknown option '--speed'; see --help$/m],
  ['a missing value', ['--region'], /^Option '--region <value>' argument missing; see --help$/m],
  ['an option instead of a value', ['--profile', '--quiet'], /^Option '--profile' argument is ambiguous; see --help$/m],
  ['an argument', ['analytics'], /^Unexpected argument 'analytics'.*; see --help$/m],
  ['an invalid region', ['--region', 'Ireland'], /^--region must be a region, such as eu-central-1, received "Ireland"$/m],
  ['an invalid workgroup name', ['--work-group', 'a b'], /^--work-group must be the name of a workgroup: .*, received "a b"$/m],
  ['an empty profile', ['--profile', ''], /^--profile must be the name of a profile, received ""$/m],
  ['a quota of 0', ['--dpu-quota', '0'], /^--dpu-quota must be a whole number, at least 1, received "0"$/m],
  ['a quota that is not whole', ['--dpu-quota', '1.5'], /^--dpu-quota must be a whole number, at least 1, received "1.5"$/m],
  ['a price of 0', ['--dpu-hour-price', '0'], /^--dpu-hour-price must be a number above 0, received "0"$/m],
  ['a rate that is not a number', ['--rate', 'fast'], /^--rate must be a number above 0, received "fast"$/m],
  ['an invalid condition', ['--fail-on', 'idle=1h'], /^--fail-on must be .*, received "idle=1h": .*Use quotes, as the shell would write to a file after >$/m],
  ['--json with --quiet', ['--json', '--quiet'], /^--json and --quiet cannot be combined: --quiet prints no result$/m],
])('%s makes no call', async (_, args, message) => {
  const { code, stdout, stderr } = await runBundle(['scan', ...args], { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' });
  expect(stderr).toMatch(message);
  expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 });
});

describe('region and credentials', () => {
  const NOTHING = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, AWS_REGION: undefined };
  const config = (text: string) => ({ AWS_CONFIG_FILE: temporaryFile(text) });
  const process = (accessKeyId: string) =>
    `credential_process = ${globalThis.process.execPath} -p "JSON.stringify({Version:1,AccessKeyId:'${accessKeyId}',SecretAccessKey:'secret'})"`;
  const callers = async (args: string[], environment: Environment) => {
    const { athena, stderr } = await scanned(WORLD, args, environment);
    return { stderr, callers: [...new Set(athena.calls.map(({ accessKeyId, region }) => `${accessKeyId} ${region}`))] };
  };

  test('no region', async () => {
    expect(await errorOf(WORLD, [], { AWS_REGION: undefined })).toBe('no region is configured: pass --region, or set AWS_REGION or a region in your profile\n');
  });

  test('no credentials', async () => {
    expect(await errorOf(WORLD, [], { ...NOTHING, AWS_REGION: 'us-east-1' })).toMatch(/^no credentials were found: pass --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID/);
  });

  test('an invalid region', async () => {
    expect(await errorOf(WORLD, [], { AWS_REGION: 'eu-west-1 ' })).toMatch(/^the configured region is invalid: pass --region, or set AWS_REGION .*"eu-west-1 "/);
  });

  test.each<[string, string[], Environment]>([
    ['--profile', ['--profile', 'nobody'], {}], ['AWS_PROFILE', [], { ...NOTHING, AWS_PROFILE: 'nobody' }],
  ])('%s that does not exist, even if there are other credentials', async (_, args, environment) => {
    const instance = closeLater(await startServer((_request, response) => {
      response.end(JSON.stringify({ AccessKeyId: 'INSTANCE', SecretAccessKey: 's', Token: 't', Expiration: new Date(Date.now() + 3_600_000).toISOString() }));
    }));
    const file = config('[profile team]\nregion = eu-central-1\n');
    expect(await errorOf(WORLD, args, { ...file, AWS_CONTAINER_CREDENTIALS_FULL_URI: instance.url, ...environment }))
      .toBe('there is no profile "nobody": check its name with "aws configure list-profiles"\n');
  });

  test('a profile whose credentials fail, even if there are others', async () => {
    const instance = closeLater(await startServer((_request, response) => {
      response.end(JSON.stringify({ AccessKeyId: 'INSTANCE', SecretAccessKey: 's', Token: 't', Expiration: new Date(Date.now() + 3_600_000).toISOString() }));
    }));
    const file = config('[profile broken]\ncredential_process = exit 3\n');
    expect(await errorOf(WORLD, ['--profile', 'broken'], { ...file, AWS_CONTAINER_CREDENTIALS_FULL_URI: instance.url }))
      .toMatch(/^the profile "broken" has no usable credentials: check them with "aws sts get-caller-identity --profile broken" \(.*\)\n$/);
  });

  test('a profile with several mistakes', async () => {
    const file = config('[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/r\nmfa_serial = m\nsource_profile = team\n[profile team]\ncredential_process = echo no JSON\n');
    expect(await errorOf(WORLD, ['--profile', 'mfa'], file)).toMatch(/^the profile "mfa" has no usable credentials: this command does not ask for MFA codes, .*multi-factor/);
  });

  test('a profile whose SSO session has to be renewed', async () => {
    const environment = { ...config('[profile sso]\nsso_start_url = https://example.com\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = reader\n'), HOME: temporaryFolder() };
    expect(await errorOf(WORLD, ['--profile', 'sso'], environment)).toMatch(/^the profile "sso" has no usable credentials: sign in with "aws sso login --profile sso" /);
  });

  test.each<[string, string[], Environment, string]>([
    ['AWS_REGION', [], {}, 'PERSON us-east-1'],
    ['--region before AWS_REGION', ['--region', 'eu-west-1'], {}, 'PERSON eu-west-1'],
    ['AWS_DEFAULT_REGION', [], { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-west-2' }, 'PERSON eu-west-2'],
    ['AWS_REGION before AWS_DEFAULT_REGION', [], { AWS_DEFAULT_REGION: 'eu-west-2' }, 'PERSON us-east-1'],
  ])('%s', async (_, args, environment, caller) => {
    expect(await callers(args, environment)).toEqual({ stderr: '', callers: [caller] });
  });

  test.each<[string, string[], Environment, string]>([
    ['the default profile', [], NOTHING, 'DEFAULT us-west-2'],
    ['--profile', ['--profile', 'team'], NOTHING, 'TEAM eu-central-1'],
    ['AWS_PROFILE', [], { ...NOTHING, AWS_PROFILE: 'team' }, 'TEAM eu-central-1'],
    ['--profile before the environment\'s credentials', ['--profile', 'team'], {}, 'TEAM us-east-1'],
    ['the environment\'s credentials before AWS_PROFILE', [], { AWS_PROFILE: 'team' }, 'PERSON us-east-1'],
    ['the region of AWS_PROFILE', [], { AWS_PROFILE: 'team', AWS_REGION: undefined }, 'PERSON eu-central-1'],
  ])('%s', async (_, args, environment, caller) => {
    const file = config(`[default]\nregion = us-west-2\n${process('DEFAULT')}\n[profile team]\nregion = eu-central-1\n${process('TEAM')}\n`);
    expect(await callers(args, { ...file, ...environment })).toEqual({ stderr: '', callers: [caller] });
  });
});

test.each<[string, Fault, RegExp]>([
  ['expired credentials', failing('ExpiredTokenException', 'The security token included in the request is expired'),
    /^the credentials have expired: sign in again, for example with "aws sso login" \(ExpiredTokenException: .*\)$/m],
  ['credentials that AWS does not know, or a region that is not enabled', failing('UnrecognizedClientException', 'The security token included in the request is invalid.'),
    /^AWS does not accept the credentials in us-east-1: check whether the region is enabled in your account, and the credentials with "aws sts get-caller-identity"/m],
  ['a wrong signature', failing('InvalidSignatureException', 'The request signature we calculated does not match'), /^AWS does not accept the credentials in us-east-1/m],
  ['a wrong clock', failing('InvalidSignatureException', 'Signature expired: 20260310T120000Z is now earlier than 20260310T121000Z (20260310T121500Z - 5 min.)'),
    /^the clock of this machine is wrong by more than 5 minutes: correct it \(InvalidSignatureException: Signature expired: /m],
  ['denied ListWorkGroups', denied({ operation: 'ListWorkGroups' }), /^searching for workgroups is denied: pass --work-group, or get the permission athena:ListWorkGroups \(AccessDenied/m],
  ['denied ListSessions', denied({ operation: 'ListSessions' }), /^none of 3 workgroups was listed; \w+: get the permission athena:ListSessions \(AccessDenied/m],
  ['an error of the service', { kind: 'error', code: 'InternalServerException', status: 500 }, /^AWS returned an error: try again \(InternalServerException: .*4 attempts\)/m],
  ['connections that are reset', { kind: 'reset' }, /^Athena cannot be reached in us-east-1: check the region and your network \(.*ECONNRESET.*4 attempts\)/m],
  ['an answer that cannot be read', { kind: 'malformed' }, /^AWS returned an error: try again \(the answer cannot be read: /m],
  ['an answer that is cut off', { kind: 'truncated' }, /^AWS returned an error: try again \(the answer cannot be read: /m],
])('%s', async (_, fault, message) => {
  expect(await errorOf({ ...WORLD, faults: [fault] })).toMatch(message);
});

test('credentials that expire meanwhile stop all calls', async () => {
  const faults: Fault[] = [{ ...failing('ExpiredTokenException', 'expired'), operation: 'ListSessions' }];
  const workGroups = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`w${index}`, {}]));
  const { code, stderr, athena } = await scanned({ workGroups, faults }, ['--rate', '20']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^the credentials have expired: [^\n]*\n$/);
  expect(athena.calls.length).toBeLessThan(60);
});

test('no Spark-enabled workgroup', async () => {
  expect(await errorOf({ workGroups: { primary: { engine: SQL } } }))
    .toBe('there is no Spark-enabled workgroup in us-east-1: check the region and the account, for example with "aws athena list-work-groups"\n');
});

test.each([
  ['nope', /^workgroup nope was not listed: there is no such workgroup in us-east-1: check its name and the region \(/],
  ['primary', /^workgroup primary was not listed: check whether its engine is Apache Spark, as only these workgroups have sessions \(/],
])('--work-group %s', async (name, message) => {
  expect(await errorOf(WORLD, ['--work-group', name])).toMatch(message);
});

test('an unreachable endpoint', async () => {
  expect(await errorOf(WORLD, [], { AWS_ENDPOINT_URL_ATHENA: 'http://127.0.0.1:9' })).toMatch(/^Athena cannot be reached in us-east-1: .*ECONNREFUSED/);
});

test('workgroups that are not listed are named, with one line for each reason, and the others are shown', async () => {
  const workGroups = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { sessions: [session(`${name}-1`, 'IDLE')] }]));
  const faults: Fault[] = [denied({ workGroup: 'b' }), denied({ workGroup: 'c', stateFilter: 'FAILED' }), { kind: 'serverError', workGroup: 'd', stateFilter: 'DEGRADED' }];
  const { code, stdout, stderr } = await scanned({ workGroups, faults });
  expect(code).toBe(2);
  expect(stdout).toContain('1 live session (1 IDLE) in 1 workgroup');
  expect(stdout).toContain('a-1');
  expect(stdout).not.toMatch(/[bcd]-1/); // a partial list would look like a complete one
  expect(stderr.split('\n')).toEqual([
    expect.stringMatching(/^not listed: b, c: get the permission athena:ListSessions \(.*workgroup\/…\)$/), expect.stringMatching(/^not listed: d: AWS returned an error: try again/), '',
  ]);
});

test('found workgroups that are deleted meanwhile, or disabled, are no error', async () => {
  const world: AthenaOptions = {
    ...WORLD,
    workGroups: { ...WORLD.workGroups, deleted: {} },
    faults: [
      { kind: 'error', code: 'InvalidRequestException', message: 'WorkGroup is not found.', workGroup: 'deleted' },
      { kind: 'error', code: 'InvalidRequestException', message: 'WorkGroup is disabled.', workGroup: 'old' },
    ],
  };
  expect(await scanned(world)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('in 2 workgroups') });
});

test('throttling that passes is retried', async () => {
  const { code, stdout, athena } = await scanned({ ...WORLD, faults: [{ kind: 'throttle', every: 3 }] });
  expect(code).toBe(0);
  expect(stdout).toContain('2 live sessions');
  expect(athena.calls.some(({ throttled }) => throttled)).toBe(true);
});

test('throttling that does not pass', async () => {
  expect(await errorOf({ ...WORLD, faults: [{ kind: 'throttle' }] })).toMatch(/^AWS throttles the calls of this account: try again later, or with a lower --rate \(ThrottlingException: .*10 attempts\)/);
});

test('a call that is not answered is retried', async () => {
  const { code, stdout, stderr } = await scannedOnTerminal(80, { ...WORLD, faults: [{ kind: 'hang', operation: 'ListSessions', first: 1 }] }, [], { NO_COLOR: '1' });
  expect(code).toBe(0);
  expect(stdout).toContain('2 live sessions');
  expect(stderr).toContain('listing sessions: 2 of 3 workgroups, ');
});

test('the bundle has no code of CDK, and needs only Node\'s modules', () => {
  const code = readFileSync(BUNDLE, 'utf8');
  expect(['aws-cdk-lib', 'CfnResource', 'jsii'].filter((word) => code.includes(word))).toEqual([]);
  const required = [...code.matchAll(/\brequire\("([^"]*)"\)/g)].map(([, name]) => name!);
  expect(required.length).toBeGreaterThan(0);
  const optional = '@aws-sdk/signature-v4-crt'; // the SDK recommends it for an algorithm that the command does not use
  expect(required.filter((name) => !isBuiltin(name) && name !== optional)).toEqual([]);
});
