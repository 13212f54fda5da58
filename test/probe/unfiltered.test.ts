import { NOW, probed, session, sessions } from './support';
import type { AthenaOptions, FixedSession } from '../../rehearsal/athena';

const ID = 'unfiltered-states';
const EIGHT = ['CREATING', 'CREATED', 'IDLE', 'BUSY', 'TERMINATING', 'TERMINATED', 'DEGRADED', 'FAILED'].map((state) => session(state, state));

test('as documented: of the open states none is shown', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: EIGHT } } });
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

test('all states are shown', async () => {
  const { answer } = await probed({ unfiltered: 'all', workGroups: { analytics: { sessions: EIGHT } } });
  expect(answer(ID).verdict).toMatch(/DEGRADED: shown\. TERMINATING: shown\. FAILED: shown\. TERMINATED: shown\.$/);
});

test('some states are shown', async () => {
  const { answer } = await probed({ unfiltered: ['IDLE', 'DEGRADED'], workGroups: { analytics: { sessions: EIGHT } } });
  expect(answer(ID).verdict).toMatch(/^It showed DEGRADED, IDLE\. DEGRADED: shown\. TERMINATING: not shown/);
});

test('only some sessions of a state are shown', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: [...sessions(3, 'FAILED'), session('i', 'IDLE')] } },
    rewrite: (listed, { operation, stateFilter }) => operation === 'ListSessions' && stateFilter === undefined
      ? { Sessions: [{ SessionId: 'FAILED-1', Status: { State: 'FAILED' } }] } : listed,
  });
  expect(answer(ID).verdict).toContain('FAILED: shown in part, 1 of 3.');
});

test('of a state that no session is in there is nothing to tell', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } } });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringContaining('DEGRADED: nothing to tell, no session was in that state.') });
});

test.each([['no session', { analytics: {} }], ['no workgroup', {}]])('with %s there is nothing to tell at all', async (_, workGroups) => {
  const { answer } = await probed({ workGroups });
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell', verdict: 'Nothing to tell: there was no session.' });
});

/** A workgroup whose sessions are others from the second listing of that state on. */
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
])('a session that %s between two listings is no evidence', async (_, after) => {
  const { answer } = await probed(changing('DEGRADED', [session('d', 'DEGRADED')], after));
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell' });
  expect(answer(ID).evidence).toContainEqual(expect.objectContaining({ 'state': 'DEGRADED', 'listed by its filter': 1, 'in it throughout': 0 }));
});

test('a session that moves on does not spoil the verdict on those that stay', async () => {
  const stays = session('stays', 'TERMINATING');
  const { answer } = await probed(changing('TERMINATING', [stays, session('moves', 'TERMINATING')], [stays, session('moves', 'TERMINATED')]));
  expect(answer(ID).verdict).toContain('TERMINATING: not shown, 0 of 1.');
});

test('nor is one without LastModifiedDateTime, as it may have moved to and fro', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('i', 'IDLE'), session('d', 'DEGRADED', { LastModifiedDateTime: undefined })] } } });
  expect(answer(ID).verdict).toContain('DEGRADED: cannot be told, its sessions moved on meanwhile or have no LastModifiedDateTime.');
});

test('what may be behind the cap on pages is neither shown nor hidden', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [...sessions(250, 'IDLE'), session('d', 'DEGRADED')] } } }, { mostPages: 2 });
  expect(answer(ID).verdict).toContain('DEGRADED: cannot be told, the cap on pages was met.');
  expect(answer(ID).verdict).toMatch(/1 of 7 listings met the cap on pages: there is more behind it\.$/);
});

test('a listing that fails leaves its state open, not the others', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: EIGHT } },
    faults: [{ kind: 'accessDenied', stateFilter: 'DEGRADED' }],
  });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('DEGRADED: cannot be told, a listing failed. TERMINATING: not shown, 0 of 1.') });
  expect(answer(ID).verdict).toContain('2 of 7 listings failed (AccessDeniedException: User: <arn> is not authorized');
});

test('where another workgroup tells, a listing that fails is mentioned', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: EIGHT }, etl: {} },
    faults: [{ kind: 'accessDenied', workGroup: 'etl' }],
  });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringContaining('DEGRADED: not shown, 0 of 1.') });
  expect(answer(ID).verdict).toContain('7 of 14 listings failed');
});
