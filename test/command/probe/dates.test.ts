import { HOUR, NOW, probed, session } from './support';

const ID = 'dates';
const at = (hoursAgo: number) => new Date(NOW - hoursAgo * HOUR);

test('reports the dates of each state', async () => {
  const { answer } = await probed({
    workGroups: {
      analytics: {
        sessions: [
          session('idle', 'IDLE', { IdleSinceDateTime: at(1) }), session('busy', 'BUSY'),
          session('failed', 'FAILED', { LastModifiedDateTime: at(1), EndDateTime: at(1) }), session('ended', 'TERMINATED', { LastModifiedDateTime: at(1), EndDateTime: at(2) }),
        ],
      },
    },
  });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Of BUSY, FAILED, IDLE, TERMINATED: StartDateTime in all. LastModifiedDateTime in all. EndDateTime in FAILED, TERMINATED. IdleSinceDateTime in IDLE. '
      + 'LastModifiedDateTime equals EndDateTime for 1 of 2 ended sessions.',
    evidence: [
      { state: 'BUSY', sessions: 1, StartDateTime: '1 of 1', LastModifiedDateTime: '1 of 1', EndDateTime: '0 of 1', IdleSinceDateTime: '0 of 1' },
      { 'state': 'FAILED', 'sessions': 1, 'StartDateTime': '1 of 1', 'LastModifiedDateTime': '1 of 1', 'EndDateTime': '1 of 1', 'IdleSinceDateTime': '0 of 1', 'modified = end': '1 of 1' },
      { state: 'IDLE', sessions: 1, StartDateTime: '1 of 1', LastModifiedDateTime: '1 of 1', EndDateTime: '0 of 1', IdleSinceDateTime: '1 of 1' },
      { 'state': 'TERMINATED', 'sessions': 1, 'StartDateTime': '1 of 1', 'LastModifiedDateTime': '1 of 1', 'EndDateTime': '1 of 1', 'IdleSinceDateTime': '0 of 1', 'modified = end': '0 of 1' },
    ],
  });
});

test('reports missing dates', async () => {
  const { answer } = await probed({
    workGroups: {
      analytics: {
        sessions: [
          session('a', 'FAILED'), session('b', 'FAILED', { EndDateTime: at(1) }), session('c', 'IDLE', { LastModifiedDateTime: undefined }),
          { SessionId: 'd' },
        ],
      },
    },
  });
  expect(answer(ID).verdict).toBe('Of FAILED, IDLE, no state: StartDateTime in FAILED, IDLE. LastModifiedDateTime in FAILED. EndDateTime in FAILED (1 of 2). IdleSinceDateTime in none. '
    + 'LastModifiedDateTime equals EndDateTime for 1 of 1 ended sessions.');
  expect(answer(ID).evidence).toContainEqual(expect.objectContaining({ state: 'no state', sessions: 1, StartDateTime: '0 of 1' }));
});

test('counts a session once if it is listed several times', async () => {
  const { answer } = await probed({ unfiltered: 'all', workGroups: { analytics: { sessions: [session('d', 'DEGRADED')] } } });
  expect(answer(ID).evidence).toEqual([expect.objectContaining({ state: 'DEGRADED', sessions: 1 })]);
});

test('is an error if a state cannot be listed', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('b', 'BUSY')] } }, faults: [{ kind: 'accessDenied', stateFilter: 'FAILED' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringMatching(/^Of BUSY: StartDateTime in all.*1 of 7 listings failed/) });
});

test('has no data without sessions', async () => {
  const { answer } = await probed({ workGroups: { analytics: {} } });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', evidence: [] });
});
