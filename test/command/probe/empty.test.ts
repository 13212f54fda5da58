import { probed, session, SQL } from './support';

const ID = 'empty-answer';
const workGroups = { analytics: { sessions: [session('a', 'IDLE')] } };

test('reports empty lists', async () => {
  const { answer } = await probed({ workGroups });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: '6 answers without sessions: 6 with an empty list. The collector treats each as an empty page.',
    evidence: ['FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING'].map((listing) => (
      { listing, Sessions: 'an empty list', answers: ['FAILED', 'TERMINATED'].includes(listing) ? 1 : 2 })),
  });
});

test('reports missing lists', async () => {
  const { answer } = await probed({ workGroups, rewrite: (listed) => listed.Sessions?.length === 0 ? {} : listed });
  expect(answer(ID).verdict).toMatch(/^6 answers without sessions: 6 with no list\./);
});

test('reports different answers', async () => {
  const { answer } = await probed({
    workGroups: { ...workGroups, primary: { engine: SQL } },
    sqlWorkGroup: 'noSessions',
    rewrite: (listed, { stateFilter }) => stateFilter === 'FAILED' ? {} : stateFilter === 'DEGRADED' ? { Sessions: null } : listed,
  });
  expect(answer(ID).verdict).toMatch(/^7 answers without sessions: 1 with no list, 4 with an empty list, 2 with null\./);
  expect(answer(ID).evidence).toContainEqual({ listing: 'FAILED', Sessions: 'no list', answers: 1 });
  expect(answer(ID).evidence).toContainEqual({ listing: 'no filter', Sessions: 'an empty list', answers: 1 });
});

test('ignores workgroups that answer with an error', async () => {
  const { answer } = await probed({ workGroups: { ...workGroups, old: { state: 'DISABLED' } }, faults: [{ kind: 'error', workGroup: 'old', code: 'InvalidRequestException' }] });
  expect(answer(ID).verdict).not.toContain('failed');
});

test('has no data if every answer has sessions', async () => {
  const { answer } = await probed({
    unfiltered: 'all',
    workGroups: { analytics: { sessions: ['IDLE', 'FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING'].map((state) => session(state, state)) } },
  });
  expect(answer(ID)).toMatchObject({ outcome: 'no data', verdict: 'No data: no answer was without sessions.' });
});
