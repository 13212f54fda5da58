import { type Answer, answerFrom, type Asked, callsOf, errorText, type Question } from '../question';
import type { Redactor } from '../redactor';
import { type Listing, sessionsOf, type Survey } from '../survey';

/** What the collector does with a workgroup: writes its metrics, skips it with a log line, or counts it as not listed. */
export type Handling = 'monitored' | 'skipped' | 'not listed';

/** Athena's answer to a listing of a SQL, disabled or missing workgroup. */
export type Reply = 'sessions' | 'empty' | 'not found' | 'invalid request' | 'other error';

/** What the collector does with a workgroup. The tests compare this with the bundled collector. */
export function handlingOf(reply: Reply, workGroup: { readonly found: boolean; readonly disabled: boolean }): Handling {
  if (isAnswered(reply)) {
    return 'monitored';
  }
  return workGroup.found && (reply === 'not found' || (workGroup.disabled && reply === 'invalid request')) ? 'skipped' : 'not listed';
}

interface Kind {
  readonly id: string;
  readonly text: string;
  /** Why there is no answer. */
  readonly nothing: string;
  readonly listing: (survey: Survey) => Listing | undefined;
  readonly disabled: boolean;
  /** What the collector should do with a found workgroup. Undefined if it finds none of this kind. */
  readonly intendedForFound?: (reply: Reply) => Handling;
  /** What the collector should do with a named workgroup. */
  readonly intendedForNamed: (reply: Reply) => Handling;
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
    intendedForNamed: monitoredOr('not listed'),
  },
  {
    id: 'disabled-workgroup',
    text: 'What does a disabled Spark workgroup answer?',
    nothing: 'no disabled Spark workgroup was found',
    listing: ({ disabled }) => disabled,
    disabled: true,
    intendedForFound: monitoredOr('skipped'),
    intendedForNamed: monitoredOr('not listed'),
  },
  {
    id: 'missing-workgroup',
    text: 'What is the answer for a workgroup that does not exist?',
    nothing: '',
    listing: ({ missing }) => missing,
    disabled: false,
    intendedForFound: () => 'skipped', // deleted since it was found
    intendedForNamed: () => 'not listed',
  },
];

export const replies: readonly Question[] = KINDS.map((kind) => ({
  id: kind.id,
  text: kind.text,
  answer: (survey, redactor) => {
    const listing = kind.listing(survey);
    if (!listing) {
      return noSuchWorkGroup(kind, survey, redactor);
    }
    if (listing.failure && listing.failure.kind !== 'refused') {
      const why = listing.failure.kind === 'denied' ? 'You lack a permission, or this is Athena\'s answer: ' : '';
      return { outcome: 'error', verdict: `No answer. ${why}${errorText(listing.failure, redactor)}.`, asked: callsOf([listing]), evidence: [] };
    }
    const { reply, text } = replyOf(listing, redactor);
    const ifFound = handlingOf(reply, { found: true, disabled: kind.disabled });
    const ifNamed = handlingOf(reply, { found: false, disabled: kind.disabled });
    const found = kind.intendedForFound && judgement('found', ifFound, kind.intendedForFound(reply));
    const named = judgement('named', ifNamed, kind.intendedForNamed(reply));
    return {
      outcome: 'answered',
      verdict: `${text}. The collector: ${found ?? 'never finds one'}; ${named}.`,
      asked: callsOf([listing]),
      evidence: [{
        'reply': reply,
        'error': listing.failure?.code,
        'message': listing.failure && redactor.text(listing.failure.message),
        'sessions': listing.failure ? undefined : sessionsOf(listing).length,
        'if found': kind.intendedForFound && ifFound,
        'if named': ifNamed,
      }],
      details: redactor.details([`asked: ${listing.workGroup.name}`]),
    };
  },
}));

function noSuchWorkGroup({ nothing }: Kind, survey: Survey, redactor: Redactor): Answer {
  const { search } = survey;
  if (search.failure) {
    return { outcome: 'error', verdict: `No answer. ListWorkGroups failed: ${errorText(search.failure, redactor)}.`, asked: askedOf(survey), evidence: [] };
  }
  const answer = answerFrom(survey, redactor, { listings: [], verdict: undefined, nothing: `${nothing} among ${search.workGroups.length}` });
  return { ...answer, verdict: `${answer.verdict}${search.end === 'cap' ? ' The search reached the maximum number of pages, so there is more.' : ''}`, asked: askedOf(survey) };
}

function askedOf({ search }: Survey): Asked[] {
  return [{ operation: 'ListWorkGroups', calls: search.calls }];
}

function replyOf(listing: Listing, redactor: Redactor): { reply: Reply; text: string } {
  const { failure } = listing;
  if (failure) {
    // The error for a missing workgroup may be an InvalidRequestException with this message. The collector recognizes both.
    const isNotFound = failure.code === 'ResourceNotFoundException' || (failure.code === 'InvalidRequestException' && /not found/i.test(failure.message));
    const reply = isNotFound ? 'not found' : failure.code === 'InvalidRequestException' ? 'invalid request' : 'other error';
    return { reply, text: `It answers ${errorText(failure, redactor)}` };
  }
  const count = sessionsOf(listing).length;
  if (count === 0 && listing.end !== 'complete') {
    return { reply: 'empty', text: 'It answers with an empty page, and a token for the next one, which was not read' };
  }
  return count > 0 ? { reply: 'sessions', text: `It lists its sessions (${count} on the first page)` } : { reply: 'empty', text: 'It answers that there are no sessions' };
}

const DESCRIPTIONS: { readonly [handling in Handling]: string } = {
  'monitored': 'counts as monitored',
  'skipped': 'is skipped with a log line',
  'not listed': 'counts as not listed',
};

function judgement(how: 'found' | 'named', handling: Handling, intended: Handling): string {
  const verdict = handling === intended ? 'as intended' : `NOT as intended (${intended})`;
  return `if ${how}, it ${DESCRIPTIONS[handling]}, ${verdict}`;
}
