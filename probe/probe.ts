import type { Aws } from './aws';
import { Discretion } from './discretion';
import type { Pace } from './pace';
import { QUESTIONS } from './questions';
import type { Result } from './report';
import { survey, type SurveyOptions } from './survey';

export interface ProbeOptions extends SurveyOptions {
  /** Whether the result has names and ids. */
  readonly verbose: boolean;
}

/** Asks AWS, then answers all questions from what it said. */
export async function probe(aws: Aws, pace: Pace, options: ProbeOptions): Promise<Result> {
  const told = await survey(aws, options);
  const discretion = new Discretion(options.verbose);
  return {
    region: options.region,
    startedAt: told.startedAt.toISOString(),
    workGroups: { listed: told.workGroups.length, leftOut: told.workGroupsLeftOut },
    calls: pace.calls,
    questions: QUESTIONS.map(({ id, text, answer }) => ({ id, question: text, ...answer(told, discretion) })),
  };
}
