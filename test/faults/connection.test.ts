import { illAndWell, matrix, Trial } from './trial';
import { SETTINGS } from '../../src/schema';
import { NODES, Stage } from '../support/stage';

afterEach(() => Stage.closeAll());

const TIMED_OUT = /^TimeoutError: no answer within 10 seconds \(4 attempts\)$/;
/** For faults that cause several timeouts. */
const FASTER = { speed: 20 };
/** No server listens there. */
const CLOSED_PORT = 'http://127.0.0.1:1';

matrix([
  ['no fault', illAndWell(), {}],

  ['connection refused, found workgroups', { ...illAndWell(), lambda: { athenaUrl: CLOSED_PORT } },
    { error: /^the search for workgroups did not finish: .*ECONNREFUSED.* \(4 attempts\)$/, unreachable: true }],
  ['connection refused, named workgroups', { ...illAndWell(), settings: { [SETTINGS.workGroups]: 'ill,well' }, lambda: { athenaUrl: CLOSED_PORT } },
    { failed: { ill: /ECONNREFUSED/, well: /ECONNREFUSED/ }, error: /^none of 2 workgroups could be listed; .*ECONNREFUSED/, unreachable: true }],

  ['a connection that is always reset immediately', illAndWell({ kind: 'reset' }), { failed: { ill: /ECONNRESET|socket hang up/ } }],
  ['a connection that is always reset in the middle of the answer', illAndWell({ kind: 'resetMidBody' }), { failed: { ill: /aborted|ECONNRESET/ } }],
  ['a connection that is reset immediately, twice', illAndWell({ kind: 'reset', first: 2 }), {}],
  ['a connection that is reset in the middle of the answer, twice', illAndWell({ kind: 'resetMidBody', first: 2 }), {}],

  ['a socket that hangs, in the last listing', { ...illAndWell({ kind: 'hang', stateFilter: 'TERMINATED' }), ...FASTER }, { failed: { ill: TIMED_OUT } }],
  ['a socket that hangs, once', illAndWell({ kind: 'hang', first: 1 }), {}],

  ['an answer that begins late, but in time', illAndWell({ kind: 'slow', milliseconds: 3000, first: 2 }), {}],
  ['an answer that begins too late', { ...illAndWell({ kind: 'slow', milliseconds: 20_000 }), ...FASTER }, { failed: { ill: TIMED_OUT } }],
  ['a body that trickles in, and ends in time', illAndWell({ kind: 'trickle', milliseconds: 3000, first: 2 }), {}],
  ['a body that trickles in, and does not end in time', { ...illAndWell({ kind: 'trickle', milliseconds: 60_000 }), ...FASTER }, { failed: { ill: TIMED_OUT } }],
]);

test('a connection that is refused from the middle of the run', async () => {
  const trial = await Trial.start({
    ...illAndWell(),
    beforeCall: async ({ workGroup }) => {
      if (workGroup === 'ill') {
        await trial.untilListed('well');
        await trial.stage.athena.close();
      }
    },
  });
  await trial.run({ failed: { ill: /ECONNREFUSED/ }, unreachable: true });
});

test.each(NODES)('a call without an answer is aborted after ten seconds, and made four times: %s', async (nodePath) => {
  const trial = await Trial.start({ ...illAndWell({ kind: 'hang' }), ...FASTER, lambda: { nodePath } });
  await trial.run({ failed: { ill: TIMED_OUT } });
  const calls = trial.stage.athena.calls.filter((call) => call.workGroup === 'ill');
  expect(calls).toHaveLength(4);
  // Measured by the server's clock, where a call may arrive late.
  const waits = calls.slice(1).map((call, index) => call.atMilliseconds - calls[index]!.atMilliseconds);
  expect(Math.min(...waits)).toBeGreaterThan(5_000);
});
