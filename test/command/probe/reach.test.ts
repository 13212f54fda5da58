import { DAY, HOUR, NOW, probed, session, sessions } from './support';

const ID = 'reach';

test('reports the oldest sessions if all listings were read to the end', async () => {
  const { answer } = await probed({
    workGroups: {
      analytics: { sessions: sessions(120, 'FAILED', (index) => ({ EndDateTime: NOW - index * HOUR })) },
      etl: { sessions: [session('old', 'FAILED', { StartDateTime: NOW - 45 * DAY, EndDateTime: NOW - 44 * DAY }), session('t', 'TERMINATED', { StartDateTime: NOW - DAY })] },
    },
  });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'FAILED: at least 44.0 days. Of 121 sessions, the first start was 45.0 days ago, the first end 44.0 days ago; all listings were read to the end, so nothing older is listed. '
      + 'TERMINATED: unknown, as no session has EndDateTime. Of 1 session, the first start was 24.0 hours ago, the first end at an unknown time; all listings were read to the end, so nothing older is listed.',
    evidence: [
      { 'state': 'FAILED', 'sessions': 121, 'oldest start': new Date(NOW - 45 * DAY).toISOString(), 'oldest end': new Date(NOW - 44 * DAY).toISOString(), 'read to the end': '2 of 2 listings' },
      { 'state': 'TERMINATED', 'sessions': 1, 'oldest start': new Date(NOW - DAY).toISOString(), 'read to the end': '2 of 2 listings' },
    ],
    asked: [{ operation: 'ListSessions', filter: 'FAILED', calls: 3 }, { operation: 'ListSessions', filter: 'TERMINATED', calls: 2 }],
  });
});

test('reports that there may be older ones if a listing has too many pages', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: sessions(350, 'FAILED') } } }, { maxPages: 3 });
  expect(answer(ID).verdict).toContain('Of 300 sessions, the first start');
  expect(answer(ID).verdict).toMatch(/there may be older ones, as not all listings were read to the end\. TERMINATED: none was listed\. 1 of 2 listings reached the maximum number of pages/);
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(3);
});

test('ignores the end of a session that is before its start', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'FAILED', { EndDateTime: 0 }), session('b', 'FAILED', { EndDateTime: NOW - HOUR })] } } });
  expect(answer(ID).verdict).toMatch(/^FAILED: at least 1\.0 hours\. /);
});

test('is an error if a state cannot be listed', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'FAILED') } }, faults: [{ kind: 'accessDenied', stateFilter: 'TERMINATED' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error', verdict: expect.stringContaining('TERMINATED: unknown, a listing failed.') });
});

test('has no data without ended sessions', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'IDLE') } } });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: no ended session was listed.' });
});
