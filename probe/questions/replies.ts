import type { Discretion } from '../discretion';
import { type Answer, answerFrom, type Asked, callsOf, errorText, type Question } from '../question';
import { type Listing, sessionsOf, type Survey } from '../survey';

/** What the collector makes of a workgroup: its metrics are written, it is left out with a line in the log, or it counts as failed. */
export type Handling = 'monitored' | 'skipped' | 'failed';

/** What AWS answers for a workgroup that does not hold sessions as others do. */
export type Reply = 'sessions' | 'empty' | 'not found' | 'invalid request' | 'other error';

/** Says of a workgroup what the collector does with it. The tests have the bundled collector prove it. */
export function handlingOf(reply: Reply, workGroup: { readonly found: boolean; readonly disabled: boolean }): Handling {
  if (isAnswered(reply)) {
    return 'monitored';
  }
  return workGroup.found && (reply === 'not found' || (workGroup.disabled && reply === 'invalid request')) ? 'skipped' : 'failed';
}

interface Kind {
  readonly id: string;
  readonly text: string;
  /** Why there is no answer. */
  readonly nothing: string;
  readonly listing: (survey: Survey) => Listing | undefined;
  readonly disabled: boolean;
  /** What the collector is meant to do with a workgroup that it has found; none where it finds no such ones. */
  readonly meantForFound?: (reply: Reply) => Handling;
  /** What it is meant to do with one that is named. */
  readonly meantForNamed: (reply: Reply) => Handling;
}

const isAnswered = (reply: Reply) => reply === 'sessions' || reply === 'empty';
const monitoredOr = (otherwise: Handling) => (reply: Reply): Handling => isAnswered(reply) ? 'monitored' : otherwise;

const KINDS: readonly Kind[] = [
  {
    id: 'sql-workgroup',
    text: 'What does a SQL workgroup answer?',
    nothing: 'no SQL workgroup was found',
    listing: ({ sql }) => sql,
    disabled: false,
    meantForNamed: monitoredOr('failed'),
  },
  {
    id: 'disabled-workgroup',
    text: 'What does a disabled Spark workgroup answer?',
    nothing: 'no disabled Spark workgroup was found',
    listing: ({ disabled }) => disabled,
    disabled: true,
    meantForFound: monitoredOr('skipped'),
    meantForNamed: monitoredOr('failed'),
  },
  {
    id: 'missing-workgroup',
    text: 'What does a workgroup answer that does not exist?',
    nothing: '',
    listing: ({ missing }) => missing,
    disabled: false,
    meantForFound: () => 'skipped', // deleted since it was found
    meantForNamed: () => 'failed',
  },
];

export const replies: readonly Question[] = KINDS.map((kind) => ({
  id: kind.id,
  text: kind.text,
  answer: (survey, discretion) => {
    const listing = kind.listing(survey);
    if (!listing) {
      return noSuchWorkGroup(kind, survey, discretion);
    }
    if (listing.failure && listing.failure.kind !== 'refused') {
      const why = listing.failure.kind === 'denied' ? 'Your rights, or what Athena answers here? ' : '';
      return { outcome: 'error', verdict: `Cannot be told. ${why}${errorText(listing.failure, discretion, listing.workGroup.name)}.`, asked: callsOf([listing]), evidence: [] };
    }
    const { reply, text } = replyOf(listing, discretion);
    const ifFound = handlingOf(reply, { found: true, disabled: kind.disabled });
    const ifNamed = handlingOf(reply, { found: false, disabled: kind.disabled });
    const found = kind.meantForFound && judgement('found', ifFound, kind.meantForFound(reply));
    const named = judgement('named', ifNamed, kind.meantForNamed(reply));
    return {
      outcome: 'answered',
      verdict: `${text}. The collector: ${found ?? 'never finds one'}; ${named}.`,
      asked: callsOf([listing]),
      evidence: [{
        'reply': reply,
        'error': listing.failure?.code,
        'message': listing.failure && discretion.text(listing.failure.message, listing.workGroup.name),
        'sessions': listing.failure ? undefined : sessionsOf(listing).length,
        'if found': kind.meantForFound && ifFound,
        'if named': ifNamed,
      }],
      details: discretion.details([`asked: ${listing.workGroup.name}`]),
    };
  },
}));

function noSuchWorkGroup({ nothing }: Kind, survey: Survey, discretion: Discretion): Answer {
  const { search } = survey;
  if (search.failure) {
    return { outcome: 'error', verdict: `Cannot be told. ListWorkGroups failed: ${errorText(search.failure, discretion)}.`, asked: askedOf(survey), evidence: [] };
  }
  const answer = answerFrom(survey, discretion, { listings: [], verdict: undefined, nothing: `${nothing} among ${search.workGroups.length}` });
  return { ...answer, verdict: `${answer.verdict}${search.end === 'cap' ? ' The search met the cap on pages: there is more behind it.' : ''}`, asked: askedOf(survey) };
}

function askedOf({ search }: Survey): Asked[] {
  return [{ operation: 'ListWorkGroups', calls: search.calls }];
}

function replyOf(listing: Listing, discretion: Discretion): { reply: Reply; text: string } {
  const { failure, workGroup } = listing;
  if (failure) {
    // A missing workgroup may be an InvalidRequestException that says so: the collector takes it for what it is.
    const isNotFound = failure.code === 'ResourceNotFoundException' || (failure.code === 'InvalidRequestException' && /not found/i.test(failure.message));
    const reply = isNotFound ? 'not found' : failure.code === 'InvalidRequestException' ? 'invalid request' : 'other error';
    return { reply, text: `It answers ${errorText(failure, discretion, workGroup.name)}` };
  }
  const count = sessionsOf(listing).length;
  return count > 0 ? { reply: 'sessions', text: `It lists its sessions (${count} on the first page)` } : { reply: 'empty', text: 'It answers that there are no sessions' };
}

const WHAT_IT_DOES: { readonly [handling in Handling]: string } = {
  monitored: 'counts as monitored',
  skipped: 'is skipped with a line in the log',
  failed: 'counts as failed',
};

function judgement(how: 'found' | 'named', handling: Handling, meant: Handling): string {
  const intended = handling === meant ? 'as intended' : `NOT as intended: it should be ${meant}`;
  return `where it is ${how} it ${WHAT_IT_DOES[handling]}, ${intended}`;
}
