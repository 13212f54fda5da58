import { healthy, type Outcome, Trial } from './trial';
import type { Answer, FixedSession, Operation } from '../../rehearsal/athena';
import { minutes, session, Stage, T } from '../support/stage';

/** Values that replace documented ones: of every type that JSON has. */
const VALUES: { [name: string]: unknown } = {
  'null': null,
  'true': true,
  'a number': 42,
  'zero': 0,
  'a huge number': 1e30,
  'a text': 'some',
  'an empty text': '',
  'digits': '1767355200',
  'a list': ['a', null],
  'an empty list': [],
  'an object': { a: 1 },
};
const ALL = Object.keys(VALUES);
const NUMBERS = ['a number', 'zero', 'a huge number', 'digits'];

interface Row {
  readonly operation: Operation;
  /** The value that is replaced. */
  readonly path: string;
  /** The replacements with which the answer can still be read. */
  readonly readable: readonly string[];
  /** The outcome with other replacements. */
  readonly otherwise?: Outcome;
}

const NO_LIST = /the answer cannot be read: (Sessions|WorkGroups) must be a list, received /;
const NO_TOKEN = /the answer cannot be read: NextToken must be a string, received |The nextPageToken is malformed: /;
const rows: Row[] = [
  { operation: 'ListSessions', path: 'Sessions', readable: ['null', 'a list', 'an empty list'], otherwise: { failed: { ill: NO_LIST } } },
  { operation: 'ListSessions', path: 'NextToken', readable: ['null', 'an empty text'], otherwise: { failed: { ill: NO_TOKEN } } },
  ...['Sessions.0', 'Sessions.0.SessionId', 'Sessions.0.Description', 'Sessions.0.Status', 'Sessions.0.Status.State', 'Sessions.0.Status.StateChangeReason']
    .map((path): Row => ({ operation: 'ListSessions', path, readable: ALL })),
  ...['StartDateTime', 'LastModifiedDateTime', 'IdleSinceDateTime', 'EndDateTime'].map((date): Row => ({
    operation: 'ListSessions',
    path: `Sessions.0.Status.${date}`,
    readable: ['null', ...NUMBERS],
    otherwise: { failed: { ill: /^the answer cannot be read: TypeError: [^\n]*$/ } },
  })),
  { operation: 'ListWorkGroups', path: 'WorkGroups', readable: ['null', 'a list', 'an empty list'], otherwise: { error: NO_LIST } },
  { operation: 'ListWorkGroups', path: 'NextToken', readable: ['null', 'an empty text'], otherwise: { error: NO_TOKEN } },
  ...['WorkGroups.0', 'WorkGroups.0.EngineVersion', 'WorkGroups.0.State'].map((path): Row => ({ operation: 'ListWorkGroups', path, readable: ALL })),
  { operation: 'ListWorkGroups', path: 'WorkGroups.0.Name', readable: ALL.filter((name) => ![...NUMBERS, 'a text'].includes(name)) },
];
// Texts and numbers are read as names, but no workgroup has these names.
const nameReplaced: { [name: string]: Outcome } = {
  'a number': { skipped: { 42: /not found/ } },
  'zero': { skipped: { 0: /not found/ } },
  'a huge number': { failed: { 1e+30: /failed to satisfy constraint/ } },
  'digits': { skipped: { 1767355200: /not found/ } },
  'a text': { skipped: { some: /not found/ } },
};

/** A session with every field. */
const fullSession = (state: string): FixedSession => ({
  ...session(state.toLowerCase(), state, {
    StateChangeReason: 'why', StartDateTime: T - minutes(50), LastModifiedDateTime: T - minutes(30), IdleSinceDateTime: T - minutes(20), EndDateTime: T - minutes(10),
  }),
  Description: 'what for',
});

// One process for all tests: no answer may affect later ones.
let trial: Trial;
beforeAll(async () => {
  trial = await Trial.start({ workGroups: { ill: { sessions: [fullSession('IDLE'), fullSession('BUSY'), fullSession('FAILED'), fullSession('TERMINATED')] }, well: healthy } });
});
afterAll(() => Stage.closeAll());

describe.each(rows)('$operation: $path', ({ operation, path, readable, otherwise }) => {
  test.each(ALL)('%s', async (name) => {
    trial.rewrite = (answer, call) => call.operation !== operation || call.workGroup === 'well' ? answer : replaced(answer, path.split('.'), VALUES[name]);
    await trial.run(readable.includes(name) ? {} : otherwise ?? nameReplaced[name]);
  });
});

/** The answer with another value at the path, if the path exists. */
function replaced(answer: Answer, path: readonly string[], value: unknown): unknown {
  const copy = structuredClone(answer);
  const parent = path.slice(0, -1).reduce((part: any, key) => part?.[key], copy);
  const key = path.at(-1)!;
  if (parent && (key in parent || key === 'NextToken')) {
    parent[key] = value;
  }
  return copy;
}
