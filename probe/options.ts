import { parseArgs } from 'node:util';
import { isRoleArn } from './role';

export const HELP = `Finds out, in an AWS account, what AWS does not document about Athena sessions. It only reads.

npm run probe -- --region REGION [options]

  --region REGION        region to probe (default: the configured one, for example AWS_REGION)
  --work-group NAME      list the sessions of this workgroup; can be repeated
                         (default: all enabled Spark workgroups)
  --role ARN             also check whether the permissions of the collector's role are sufficient: the probe assumes this
                         role, limited to these permissions. The role must have them.
  --most-work-groups N   maximum number of workgroups, without --work-group (default: 10)
  --pages N              maximum number of pages of each listing (default: 20)
  --rate N               maximum number of calls per second (default: 2)
  --json                 print the result as JSON
  --verbose              include names of workgroups, ids of sessions and whole messages of AWS: do not publish this
  --help                 show this text

The probe finds credentials as the AWS SDK does: AWS_PROFILE, AWS_ACCESS_KEY_ID and so on. It calls Athena's ListWorkGroups
and ListSessions, with --role also AssumeRole of STS, and nothing else.

Exit codes: 0 if every question that could be asked has a verdict, 1 if a question has no verdict because of an error, 2 if
no question could be asked (bad arguments, no region, no credentials).
`;

export interface Options {
  readonly help: boolean;
  readonly region?: string;
  readonly workGroups?: readonly string[];
  readonly roleArn?: string;
  readonly maxWorkGroups: number;
  readonly maxPages: number;
  readonly rate: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** An error that the user has to fix. */
export class UsageError extends Error {}

export function readOptions(args: string[]): Options {
  const { values } = parse(args);
  const workGroups = values['work-group'] && [...new Set(values['work-group'])];
  check('--region', values.region, (text) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text), 'a region, such as eu-central-1');
  workGroups?.forEach((name) => check('--work-group', name, (text) => /^[a-zA-Z0-9._-]{1,128}$/.test(text), 'the name of a workgroup: 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"'));
  check('--role', values.role, isRoleArn, 'the ARN of a role, such as arn:aws:iam::123456789012:role/probe');
  return {
    help: values.help ?? false,
    region: values.region,
    workGroups,
    roleArn: values.role,
    maxWorkGroups: wholeNumber('--most-work-groups', values['most-work-groups'] ?? '10'),
    maxPages: wholeNumber('--pages', values.pages ?? '20'),
    rate: positiveNumber('--rate', values.rate ?? '2'),
    json: values.json ?? false,
    verbose: values.verbose ?? false,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        'region': { type: 'string' },
        'work-group': { type: 'string', multiple: true },
        'role': { type: 'string' },
        'most-work-groups': { type: 'string' },
        'pages': { type: 'string' },
        'rate': { type: 'string' },
        'json': { type: 'boolean' },
        'verbose': { type: 'boolean' },
        'help': { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\. To specify/)[0]}; see --help`);
  }
}

function check(option: string, value: string | undefined, isAllowed: (text: string) => boolean, allowed: string): void {
  if (value !== undefined && !isAllowed(value)) {
    throw new UsageError(`${option} must be ${allowed}, received ${JSON.stringify(value)}`);
  }
}

function wholeNumber(option: string, text: string): number {
  check(option, text, () => /^\d+$/.test(text) && Number(text) >= 1, 'a whole number, at least 1');
  return Number(text);
}

function positiveNumber(option: string, text: string): number {
  check(option, text, () => /^\d*\.?\d+$/.test(text) && Number(text) > 0, 'a number above 0');
  return Number(text);
}
