import type { Aws } from './aws';
import type { Pace } from './pace';
import { QUESTIONS } from './questions';
import { Redactor } from './redactor';
import type { Result } from './report';
import { survey, type SurveyOptions } from './survey';

export interface ProbeOptions extends SurveyOptions {
  /** Whether the result contains names and ids. */
  readonly verbose: boolean;
}

/** Makes all calls, then answers the questions from their results. */
export async function probe(aws: Aws, pace: Pace, options: ProbeOptions): Promise<Result> {
  const surveyed = await survey(aws, options);
  const redactor = new Redactor(options.verbose);
  return {
    region: options.region,
    startedAt: surveyed.startedAt.toISOString(),
    workGroups: { listed: surveyed.workGroups.length, leftOut: surveyed.workGroupsLeftOut },
    calls: pace.calls,
    questions: QUESTIONS.map(({ id, text, answer }) => ({ id, question: text, ...answer(surveyed, redactor) })),
  };
}
