import * as fc from 'fast-check';
import {
  AlarmRule, AlarmState, COMPARISONS, explain, evaluateContributor, evaluateSeries, Periods, TreatMissingData,
} from '../../../rehearsal/cloudwatch/alarm';

const STATES: AlarmState[] = ['OK', 'ALARM', 'INSUFFICIENT_DATA'];
const TREATMENTS: TreatMissingData[] = ['missing', 'ignore', 'breaching', 'notBreaching'];

function rule(options: Partial<AlarmRule> = {}): AlarmRule {
  return {
    comparison: COMPARISONS.GreaterThanThreshold,
    threshold: 0,
    evaluationPeriods: 3,
    datapointsToAlarm: 3,
    treatMissingData: 'missing',
    ...options,
  };
}

/** As the documentation writes them: the oldest first, X breaching, 0 not breaching, - missing. */
function range(notation: string): Periods {
  return notation.split(' ').map((mark, i) => mark === '-' ? undefined : { value: mark === 'X' ? 1 : 0, timestamp: i }).reverse();
}

const KEEP = 'KEEP';
type Row = [notation: string, missing: string, ignore: string, breaching: string, notBreaching: string];

function expectRow(datapointsToAlarm: number, [notation, ...expected]: Row) {
  for (const [i, treatMissingData] of TREATMENTS.entries()) {
    for (const current of STATES) {
      const { state } = evaluateSeries(range(notation), rule({ datapointsToAlarm, treatMissingData }), current);
      expect([treatMissingData, current, state]).toEqual([treatMissingData, current, expected[i] === KEEP ? current : expected[i]]);
    }
  }
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe('the published tables', () => {
  test.each<Row>([
    ['0 - X - X', 'OK', 'OK', 'OK', 'OK'],
    ['0 - - - -', 'OK', 'OK', 'OK', 'OK'],
    ['- - - - -', 'INSUFFICIENT_DATA', KEEP, 'ALARM', 'OK'],
    ['0 X X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- - X - -', 'ALARM', KEEP, 'ALARM', 'OK'],
  ])('3 of 3: %s', (...row) => expectRow(3, row));

  test.each<Row>([
    ['0 - X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 0 X 0 X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['0 - X - -', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - - 0', 'OK', 'OK', 'ALARM', 'OK'],
    ['- - - X -', 'ALARM', KEEP, 'ALARM', 'OK'],
  ])('2 of 3: %s', (...row) => expectRow(2, row));

  test.each(['- - - - X', '- - - X -'])('no premature ALARM at %s', notation => {
    for (const current of STATES) {
      expect(evaluateSeries(range(notation), rule(), current).state).toBe(current);
    }
  });
});

describe('a single series', () => {
  test('evaluates the newest existing points of the range, for every TreatMissingData', () => {
    for (const treatMissingData of TREATMENTS) {
      expect(evaluateSeries(range('X - 0 - 0'), rule({ treatMissingData }), 'ALARM').state).toBe('OK');
      expect(evaluateSeries(range('X 0 X X X'), rule({ treatMissingData }), 'OK').state).toBe('ALARM');
    }
  });

  test('without a wider range, an old point is not evaluated', () => {
    const oneOfThree = rule({ datapointsToAlarm: 1, treatMissingData: 'notBreaching' });
    expect(evaluateSeries(range('X - - - -').slice(0, 3), oneOfThree, 'ALARM').state).toBe('OK');
    expect(evaluateSeries(range('X - - - -'), oneOfThree, 'ALARM').state).toBe('ALARM');
  });

  test('explains its state', () => {
    const told = rule({ datapointsToAlarm: 1, treatMissingData: 'notBreaching', threshold: 5 });
    const evaluation = evaluateSeries([undefined, { value: 7, timestamp: Date.UTC(2026, 2, 10, 12, 5) }, undefined], told, 'OK');
    expect(evaluation.state).toBe('ALARM');
    expect(explain(evaluation, told)).toEqual({
      value: 7,
      reason: '1 of 3 datapoints greater than 5, 1 needed to alarm [7 (12:05)]; 2 of 3 datapoints missing (treated as notBreaching)',
    });
  });

  test.each([
    ['GreaterThanThreshold', [false, false, true]],
    ['GreaterThanOrEqualToThreshold', [false, true, true]],
    ['LessThanThreshold', [true, false, false]],
    ['LessThanOrEqualToThreshold', [true, true, false]],
  ])('%s', (operator, expected) => {
    const one = rule({ comparison: COMPARISONS[operator], threshold: 5, evaluationPeriods: 1, datapointsToAlarm: 1 });
    expect([4, 5, 6].map(value => evaluateSeries([{ value, timestamp: 0 }], one, 'OK').state === 'ALARM')).toEqual(expected);
  });

  test('without missing points, only M of N decides', () => {
    fc.assert(fc.property(
      fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(...TREATMENTS),
      fc.constantFrom(...STATES),
      (breaches, datapointsToAlarm, treatMissingData, current) => {
        const points = breaches.map(breach => ({ value: breach ? 1 : 0, timestamp: 0 }));
        const inAlarm = breaches.slice(0, 3).filter(breach => breach).length >= datapointsToAlarm;
        expect(evaluateSeries(points, rule({ datapointsToAlarm, treatMissingData }), current).state).toBe(inAlarm ? 'ALARM' : 'OK');
      },
    ));
  });
});

describe('a contributor', () => {
  test.each<Row>([
    ['- - 0', 'OK', KEEP, 'ALARM', 'OK'],
    ['- X 0', 'OK', KEEP, 'ALARM', 'OK'],
    ['X - X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    ['- 0 0', 'OK', 'OK', 'OK', 'OK'],
    ['X - -', 'OK', KEEP, 'ALARM', 'OK'],
  ])('2 of 3, each missing point by itself: %s', (notation, ...expected) => {
    for (const [i, treatMissingData] of TREATMENTS.entries()) {
      for (const current of STATES) {
        const { state } = evaluateContributor(range(notation), rule({ datapointsToAlarm: 2, treatMissingData }), current);
        expect([treatMissingData, current, state]).toEqual([treatMissingData, current, expected[i] === KEEP ? current : expected[i]]);
      }
    }
  });
});
