import type { SessionReport } from '../../../command/scan/session-report';
import type { AthenaOptions, Fault } from '../../../rehearsal/athena';
import { closeLater, hours, minutes, NOW, scanned, session, SPARK_35, startServer } from '../support';

const WORLD: AthenaOptions = {
  workGroups: {
    analytics: {
      engine: SPARK_35,
      sessions: [
        session('tagged', 'IDLE', { IdleSinceDateTime: NOW - hours(2) }, { tags: { Owner: 'Jane Doe' }, idleTimeout: hours(8), executionRole: 'arn:aws:iam::123456789012:role/spark' }),
        session('untagged', 'BUSY', {}, { tags: {}, idleTimeout: minutes(20), executionRole: 'arn:aws:iam::123456789012:role/team/spark' }),
        session('unknown', 'DEGRADED'),
      ],
    },
  },
};

/** A simulated STS that tells the account. */
async function simulatedSts(): Promise<{ AWS_ENDPOINT_URL_STS: string }> {
  const { url } = closeLater(await startServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
      <Arn>arn:aws:sts::123456789012:assumed-role/reader/somebody</Arn><UserId>X</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`);
  }));
  return { AWS_ENDPOINT_URL_STS: url };
}

const details = async (faults: Fault[] = []) => {
  const { code, stdout, stderr, athena } = await scanned({ ...WORLD, faults }, ['--details', '--json'], await simulatedSts());
  const sessions = JSON.parse(stdout).sessions as SessionReport[];
  const of = Object.fromEntries(sessions.map(({ sessionId, owner, idleTimeoutSeconds, endsBy }) => (
    [sessionId, { owner, idleTimeoutSeconds, endsBy }]
  )));
  return { code, stderr, athena, of };
};

test('reads owner, idle timeout and end', async () => {
  const { code, stderr, athena, of } = await details();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(of).toEqual({
    tagged: { owner: { name: 'Jane Doe', source: 'tag:Owner' }, idleTimeoutSeconds: 28_800, endsBy: new Date(NOW + hours(6)).toISOString() },
    untagged: { owner: { name: 'spark', source: 'executionRole' }, idleTimeoutSeconds: 1200 },
    unknown: {},
  });
  expect(athena.calls.filter(({ operation }) => !operation.startsWith('ListS') && !operation.startsWith('ListW'))).toHaveLength(6);
});

test('shows them in the table', async () => {
  const { stdout } = await scanned(WORLD, ['--details'], await simulatedSts());
  expect(stdout).toMatch(/^WORKGROUP .* OWNER +TIMEOUT +ENDS BY \(UTC\) +SINCE/m);
  expect(stdout).toMatch(/ Jane Doe {7}8h {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}tagged/);
  expect(stdout).toMatch(/ spark {9}20m {2}– {17}/);
});

test('without --details, makes no call for them', async () => {
  const { athena, stdout } = await scanned(WORLD);
  expect(stdout).not.toContain('OWNER');
  expect(athena.calls.map(({ operation }) => operation)).toEqual(['ListWorkGroups', ...Array(4).fill('ListSessions')]);
});

test.each<[string, Fault[], RegExp, object]>([
  ['GetSession', [{ kind: 'accessDenied', operation: 'GetSession' }], /^details are missing for 3 sessions: idle timeout and execution role \(AccessDeniedException: [^\n]*athena:GetSession\)\n$/,
    { tagged: { owner: { name: 'Jane Doe', source: 'tag:Owner' } }, untagged: {}, unknown: {} }],
  ['ListTagsForResource', [{ kind: 'accessDenied', operation: 'ListTagsForResource' }], /^details are missing for 3 sessions: tags \(AccessDeniedException: [^\n]*athena:ListTagsForResource\)\n$/,
    { tagged: { owner: { name: 'spark', source: 'executionRole' } }, untagged: { owner: { name: 'spark', source: 'executionRole' } }, unknown: {} }],
])('if %s is denied, the rest is shown', async (_, faults, message, expected) => {
  const { code, stderr, of } = await details(faults);
  expect(code).toBe(0);
  expect(stderr).toMatch(message);
  expect(of).toMatchObject(expected);
});

test('if the account is unknown, the owner is the execution role', async () => {
  const { code, stdout, stderr } = await scanned(WORLD, ['--details', '--json']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^details are missing: tags, as the account is unknown \(.*ECONNREFUSED.*\)\n$/);
  expect(JSON.parse(stdout).sessions.find(({ sessionId }: { sessionId: string }) => sessionId === 'tagged').owner).toEqual({ name: 'spark', source: 'executionRole' });
});
