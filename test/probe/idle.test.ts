import { HOUR, NOW, probed, session, SPARK_35 } from './support';

const ID = 'idle-and-busy';
const idle = (id: string, idleSince?: number, modified = NOW - HOUR) => session(id, 'IDLE', { IdleSinceDateTime: idleSince, LastModifiedDateTime: modified });
const ENGINE_35 = { EngineVersion: { EffectiveEngineVersion: SPARK_35 } };

test('sessions of 3.5 that are IDLE, BUSY, or both', async () => {
  const { answer } = await probed({
    workGroups: {
      unified: { engine: SPARK_35, sessions: [idle('a', NOW - HOUR), idle('b', NOW - HOUR + 5), idle('c', NOW - 2 * HOUR), idle('d'), session('e', 'BUSY')] },
      notebooks: { sessions: [idle('f', NOW - HOUR), { ...idle('g', NOW), ...ENGINE_35 }] },
    },
  });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Of 5 IDLE sessions 4 had IdleSinceDateTime, and 3 of these not before LastModifiedDateTime. 1 session BUSY: so that engine knows the state. '
      + 'Whether each query through Spark Connect turns IDLE into BUSY cannot be told by reading alone: run one, and probe meanwhile.',
    evidence: [
      { 'engine': SPARK_35, 'IDLE': 5, 'with IdleSince': '4 of 5', 'IdleSince ≥ LastModified': '3 of 4', 'the same': '1 of 4', 'BUSY': 1 },
      { 'engine': 'PySpark engine version 3', 'IDLE': 1, 'with IdleSince': '1 of 1', 'IdleSince ≥ LastModified': '1 of 1', 'the same': '1 of 1', 'BUSY': 0 },
    ],
    asked: [{ operation: 'ListSessions', filter: 'no filter', calls: 2 }],
  });
});

test('none is IDLE, none is BUSY', async () => {
  const busyOnly = await probed({ workGroups: { unified: { engine: SPARK_35, sessions: [session('e', 'BUSY')] } } });
  expect(busyOnly.answer(ID).verdict).toMatch(/^No session was IDLE\. 1 session BUSY/);
  const idleOnly = await probed({ workGroups: { unified: { engine: SPARK_35, sessions: [idle('a')] } } });
  expect(idleOnly.answer(ID).verdict).toMatch(/^Of 1 IDLE session 0 had IdleSinceDateTime, and 0 of these not before LastModifiedDateTime\. None was BUSY\./);
});

test('without sessions of 3.5 there is nothing to tell, but what others do', async () => {
  const { answer } = await probed({ workGroups: { notebooks: { sessions: [idle('f', NOW)] } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'nothing to tell',
    verdict: 'Nothing to tell: no session of that engine was IDLE or BUSY. Whether each query through Spark Connect turns IDLE into BUSY cannot be told by reading alone: '
      + 'run one, and probe meanwhile.',
    evidence: [{ engine: 'PySpark engine version 3', IDLE: 1 }],
  });
});
