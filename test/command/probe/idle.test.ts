import { HOUR, NOW, probed, session, SPARK_35 } from './support';

const ID = 'idle-and-busy';
const idle = (id: string, idleSince?: number, modified = NOW - HOUR) => session(id, 'IDLE', { IdleSinceDateTime: idleSince, LastModifiedDateTime: modified });
const ENGINE_35 = { EngineVersion: { EffectiveEngineVersion: SPARK_35 } };

test('reports IDLE and BUSY sessions of Spark 3.5', async () => {
  const { answer } = await probed({
    workGroups: {
      unified: { engine: SPARK_35, sessions: [idle('a', NOW - HOUR), idle('b', NOW - HOUR + 5), idle('c', NOW - 2 * HOUR), idle('d'), session('e', 'BUSY')] },
      notebooks: { sessions: [idle('f', NOW - HOUR), { ...idle('g', NOW), ...ENGINE_35 }] },
    },
  });
  expect(answer(ID)).toMatchObject({
    outcome: 'answered',
    verdict: 'Yes: 5 sessions were IDLE, and 1 BUSY. IdleSinceDateTime was in 4 of 5 IDLE ones, in 3 of these not before LastModifiedDateTime. '
      + 'Whether each query through Spark Connect turns IDLE into BUSY is another question: query-states.',
    evidence: [
      { 'engine': SPARK_35, 'IDLE': 5, 'with IdleSince': '4 of 5', 'IdleSince ≥ LastModified': '3 of 4', 'equal': '1 of 4', 'BUSY': 1 },
      { 'engine': 'PySpark engine version 3', 'IDLE': 1, 'with IdleSince': '1 of 1', 'IdleSince ≥ LastModified': '1 of 1', 'equal': '1 of 1', 'BUSY': 0 },
    ],
    asked: [{ operation: 'ListSessions', filter: 'no filter', calls: 2 }],
  });
});

test('reports that no session is IDLE, or BUSY', async () => {
  const busyOnly = await probed({ workGroups: { unified: { engine: SPARK_35, sessions: [session('e', 'BUSY')] } } });
  expect(busyOnly.answer(ID).verdict).toMatch(/^Unclear: 0 sessions were IDLE, and 1 BUSY\. Whether/);
  const idleOnly = await probed({ workGroups: { unified: { engine: SPARK_35, sessions: [idle('a')] } } });
  expect(idleOnly.answer(ID).verdict).toMatch(/^Unclear: 1 session was IDLE, and 0 BUSY\. IdleSinceDateTime was in 0 of 1 IDLE one\. Whether/);
});

test('has no data without sessions of Spark 3.5, but shows those of other engines', async () => {
  const { answer } = await probed({ workGroups: { notebooks: { sessions: [idle('f', NOW)] } } });
  expect(answer(ID)).toMatchObject({
    outcome: 'no data',
    verdict: 'No data: no session of this engine was IDLE or BUSY. Whether each query through Spark Connect turns IDLE into BUSY is another question: query-states.',
    evidence: [{ engine: 'PySpark engine version 3', IDLE: 1 }],
  });
});
