import { probed, session, SQL } from './support';

const ID = 'empty-answer';
const workGroups = { analytics: { sessions: [session('a', 'IDLE')] } };

test('an empty list', async () => {
  const { answer } = await probed({ workGroups });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Of 6 answers without sessions 6 held an empty list. The collector takes each for an empty page.',
    evidence: ['FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING'].map((listing) => (
      { listing, Sessions: 'an empty list', answers: ['FAILED', 'TERMINATED'].includes(listing) ? 1 : 2 })),
  });
});

test('no such member', async () => {
  const { answer } = await probed({ workGroups, rewrite: (listed) => listed.Sessions?.length === 0 ? {} : listed });
  expect(answer(ID).verdict).toMatch(/^Of 6 answers without sessions 6 held no such member\./);
});

test('now this, now that', async () => {
  const { answer } = await probed({
    workGroups: { ...workGroups, primary: { engine: SQL } },
    sqlWorkGroup: 'noSessions',
    rewrite: (listed, { stateFilter }) => stateFilter === 'FAILED' ? {} : stateFilter === 'DEGRADED' ? { Sessions: null } : listed,
  });
  expect(answer(ID).verdict).toMatch(/^Of 7 answers without sessions 1 held no such member, 4 held an empty list, 2 held a null in its place\./);
  expect(answer(ID).evidence).toContainEqual({ listing: 'FAILED', Sessions: 'no such member', answers: 1 });
  expect(answer(ID).evidence).toContainEqual({ listing: 'no filter', Sessions: 'an empty list', answers: 1 });
});

test('a workgroup that answers with an error is no answer to this', async () => {
  const { answer } = await probed({ workGroups: { ...workGroups, old: { state: 'DISABLED' } }, faults: [{ kind: 'error', workGroup: 'old', code: 'InvalidRequestException' }] });
  expect(answer(ID).verdict).not.toContain('failed');
});

test('where each answer has sessions there is nothing to tell', async () => {
  const { answer } = await probed({
    unfiltered: 'all',
    workGroups: { analytics: { sessions: ['IDLE', 'FAILED', 'TERMINATED', 'DEGRADED', 'TERMINATING'].map((state) => session(state, state)) } },
  });
  expect(answer(ID)).toMatchObject({ outcome: 'nothing to tell', verdict: 'Nothing to tell: no answer was without sessions.' });
});
