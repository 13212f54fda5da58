import { type Condition, parseCondition } from './condition';
import { DEFAULT_DPU_HOUR_PRICE, DEFAULT_MAX_REQUESTS_PER_SECOND } from '../../src/schema';
import { checkCommon, parseOptions, positiveNumber, wholeNumber, workGroupNames } from '../options';

export const HELP = `Shows which sessions there are now: all live ones, and those that failed in the last hour.

athena-session-monitor scan [options]

  --work-group NAME     list the sessions of this workgroup; can be repeated (default: all Spark-enabled workgroups)
  --region REGION       (default: as in the AWS CLI, for example AWS_REGION or that of the profile)
  --profile NAME        (default: as in the AWS CLI, for example AWS_PROFILE)
  --details             also read each session's owner and idle timeout: up to two more calls per session
  --dpu-quota N         the DPUs of the region for Spark 3.5 sessions: show how many of them are used at least
  --dpu-hour-price USD  (default: ${DEFAULT_DPU_HOUR_PRICE})
  --fail-on CONDITION   exit with code 1 if it is met, such as 'idle>1h', 'failed>=1' or 'age>8h': a state or age, > or >=,
                        and a duration or a number of sessions; can be repeated
  --rate N              maximum number of calls per second (default: ${DEFAULT_MAX_REQUESTS_PER_SECOND})
  --json                print the result as JSON
  --quiet               print only errors and conditions that are met
  --help                show this text

Costs are lower bounds: a live session holds at least one DPU. Columns that do not fit on the terminal are left out. In a pipe, the
table has all columns.

It needs the permissions athena:ListSessions, and athena:ListWorkGroups without --work-group. --details also uses athena:GetSession
and athena:ListTagsForResource; what is denied is shown as "–".

Exit codes: 0 if all workgroups were listed, 1 if a condition of --fail-on is met, 2 if there is no answer, or an incomplete one.
`;

export interface ScanOptions {
  /** All Spark-enabled workgroups if undefined. */
  readonly workGroups?: readonly string[];
  readonly region?: string;
  readonly profile?: string;
  readonly details: boolean;
  readonly dpuQuota?: number;
  /** US dollars. */
  readonly dpuHourPrice: number;
  readonly failOn: readonly Condition[];
  /** Calls per second. */
  readonly rate: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

export function readOptions(args: string[]): ScanOptions {
  const values = parseOptions(args, {
    'work-group': { type: 'string', multiple: true },
    'region': { type: 'string' },
    'profile': { type: 'string' },
    'details': { type: 'boolean' },
    'dpu-quota': { type: 'string' },
    'dpu-hour-price': { type: 'string' },
    'fail-on': { type: 'string', multiple: true },
    'rate': { type: 'string' },
    'json': { type: 'boolean' },
    'quiet': { type: 'boolean' },
  });
  checkCommon(values);
  return {
    workGroups: workGroupNames(values['work-group']),
    region: values.region,
    profile: values.profile,
    details: values.details ?? false,
    dpuQuota: wholeNumber('--dpu-quota', values['dpu-quota']),
    dpuHourPrice: positiveNumber('--dpu-hour-price', values['dpu-hour-price']) ?? DEFAULT_DPU_HOUR_PRICE,
    failOn: (values['fail-on'] ?? []).map(parseCondition),
    rate: positiveNumber('--rate', values.rate) ?? DEFAULT_MAX_REQUESTS_PER_SECOND,
    json: values.json ?? false,
    quiet: values.quiet ?? false,
  };
}
