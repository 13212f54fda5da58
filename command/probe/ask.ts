import type { PacedAws } from './aws';
import { Inquiry, type InquiryOptions } from './inquiry';
import type { Pace } from './pace';
import type { Answer } from './question';
import { QUESTIONS } from './questions';
import { Redactor } from './redactor';
import { accountOf } from './role';
import { sessionsOf, survey, type Survey, type SurveyOptions } from './survey';
import { CommandError } from '../errors';

export interface AskOptions extends SurveyOptions, InquiryOptions {
  /** Whether the result contains names and ids. */
  readonly verbose: boolean;
}

/** The result of the probe, as --json prints it. README.md describes the fields. */
export interface Result {
  readonly version: '1';
  readonly region: string;
  readonly startedAt: string;
  /** Workgroups whose sessions were listed, and the number of other enabled Spark workgroups that were found. */
  readonly workGroups: { readonly listed: number; readonly leftOut: number };
  /** Calls by operation, retries included. */
  readonly calls: { readonly [operation: string]: number };
  readonly questions: readonly (Answer & { readonly id: string; readonly question: string })[];
}

/** Surveys the sessions, then answers the questions one after another. */
export async function ask(aws: PacedAws, pace: Pace, options: AskOptions): Promise<Result> {
  const { verbose, onProgress, roleArn } = options;
  const inquiry = new Inquiry(aws, options);
  const caller = roleArn === undefined ? undefined : (await inquiry.caller()).value;
  if (caller && caller.account !== accountOf(roleArn!)) {
    throw new CommandError('--role must be a role in the account of your credentials, as the probe asks about the same workgroups with both');
  }
  const surveyed = await survey(aws, options);
  const redactor = new Redactor(verbose);
  hideNames(redactor, surveyed, roleArn);
  const questions: Result['questions'][number][] = [];
  for (const [index, { id, text, answer }] of QUESTIONS.entries()) {
    onProgress(`question ${index + 1} of ${QUESTIONS.length}: ${id}`);
    questions.push({ id, question: text, ...await answer(surveyed, redactor, inquiry) });
  }
  return {
    version: '1',
    region: aws.region,
    startedAt: surveyed.startedAt.toISOString(),
    workGroups: { listed: surveyed.workGroups.length, leftOut: surveyed.workGroupsLeftOut },
    calls: pace.calls,
    questions,
  };
}

/** AWS's messages may contain any of these. */
function hideNames(redactor: Redactor, { search, workGroups, missing, listings, sql, disabled, smallPages }: Survey, roleArn = ''): void {
  redactor.hide('<session>', [...listings, sql, disabled, smallPages].flatMap((listing) => listing ? sessionsOf(listing).flatMap(({ SessionId: id }) => id ?? []) : []));
  redactor.hide('<workgroup>', [...search.workGroups, ...workGroups, missing.workGroup].map(({ name }) => name));
  redactor.hide('<role>', roleArn.split('/').slice(1));
}
