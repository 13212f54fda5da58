import { HOUR, NOW, probed, session, sessions } from './support';

const ID = 'order';
const at = (hoursAgo: number) => NOW - hoursAgo * HOUR;

test('newest first, across pages', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(250, 'FAILED').reverse() } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: no inversion among 249 pairs of neighbours in 1 listing, 1 of more than a page. '
      + 'Ended sessions are in order, so the collector may stop early.',
    evidence: [{ 'workgroup': 'workgroup 1', 'listing': 'FAILED', 'sessions': 250, 'pages': 3, 'inversions by start': 0, 'by modification': 0, 'by end': 0 }],
  });
});

test('oldest first', async () => {
  const { answer } = await probed({ order: 'asGiven', workGroups: { analytics: { sessions: sessions(120, 'TERMINATED').reverse() } } });
  expect(answer(ID).verdict).toMatch(/^No: 119 inversions among 119 pairs of neighbours, in 1 of 1 listing\. Those that started first come first\. .*to its end/);
});

test('newest ended first', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: {
      analytics: {
        sessions: [[3, 1], [5, 2], [4, 3]].map(([start, end]) =>
          session(`s${start}`, 'FAILED', { StartDateTime: at(start!), LastModifiedDateTime: at(end! - 1), EndDateTime: at(end!) })),
      },
    },
  });
  expect(answer(ID).verdict).toMatch(/^No: 1 inversion among 2 pairs of neighbours, in 1 of 1 listing\. Newest come first by LastModifiedDateTime and EndDateTime\./);
  expect(answer(ID).evidence).toMatchObject([{ 'inversions by start': 1, 'by modification': 0, 'by end': 0 }]);
});

test('in no order', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: { analytics: { sessions: [2, 9, 4, 7].map((start) => session(`s${start}`, 'IDLE', { StartDateTime: at(start), LastModifiedDateTime: at(11 - start) })) } },
  });
  expect(answer(ID).verdict).toBe('No: 1 inversion among 3 pairs of neighbours, in 1 of 1 listing. '
    + 'None is of ended sessions, whose order lets the collector stop early.');
});

test('ended sessions are what counts for the early stop', async () => {
  const { answer } = await probed({
    order: 'asGiven',
    workGroups: { analytics: { sessions: [...sessions(2, 'FAILED'), ...sessions(2, 'IDLE').reverse()] } },
  });
  expect(answer(ID).verdict).toMatch(/^No: 1 inversion among 2 pairs of neighbours, in 1 of 2 listings\. Ended sessions are in order, so the collector may stop early\.$/);
});

test('pages that follow each other are told from single ones', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: sessions(2, 'FAILED') } } });
  expect(answer(ID).verdict).toContain('in 1 listing, none of more than a page.');
});

test('who comes before whom is for those who ask for names', async () => {
  const world = { order: 'asGiven' as const, workGroups: { analytics: { sessions: [session('older', 'IDLE', { StartDateTime: at(3) }), session('newer', 'IDLE')] } } };
  expect((await probed(world, { verbose: true })).answer(ID).details).toEqual(['analytics, no filter: older comes before newer']);
  expect(JSON.stringify((await probed(world)).questions)).not.toMatch(/older|newer|analytics/);
});

test.each([
  ['one session each', [session('a', 'IDLE'), session('b', 'FAILED')]],
  ['sessions that started at the same time', [session('a', 'IDLE'), session('b', 'IDLE')]],
  ['sessions without a start', [{ SessionId: 'a' }, { SessionId: 'b' }]],
])('of %s there is nothing to tell', async (_, list) => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: list } } });
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell', evidence: [] });
});
