import { probed, session, sessions } from './support';

const ID = 'paging';

test('reports full pages', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: sessions(250, 'FAILED') } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'MaxResults 100 is accepted; the largest page had 100 sessions. 2 pages had a token, 0 of them short and 0 empty; no token was repeated.',
    evidence: [{
      'MaxResults': 100, 'listings': 7, 'pages': 9, 'largest page': 100, 'with a token': 2, 'short, with a token': 0, 'empty, with a token': 0, 'tokens repeated': 0,
    }],
  });
  expect(new Set(athena.calls.filter(({ operation }) => operation === 'ListSessions').map(({ maxResults }) => maxResults))).toEqual(new Set([100]));
});

test('reads the shortest listing in small pages if no listing has a second page', async () => {
  const { answer, athena } = await probed({ workGroups: { analytics: { sessions: [...sessions(5, 'FAILED'), ...sessions(3, 'TERMINATED'), session('a', 'IDLE')] } } });
  expect(answer(ID).verdict).toBe('MaxResults 100 is accepted; the largest page had 5 sessions. 2 pages had a token, 0 of them short and 0 empty; no token was repeated.');
  expect(answer(ID).evidence[1]).toMatchObject({ 'MaxResults': 1, 'listings': 1, 'pages': 3, 'largest page': 1 });
  expect(athena.calls.filter(({ maxResults }) => maxResults === 1).map(({ stateFilter }) => stateFilter)).toEqual(['TERMINATED', 'TERMINATED', 'TERMINATED']);
});

test('reports short and empty pages with a token', async () => {
  const { answer } = await probed({
    workGroups: { analytics: { sessions: sessions(250, 'FAILED') } },
    faults: [{ kind: 'emptyPage', stateFilter: 'FAILED', page: 2 }],
    rewrite: (listed, { page, fault }) => page === 1 && !fault && listed.NextToken ? { ...listed, Sessions: listed.Sessions!.slice(0, 60) } : listed,
  });
  expect(answer(ID).verdict).toMatch(/3 pages had a token, 1 of them short and 1 empty; no token was repeated\./);
});

test('ends a listing at a repeated token', async () => {
  const { answer, athena } = await probed({
    workGroups: { analytics: { sessions: sessions(450, 'FAILED') } },
    faults: [{ kind: 'repeatedToken', stateFilter: 'FAILED', page: 2 }],
  });
  expect(answer(ID).verdict).toMatch(/in 1 listing a token was repeated\.$/);
  expect(athena.calls.filter(({ stateFilter }) => stateFilter === 'FAILED')).toHaveLength(2);
});

test('has no data on tokens if each listing has one page', async () => {
  const { answer } = await probed({ workGroups: { analytics: { sessions: [session('a', 'IDLE')] } } });
  expect(answer(ID).verdict).toBe('MaxResults 100 is accepted; the largest page had 1 session. No data on tokens: no listing had a second page.');
});

test('reports that pages of 100 are not accepted', async () => {
  const message = 'Value at \'maxResults\' failed to satisfy constraint: Member must have value less than or equal to 50';
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'error', operation: 'ListSessions', code: 'InvalidRequestException', message }] });
  expect(answer(ID)).toMatchObject({ outcome: 'answered', verdict: expect.stringMatching(/^MaxResults 100 is not accepted\. .*7 of 7 listings failed/) });
  expect(answer('reach')).toMatchObject({ outcome: 'error' });
});

test('is an error if no page can be read', async () => {
  const { answer } = await probed({ workGroups: { analytics: {} }, faults: [{ kind: 'accessDenied', operation: 'ListSessions' }] });
  expect(answer(ID)).toMatchObject({ outcome: 'error' });
});

test('has no data without a workgroup', async () => {
  const { answer } = await probed({ workGroups: {} });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: there was no workgroup to list.' });
});
