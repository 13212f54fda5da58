import { check, checkCommon, duration, parseOptions, positiveNumber, wholeNumber, workGroupNames } from '../options';
import { isRoleArn } from './role';

const MAX_WATCH_HOURS = 2;

export const HELP = `Finds out, in an AWS account, what AWS does not document about Athena sessions. It only reads.

athena-session-monitor probe [options]

  --region REGION        (default: as in the AWS CLI, for example AWS_REGION or that of the profile)
  --profile NAME         (default: as in the AWS CLI, for example AWS_PROFILE)
  --work-group NAME      list the sessions of this workgroup; can be repeated (default: all enabled Spark workgroups)
  --role ARN             also ask about permissions: the probe assumes this role, limited to the permissions in question.
                         The role must have them itself, and be in the account of your credentials.
  --watch DURATION       also watch the states of sessions of Spark 3.5 for this time, such as 10m, while you run queries
  --max-work-groups N   maximum number of workgroups, without --work-group (default: 10)
  --pages N              maximum number of pages of each listing (default: 20)
  --rate N               maximum number of calls per second (default: 2)
  --json                 print the result as JSON
  --quiet                print only the questions that have no verdict because of an error
  --verbose              include names of workgroups, ids of sessions and whole messages of AWS: do not publish this
  --help                 show this text

It calls ListWorkGroups, ListSessions, GetSession, ListExecutors and ListTagsForResource of Athena, GetCallerIdentity of STS,
ListServiceQuotas and ListAWSDefaultServiceQuotas of Service Quotas, with --role also AssumeRole of STS, and nothing else. If a call
is denied, only its questions have no verdict.

Exit codes: 0 if every question that could be asked has a verdict, 1 if a question has no verdict because of an error, 2 if no
question could be asked (wrong options, no region, no credentials).
`;

export interface ProbeOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly workGroups?: readonly string[];
  readonly roleArn?: string;
  /** In seconds. */
  readonly watch?: number;
  readonly maxWorkGroups: number;
  readonly maxPages: number;
  readonly rate: number;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export function readOptions(args: string[]): ProbeOptions {
  const values = parseOptions(args, {
    'region': { type: 'string' },
    'profile': { type: 'string' },
    'work-group': { type: 'string', multiple: true },
    'role': { type: 'string' },
    'watch': { type: 'string' },
    'max-work-groups': { type: 'string' },
    'pages': { type: 'string' },
    'rate': { type: 'string' },
    'json': { type: 'boolean' },
    'quiet': { type: 'boolean' },
    'verbose': { type: 'boolean' },
  });
  checkCommon(values);
  check('--role', values.role, isRoleArn, 'the ARN of a role, such as arn:aws:iam::123456789012:role/probe');
  return {
    region: values.region,
    profile: values.profile,
    workGroups: workGroupNames(values['work-group']),
    roleArn: values.role,
    watch: duration('--watch', values.watch, MAX_WATCH_HOURS),
    maxWorkGroups: wholeNumber('--max-work-groups', values['max-work-groups']) ?? 10,
    maxPages: wholeNumber('--pages', values.pages) ?? 20,
    rate: positiveNumber('--rate', values.rate) ?? 2,
    json: values.json ?? false,
    quiet: values.quiet ?? false,
    verbose: values.verbose ?? false,
  };
}
