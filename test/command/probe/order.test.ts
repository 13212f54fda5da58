import { HOUR, NOW, probed, session, sessions } from './support';

const ID = 'order';
const at = (hoursAgo: number) => NOW - hoursAgo * HOUR;

test('reports that the newest are first, across pages', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(250, 'FAILED').reverse() } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: no inversion in 249 pairs of neighbors in 1 listing, 1 of them with several pages. '
      + 'Ended sessions are in order, so the collector may stop early.',
    evidence: [{ 'workgroup': 'workgroup 1', 'listing': 'FAILED', 'sessions': 250, 'pages': 3, 'inversions by start': 0, 'by modification': 0, 'by end': 0 }],
  });
});

test('reports that the oldest are first', async () => {
  const { answer } = await probed({ order: 'asGiven', workGroups: { analytics: { sessions: sessions(120, 'TERMINATED').reverse() } } });
  expect(answer(ID).verdict).toMatch(/^No: 119 inversions in 119 pairs of neighbors, in 1 of 1 listing\. The oldest come first\. .*to its end/);
});

test('reports an order by other dates', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: {
      analytics: {
        sessions: [[3, 1], [5, 2], [4, 3]].map(([start, end]) =>
          session(`s${start}`, 'FAILED', { StartDateTime: at(start!), LastModifiedDateTime: at(end! - 1), EndDateTime: at(end!) })),
      },
    },
  });
  expect(answer(ID).verdict).toMatch(/^No: 1 inversion in 2 pairs of neighbors, in 1 of 1 listing\. They are sorted by LastModifiedDateTime and EndDateTime, newest first\./);
  expect(answer(ID).evidence).toMatchObject([{ 'inversions by start': 1, 'by modification': 0, 'by end': 0 }]);
});

test('reports that there is no order', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: { analytics: { sessions: [2, 9, 4, 7].map((start) => session(`s${start}`, 'IDLE', { StartDateTime: at(start), LastModifiedDateTime: at(11 - start) })) } },
  });
  expect(answer(ID).verdict).toBe('No: 1 inversion in 3 pairs of neighbors, in 1 of 1 listing. '
    + 'None of them is a listing of ended sessions, whose order lets the collector stop early.');
});

test('considers only ended sessions for the early stop', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: { analytics: { sessions: [...sessions(2, 'FAILED'), ...sessions(2, 'IDLE').reverse()] } },
  });
  expect(answer(ID).verdict).toMatch(/^No: 1 inversion in 2 pairs of neighbors, in 1 of 2 listings\. Ended sessions are in order, so the collector may stop early\.$/);
});

test('counts listings of several pages', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'FAILED') } } });
  expect(answer(ID).verdict).toContain('in 1 listing, none of them with several pages.');
});

test('shows the sessions only if verbose', async () => {
  const world = { order: 'asGiven' as const, workGroups: { analytics: { sessions: [session('older', 'IDLE', { StartDateTime: at(3) }), session('newer', 'IDLE')] } } };
  expect((await probed(world, { verbose: true })).answer(ID).details).toEqual(['analytics, no filter: older comes before newer']);
  expect(JSON.stringify((await probed(world)).questions)).not.toMatch(/older|newer|analytics/);
});

test.each([
  ['one session each', [session('a', 'IDLE'), session('b', 'FAILED')]],
  ['sessions that started at the same time', [session('a', 'IDLE'), session('b', 'IDLE')]],
  ['sessions without a start', [{ SessionId: 'a' }, { SessionId: 'b' }]],
])('has no data with %s', async (_, list) => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: list } } });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', evidence: [] });
});
