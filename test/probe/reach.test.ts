import { DAY, HOUR, NOW, probed, session, sessions } from './support';

const ID = 'reach';

test('all that ended is listed', async () => {
  const { answer } = await probed({
    workGroups: {
      analytics: { sessions: sessions(120, 'FAILED', (index) => ({ EndDateTime: NOW - index * HOUR })) },
      etl: { sessions: [session('old', 'FAILED', { StartDateTime: NOW - 45 * DAY, EndDateTime: NOW - 44 * DAY }), session('t', 'TERMINATED', { StartDateTime: NOW - DAY })] },
    },
  });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'FAILED: the oldest of 121 sessions started 45.0 days ago, ended 44.0 days ago; every listing came to its end, so nothing older is listed. '
      + 'TERMINATED: the oldest of 1 session started 1.0 days ago, ended at no known time; every listing came to its end, so nothing older is listed.',
    evidence: [
      { 'state': 'FAILED', 'sessions': 121, 'oldest start': new Date(NOW - 45 * DAY).toISOString(), 'oldest end': new Date(NOW - 44 * DAY).toISOString(), 'came to their end': '2 of 2 listings' },
      { 'state': 'TERMINATED', 'sessions': 1, 'oldest start': new Date(NOW - DAY).toISOString(), 'came to their end': '2 of 2 listings' },
    ],
    asked: [{ operation: 'ListSessions', filter: 'FAILED', calls: 3 }, { operation: 'ListSessions', filter: 'TERMINATED', calls: 2 }],
  });
});

test('there is more behind the cap', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: sessions(350, 'FAILED') } } }, { mostPages: 3 });
  expect(answer(ID).verdict).toContain('the oldest of 300 sessions');
  expect(answer(ID).verdict).toMatch(/there may be older ones, as not every listing came to its end\. TERMINATED: none was listed\. 1 of 2 listings met the cap on pages/);
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(3);
});

test('a state that cannot be listed leaves the question open', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'FAILED') } }, faults: [{ kind: 'accessDenied', stateFilter: 'TERMINATED' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('TERMINATED: cannot be told, a listing failed.') });
});

test('where nothing ended there is nothing to tell', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'IDLE') } } });
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell', verdict: 'Nothing to tell: no ended session was listed.' });
});
