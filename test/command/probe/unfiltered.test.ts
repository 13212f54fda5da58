import { NOW, probed, session, sessions } from './support';
import type { AthenaOptions, FixedSession } from '../../../rehearsal/athena';

const ID = 'unfiltered-states';
const ALL_STATES = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'TERMINATED', 'DEGRADED', 'FAILED'].map((state) => session(state, state));

test('reports that only documented states are shown', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: ALL_STATES } } });
  const { outcome, verdict, evidence, asked } = answer(ID);
  expect(outcome).toBe('answered');
  expect(verdict).toBe('It showed BUSY, CREATED, CREATING, IDLE. DEGRADED: not shown, 0 of 1. TERMINATING: not shown, 0 of 1. '
    + 'FAILED: not shown, 0 of 1. TERMINATED: not shown, 0 of 1.');
  expect(evidence).toContainEqual({ 'state': 'DEGRADED', 'shown': 0, 'listed by its filter': 1, 'in it throughout': 1, 'shown of these': 0, 'verdict': 'not shown, 0 of 1' });
  expect(asked).toEqual([
    { operation: 'ListSessions', filter: 'FAILED', calls: 1 }, { operation: 'ListSessions', filter: 'TERMINATED', calls: 1 },
    { operation: 'ListSessions', filter: 'DEGRADED', calls: 2 }, { operation: 'ListSessions', filter: 'TERMINATING', calls: 2 },
    { operation: 'ListSessions', filter: 'no filter', calls: 1 },
  ]);
});

test('reports that all states are shown', async () => {
  const { answer } = await probed({ unfiltered: 'all', workGroups: { analytics: { sessions: ALL_STATES } } });
  expect(answer(ID).verdict).toMatch(/DEGRADED: shown\. TERMINATING: shown\. FAILED: shown\. TERMINATED: shown\.$/);
});

test('reports that some states are shown', async () => {
  const { answer } = await probed({ unfiltered: ['IDLE', 'DEGRADED'], workGroups: { analytics: { sessions: ALL_STATES } } });
  expect(answer(ID).verdict).toMatch(/^It showed DEGRADED, IDLE\. DEGRADED: shown\. TERMINATING: not shown/);
});

test('reports that some sessions of a state are shown', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: [...sessions(3, 'FAILED'), session('i', 'IDLE')] } },
    rewrite: (listed, { operation, stateFilter }) => operation === 'ListSessions' && stateFilter === undefined
      ? { Sessions: [{ SessionId: 'FAILED-1', Status: { State: 'FAILED' } }] } : listed,
  });
  expect(answer(ID).verdict).toContain('FAILED: shown in part, 1 of 3.');
});

test('has no data on a state without sessions', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } } });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringContaining('DEGRADED: no data, no session was in this state.') });
});

test.each([['no session', { analytics: {} }], ['no workgroup', {}]])('has no data with %s', async (_, workGroups) => {
  const { answer } = await probed({ workGroups });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: there was no session.' });
});

/** A workgroup whose sessions are replaced at the second listing of the state. */
function changing(state: string, before: FixedSession[], after: FixedSession[]): AthenaOptions {
  const analytics = { sessions: before };
  let listings = 0;
  return {
    workGroups: { analytics },
    beforeCall: ({ stateFilter }) => {
      listings += Number(stateFilter === state);
      if (listings === 2) {
        analytics.sessions = after;
      }
    },
  };
}

test.each([
  ['is modified', [session('d', 'DEGRADED', { LastModifiedDateTime: new Date(NOW) })]],
  ['ends', [session('d', 'TERMINATED')]],
])('ignores a session that %s between two listings', async (_, after) => {
  const { answer } = await probed(changing('DEGRADED', [session('d', 'DEGRADED')], after));
  expect(answer(ID)).toMatchObject({ outcome: 'no data' });
  expect(answer(ID).evidence).toContainEqual(expect.objectContaining({ 'state': 'DEGRADED', 'listed by its filter': 1, 'in it throughout': 0 }));
});

test('considers sessions that stay even if another one changes', async () => {
  const stays = session('stays', 'TERMINATING');
  const { answer } = await probed(changing('TERMINATING', [stays, session('moves', 'TERMINATING')], [stays, session('moves', 'TERMINATED')]));
  expect(answer(ID).verdict).toContain('TERMINATING: not shown, 0 of 1.');
});

test('ignores a session without LastModifiedDateTime, as it may have changed meanwhile', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('i', 'IDLE'), session('d', 'DEGRADED', { LastModifiedDateTime: undefined })] } } });
  expect(answer(ID).verdict).toContain('DEGRADED: unknown, its sessions changed meanwhile or have no LastModifiedDateTime.');
});

test('reports that a state is unknown if its sessions may be on later pages', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [...sessions(250, 'IDLE'), session('d', 'DEGRADED')] } } }, { maxPages: 2 });
  expect(answer(ID).verdict).toContain('DEGRADED: unknown, the listing without a filter was not read to its end.');
  expect(answer(ID).verdict).toMatch(/1 of 7 listings reached the maximum number of pages, so there is more\.$/);
});

test('reports that a state is unknown if a token repeats in the listing without a filter', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('i', 'IDLE'), session('d', 'DEGRADED')] } }, faults: [{ kind: 'repeatedToken', stateFilter: 'none' }] });
  expect(answer(ID).verdict).toContain('DEGRADED: unknown, the listing without a filter was not read to its end.');
});

test('reports that a state is unknown if its listing fails, but not the others', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: ALL_STATES } },
    faults: [{ kind: 'accessDenied', stateFilter: 'DEGRADED' }],
  });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('DEGRADED: unknown, a listing failed. TERMINATING: not shown, 0 of 1.') });
  expect(answer(ID).verdict).toContain('2 of 7 listings failed (AccessDeniedException: User: <arn> is not authorized');
});

test('mentions failed listings if another workgroup answers the question', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: ALL_STATES }, etl: {} },
    faults: [{ kind: 'accessDenied', workGroup: 'etl' }],
  });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringContaining('DEGRADED: not shown, 0 of 1.') });
  expect(answer(ID).verdict).toContain('7 of 14 listings failed');
});
