import { healthy, illAndWell, matrix, Trial, type World } from './trial';
import type { AthenaOptions, WorkGroup } from '../../rehearsal/athena';
import { SETTINGS } from '../../src/schema';
import { minutes, session, Stage, T } from '../support/stage';

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
  ['a server error for one page that passes', many({ kind: 'serverError', stateFilter: 'none', page: 2, first: 2 }), {}],
  ['a server error for one workgroup', illAndWell({ kind: 'serverError' }), { failed: { ill: SERVER_ERROR } }],
  ['a server error for one workgroup that passes', illAndWell({ kind: 'serverError', first: 3 }), {}],
  ['a server error for every second call of one workgroup', many({ kind: 'serverError', every: 2 }), {}],
  ['a server error for all workgroups', everywhere({ kind: 'serverError', operation: 'ListSessions' }),
    { failed: { a: SERVER_ERROR, b: SERVER_ERROR }, error: /^none of 2 workgroups could be listed; [ab]: InternalServerException/ }],
  ['a server error for all calls', everywhere({ kind: 'serverError' }), { error: /^the search for workgroups did not finish: InternalServerException/ }],

  ['a throttle storm that passes', illAndWell({ kind: 'throttle', first: 5 }), {}],
  ['a throttle storm that passes, for all', everywhere({ kind: 'throttle', first: 8 }), {}],
  ['a throttle storm that lasts, for one workgroup', { ...illAndWell({ kind: 'throttle' }), speed: 20 }, { failed: { ill: THROTTLED } }],
  ['a throttle storm that lasts, for all workgroups', { ...everywhere({ kind: 'throttle', operation: 'ListSessions' }), speed: 20 },
    { failed: { a: THROTTLED, b: THROTTLED }, error: /^none of 2 workgroups could be listed; [ab]: ThrottlingException/ }],
  ['a throttle storm that lasts, for all calls', { ...everywhere({ kind: 'throttle' }), speed: 20 },
    { error: /^the search for workgroups did not finish: ThrottlingException/ }],
  ['a rate that is far lower than the collector believes', { ...illAndWell(), rateLimit: { ratePerSecond: 2, burst: 2 } }, {}],

  ['expired credentials', everywhere(EXPIRED), { error: EXPIRED_REASON }],
  ['expired credentials, workgroups named', { ...everywhere(EXPIRED), settings: { [SETTINGS.workGroups]: 'a,b' } },
    { failed: { a: EXPIRED_REASON, b: EXPIRED_REASON }, error: EXPIRED_REASON }],
  ['access denied for one', illAndWell({ kind: 'accessDenied' }), { failed: { ill: /^AccessDeniedException: .*workgroup\/ill$/ } }],
  ['access denied for all', everywhere({ kind: 'accessDenied', operation: 'ListSessions' }),
    { failed: { a: /AccessDenied/, b: /AccessDenied/ }, error: /^none of 2 workgroups could be listed; [ab]: AccessDeniedException/ }],
  ['an invalid request', illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'no' }), { failed: { ill: /^InvalidRequestException: no$/ } }],
  ['an error that nobody knows, in the FAILED listing alone', illAndWell({ kind: 'error', stateFilter: 'FAILED', code: 'MetadataException' }),
    { failed: { ill: /^MetadataException/ } }],
  ['an error that nobody knows, in the last listing alone', illAndWell({ kind: 'error', stateFilter: 'TERMINATED', code: 'MetadataException' }),
    { failed: { ill: /^MetadataException/ } }],
  ['a search that does not finish: what was found is written', everywhere({ kind: 'accessDenied', operation: 'ListWorkGroups', page: 2 }, sixty),
    { error: /^the search for workgroups did not finish: AccessDeniedException/ }],
]));

test('credentials that expire in the middle of the run', async () => {
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

describe('workgroups that are not there', () => matrix([
  ['a named one that does not exist is a failure', { ...illAndWell(), settings: { [SETTINGS.workGroups]: 'gone,well' } },
    { failed: { gone: /^InvalidRequestException: WorkGroup is not found\.$/ } }],
  ['a found one that was deleted since is skipped', illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'WorkGroup is not found.' }),
    { skipped: { ill: /not found/ } }],
  ['a found one that was deleted since, in the documented words, is skipped', illAndWell({ kind: 'error', code: 'ResourceNotFoundException', message: 'gone' }),
    { skipped: { ill: /gone/ } }],
  ['a found one that is deleted between its pages is skipped', many({ kind: 'error', code: 'ResourceNotFoundException', message: 'gone', page: 2 }),
    { skipped: { ill: /gone/ } }],
  ['a disabled one that refuses is skipped', { ...illAndWell({ kind: 'error', code: 'InvalidRequestException', message: 'disabled' }), workGroups: { ill: { ...healthy, state: 'DISABLED' }, well: healthy } },
    { skipped: { ill: /disabled/ } }],
  ['a disabled one that throttles is a failure', { ...illAndWell({ kind: 'throttle' }), workGroups: { ill: { ...healthy, state: 'DISABLED' }, well: healthy }, speed: 20 },
    { failed: { ill: THROTTLED } }],
  ['a disabled one whose sessions are listed is monitored', { workGroups: { closing: { ...healthy, state: 'DISABLED' } } }, {}],
  ['SQL workgroups are left alone', { workGroups: { sql: { engine: 'Athena engine version 3' }, spark: { engine: 'Apache Spark version 3.5' }, well: healthy } }, {}],
  ['none found is not a failure', { workGroups: {} }, {}],
]));

describe('pages', () => matrix([
  ['all pages are counted', many(), {}],
  ['truncated JSON', illAndWell({ kind: 'truncated' }), { failed: { ill: UNREADABLE } }],
  ['truncated JSON, on the second page', many({ kind: 'truncated', page: 2 }), { failed: { ill: UNREADABLE } }],
  ['malformed JSON', illAndWell({ kind: 'malformed' }), { failed: { ill: UNREADABLE } }],
  ['malformed JSON in the search', everywhere({ kind: 'malformed', operation: 'ListWorkGroups' }), { error: /the answer cannot be read: SyntaxError: .*JSON/ }],
  ['a token that is repeated at once', many({ kind: 'repeatedToken' }), { failed: { ill: /token was repeated/ } }],
  ['a token that is repeated on a later page', many({ kind: 'repeatedToken', stateFilter: 'FAILED', page: 2 }), { failed: { ill: /token was repeated/ } }],
  ['a token that is repeated in the search', everywhere({ kind: 'repeatedToken', operation: 'ListWorkGroups' }, sixty), { error: /token was repeated/ }],
  ['a token with an empty page', many({ kind: 'emptyPage', stateFilter: 'none', page: 1 }), {}],
  ['a token with an empty page, of ended sessions', many({ kind: 'emptyPage', stateFilter: 'FAILED', page: 1 }), {}],
  ['tokens with empty pages that do not end', { ...many({ kind: 'emptyPage', stateFilter: 'none' }), speed: 1, settings: { [SETTINGS.maxRequestsPerSecond]: '20' }, lambda: { timeoutSeconds: 5 } },
    { outOfTime: ['ill'] }],
]));
