import { probed, session, sessions } from './support';

const ID = 'paging';

test('full pages', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: sessions(250, 'FAILED') } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'MaxResults 100 is taken; the largest page held 100 sessions. 2 pages had a token, 0 of them short and 0 empty; no token was repeated.',
    evidence: [{
      'MaxResults': 100, 'listings': 7, 'pages': 9, 'largest page': 100, 'with a token': 2, 'short, with a token': 0, 'empty, with a token': 0, 'tokens repeated': 0,
    }],
  });
  expect(new Set(athena.calls.filter(({ operation }) => operation === 'ListSessions').map(({ maxResults }) => maxResults))).toEqual(new Set([100]));
});

test('where no listing needs a second page, the shortest one is read in small ones', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: [...sessions(5, 'FAILED'), ...sessions(3, 'TERMINATED'), session('a', 'IDLE')] } } });
  expect(answer(ID).verdict).toBe('MaxResults 100 is taken; the largest page held 5 sessions. 2 pages had a token, 0 of them short and 0 empty; no token was repeated.');
  expect(answer(ID).evidence[1]).toMatchObject({ 'MaxResults': 1, 'listings': 1, 'pages': 3, 'largest page': 1 });
  expect(athena.calls.filter(({ maxResults }) => maxResults === 1).map(({ stateFilter }) => stateFilter)).toEqual(['TERMINATED', 'TERMINATED', 'TERMINATED']);
});

test('short and empty pages with a token', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: sessions(250, 'FAILED') } },
    faults: [{ kind: 'emptyPage', stateFilter: 'FAILED', page: 2 }],
    rewrite: (listed, { page, fault }) => page === 1 && !fault && listed.NextToken ? { ...listed, Sessions: listed.Sessions!.slice(0, 60) } : listed,
  });
  expect(answer(ID).verdict).toMatch(/3 pages had a token, 1 of them short and 1 empty; no token was repeated\./);
});

test('a token that repeats ends the listing', async () => {
  const { answer, athena } = await probed({
    workGroups: { analytics: { sessions: sessions(450, 'FAILED') } },
    faults: [{ kind: 'repeatedToken', stateFilter: 'FAILED', page: 2 }],
  });
  expect(answer(ID).verdict).toMatch(/in 1 listing a token was repeated\.$/);
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(2);
});

test('one page each', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } } });
  expect(answer(ID).verdict).toBe('MaxResults 100 is taken; the largest page held 1 session. Of tokens nothing can be told: no listing had a second page.');
});

test('pages of 100 are not taken', async () => {
  const message = 'Value at \'maxResults\' failed to satisfy constraint: Member must have value less than or equal to 50';
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'error', operation: 'ListSessions', code: 'InvalidRequestException', message }] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^MaxResults 100 is not taken\. .*7 of 7 listings failed/) });
  expect(answer('reach')).toMatchObject({ outcome: 'error' });
});

test('no page at all', async () => {
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error' });
});

test('no workgroup', async () => {
  const { answer } = await probed({ workGroups: {} });
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell', verdict: 'Nothing to tell: there was no workgroup to list.' });
});
