import { healthy, illAndWell, matrix, Trial, type World } from './trial';
import type { AthenaOptions, WorkGroup } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/schema';
import { FUNCTION_NAME, minutes, session, Stage, T } from '../support/stage';

afterEach(() => Stage.closeAll());

const THROTTLED = /^ThrottlingException: Rate exceeded \(10 attempts\)$/;
const SERVER_ERROR = /^InternalServerException: .* \(4 attempts\)$/;
const UNREADABLE = /^the answer cannot be read: SyntaxError: .*JSON[^\n]*$/;
const EXPIRED = { kind: 'error', code: 'ExpiredTokenException', message: 'The security token included in the request is expired' } as const;
const EXPIRED_REASON = /ExpiredTokenException: The security token included in the request is expired$/;

/** Three pages in the unfiltered listing, two in that of failed sessions. */
const manySessions: WorkGroup = {
  sessions: [
    ...Array.from({ length: 250 }, (_, i) => session(`busy-${i}`, 'BUSY', { StartDateTime: T - minutes(1 + i) })),
    ...Array.from({ length: 150 }, (_, i) => session(`failed-${i}`, 'FAILED', { StartDateTime: T - minutes(60 + i), EndDateTime: T - minutes(i / 10) })),
  ],
};
const many = (...faults: Parameters<typeof illAndWell>): World => ({ ...illAndWell(...faults), workGroups: { ill: manySessions, well: healthy } });
const everywhere = (fault: NonNullable<AthenaOptions['faults']>[number], names = ['a', 'b']): World =>
  ({ workGroups: Object.fromEntries(names.map((name) => [name, healthy])), faults: [fault] });
const sixty = Array.from({ length: 60 }, (_, i) => `team-${i}`);

describe('errors', () => matrix([
  ['a server error for one page', many({ kind: 'serverError', stateFilter: 'none', page: 2 }), { failed: { ill: SERVER_ERROR } }],
  ['a temporary server error for one page', many({ kind: 'serverError', stateFilter: 'none', page: 2, first: 2 }), {}],
  ['a server error for one workgroup', illAndWell({ kind: 'serverError' }), { failed: { ill: SERVER_ERROR } }],
  ['a temporary server error for one workgroup', illAndWell({ kind: 'serverError', first: 3 }), {}],
  ['a server error for every second call of one workgroup', many({ kind: 'serverError', every: 2 }), {}],
  ['a server error for all workgroups', everywhere({ kind: 'serverError', operation: 'ListSessions' }),
    { failed: { a: SERVER_ERROR, b: SERVER_ERROR }, error: /^none of 2 workgroups could be listed; [ab]: InternalServerException/ }],
  ['a server error for all calls', everywhere({ kind: 'serverError' }), { error: /^the search for workgroups did not finish: InternalServerException/ }],

  ['temporary throttling', illAndWell({ kind: 'throttle', first: 5 }), {}],
  ['temporary throttling for all workgroups', everywhere({ kind: 'throttle', first: 8 }), {}],
  ['permanent throttling for one workgroup', { ...illAndWell({ kind: 'throttle' }), speed: 20 }, { failed: { ill: THROTTLED } }],
  ['permanent throttling for all workgroups', { ...everywhere({ kind: 'throttle', operation: 'ListSessions' }), speed: 20 },
    { failed: { a: THROTTLED, b: THROTTLED }, error: /^none of 2 workgroups could be listed; [ab]: ThrottlingException/ }],
  ['permanent throttling for all calls', { ...everywhere({ kind: 'throttle' }), speed: 20 },
    { error: /^the search for workgroups did not finish: ThrottlingException/ }],
  ['a rate limit far below maxRequestsPerSecond', { ...illAndWell(), rateLimit: { ratePerSecond: 2, burst: 2 } }, {}],

  ['expired credentials', everywhere(EXPIRED), { error: EXPIRED_REASON }],
  ['expired credentials, named workgroups', { ...everywhere(EXPIRED), settings: { [SETTINGS.workGroups]: 'a,b' } },
    { failed: { a: EXPIRED_REASON, b: EXPIRED_REASON }, error: EXPIRED_REASON }],
  ['access denied for one workgroup', illAndWell({ kind: 'accessDenied' }), { failed: { ill: /^AccessDeniedException: .*workgroup\/ill$/ } }],
  ['access denied for all workgroups', everywhere({ kind: 'accessDenied', operation: 'ListSessions' }),
    { failed: { a: /AccessDenied/, b: /AccessDenied/ }, error: /^none of 2 workgroups could be listed; [ab]: AccessDeniedException/ }],
  ['an invalid request', illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'no' }), { failed: { ill: /^InvalidRequestException: no$/ } }],
  ['an unknown error, only in the FAILED listing', illAndWell({ kind: 'error', stateFilter: 'FAILED', code: 'MetadataException' }),
    { failed: { ill: /^MetadataException/ } }],
  ['an unknown error, only in the last listing', illAndWell({ kind: 'error', stateFilter: 'TERMINATED', code: 'MetadataException' }),
    { failed: { ill: /^MetadataException/ } }],
  ['a search that does not finish: metrics of found workgroups are written', everywhere({ kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 }, sixty),
    { error: /^the search for workgroups did not finish: AccessDeniedException/ }],
]));

test('credentials that expire during the run', async () => {
  const trial = await Trial.start({
    ...illAndWell(),
    beforeCall: async ({ workGroup }) => {
      if (workGroup === 'ill') {
        await trial.untilListed('well');
        trial.stage.athena.faults.push(EXPIRED);
      }
    },
  });
  await trial.run({ failed: { ill: EXPIRED_REASON } });
});

describe('missing, disabled and SQL workgroups', () => matrix([
  ['a named workgroup that does not exist is not listed', { ...illAndWell(), settings: { [SETTINGS.workGroups]: 'gone,well' } },
    { failed: { gone: /^InvalidRequestException: WorkGroup is not found\.$/ } }],
  ['a found workgroup that is deleted meanwhile is skipped', illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'WorkGroup is not found.' }),
    { skipped: { ill: /not found/ } }],
  ['a found workgroup that is deleted meanwhile, with the documented error, is skipped', illAndWell({ kind: 'error', code: 'ResourceNotFoundException', message: 'gone' }),
    { skipped: { ill: /gone/ } }],
  ['a found workgroup that is deleted between its pages is skipped', many({ kind: 'error', code: 'ResourceNotFoundException', message: 'gone', page: 2 }),
    { skipped: { ill: /gone/ } }],
  ['a disabled workgroup with an invalid request is skipped', { ...illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'disabled' }), workGroups: { ill: { ...healthy, state: 'DISABLED' }, well: healthy } },
    { skipped: { ill: /disabled/ } }],
  ['a disabled workgroup that is throttled is not listed', { ...illAndWell({ kind: 'throttle' }), workGroups: { ill: { ...healthy, state: 'DISABLED' }, well: healthy }, speed: 20 },
    { failed: { ill: THROTTLED } }],
  ['a disabled workgroup whose sessions can be listed is monitored', { workGroups: { closing: { ...healthy, state: 'DISABLED' } } }, {}],
  ['SQL workgroups are ignored', { workGroups: { sql: { engine: 'Athena engine version 3' }, spark: { engine: 'Apache Spark version 3.5' }, well: healthy } }, {}],
  ['no found workgroup is not an error', { workGroups: {} }, {}],
]));

describe('quiet workgroups', () => {
  const quiet: WorkGroup = { sessions: [session('ended', 'TERMINATED', { EndDateTime: T - minutes(75) })] };
  const quietWorld = (names: string, ...faults: NonNullable<AthenaOptions['faults']>): World => ({
    workGroups: Object.fromEntries(names.split(',').map((name) => [name, name === 'well' ? healthy : quiet])),
    faults,
    settings: { [SETTINGS.zerosWhenQuiet]: 'false' },
  });
  matrix([
    ['write nothing', quietWorld('a,b,well'), {}],
    ['write nothing after temporary errors', quietWorld('a,b,well', { kind: 'serverError', workGroup: 'a', first: 2 }, { kind: 'throttle', first: 3 }), {}],
    ['are not listed if their last listing fails', quietWorld('a,b,well', { kind: 'accessDenied', workGroup: 'a', stateFilter: 'TERMINATED' }),
      { failed: { a: /^AccessDenied/ } }],
    ['are skipped if they are deleted meanwhile', quietWorld('a,b,well', { kind: 'error', code: 'ResourceNotFoundException', message: 'gone', workGroup: 'a' }),
      { skipped: { a: /gone/ } }],
    ['the first by name writes zeros if no other writes', quietWorld('b,c,a'), {}],
    ['the first by name of those listed writes zeros', quietWorld('a,b,c', { kind: 'accessDenied', workGroup: 'a' }), { failed: { a: /^AccessDenied/ } }],
    ['the first of those found writes zeros if the search does not finish',
      quietWorld(sixty.join(','), { kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 }), { error: /^the search for workgroups did not finish/ }],
    ['named ones write nothing', { ...quietWorld('a,b'), settings: { [SETTINGS.zerosWhenQuiet]: 'false', [SETTINGS.workGroups]: 'a,b' } }, {}],
    ['with zeros when quiet, all write', { ...quietWorld('a,b,well'), settings: {} }, {}],
  ]);

  test('the lines are those of the others', async () => {
    const workGroupsOf = async (names: string) => {
      const run = await (await Trial.start(quietWorld(names))).run();
      return run.metricLines.map(({ WorkGroup, FunctionName }) => WorkGroup ?? FunctionName);
    };
    expect(await workGroupsOf('a,b,well')).toEqual(['well', FUNCTION_NAME]);
    expect(await workGroupsOf('b,c,a')).toEqual(['a', FUNCTION_NAME]);
  });
});

describe('pages', () => matrix([
  ['all pages are counted', many(), {}],
  ['truncated JSON', illAndWell({ kind: 'truncated' }), { failed: { ill: UNREADABLE } }],
  ['truncated JSON, on the second page', many({ kind: 'truncated', page: 2 }), { failed: { ill: UNREADABLE } }],
  ['malformed JSON', illAndWell({ kind: 'malformed' }), { failed: { ill: UNREADABLE } }],
  ['malformed JSON in the search', everywhere({ kind: 'malformed', operation: 'ListWorkGroups' }), { error: /the answer cannot be read: SyntaxError: .*JSON/ }],
  ['a token that is repeated immediately', many({ kind: 'repeatedToken' }), { failed: { ill: /repeated a page token/ } }],
  ['a token that is repeated on a later page', many({ kind: 'repeatedToken', stateFilter: 'FAILED', page: 2 }), { failed: { ill: /repeated a page token/ } }],
  ['a token that is repeated in the search', everywhere({ kind: 'repeatedToken', operation: 'ListWorkGroups' }, sixty), { error: /repeated a page token/ }],
  ['a token with an empty page', many({ kind: 'emptyPage', stateFilter: 'none', page: 1 }), {}],
  ['a token with an empty page, of ended sessions', many({ kind: 'emptyPage', stateFilter: 'FAILED', page: 1 }), {}],
  ['empty pages with tokens without end', { ...many({ kind: 'emptyPage', stateFilter: 'none' }), speed: 1, settings: { [SETTINGS.maxRequestsPerSecond]: '20' }, lambda: { timeoutSeconds: 5 } },
    { outOfTime: ['ill'] }],
]));
