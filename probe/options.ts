import { parseArgs } from 'node:util';
import { isRoleArn } from './role';

export const HELP = `Asks an AWS account what AWS does not document of its Athena sessions. It reads, and changes nothing.

npm run probe -- --region REGION [options]

  --region REGION        where to ask (default: as configured, such as by AWS_REGION)
  --work-group NAME      list the sessions of this workgroup; may be given several times
                         (default: the enabled Spark workgroups that are found)
  --role ARN             also try whether the rights of the collector's role suffice: the role is assumed with these
                         alone, and has to have them itself
  --most-work-groups N   of the workgroups that are found (default: 10)
  --pages N              the most pages of each listing (default: 20)
  --rate N               the most calls a second (default: 2)
  --json                 the result as JSON
  --verbose              with names of workgroups, ids of sessions and whole messages of AWS: not for the public
  --help                 this text

Credentials are those of the AWS SDK's default chain: AWS_PROFILE, AWS_ACCESS_KEY_ID and so on. It calls ListWorkGroups and
ListSessions of Athena, with --role also AssumeRole of STS, and nothing else.

The exit code is 0 where all questions that could be asked have a verdict, 1 where one has none because of an error, and 2
where nothing could be asked: bad arguments, no region, no credentials.
`;

export interface Options {
  readonly help: boolean;
  readonly region?: string;
  readonly workGroups?: readonly string[];
  readonly roleArn?: string;
  readonly mostWorkGroups: number;
  readonly mostPages: number;
  readonly rate: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Something that the person who started the probe has to change. */
export class UsageError extends Error {}

export function readOptions(args: string[]): Options {
  const { values } = parse(args);
  const workGroups = values['work-group'] && [...new Set(values['work-group'])];
  check('--region', values.region, (text) => /^[a-z]{2,}(-[a-z]+)+-\d+$/.test(text), 'a region such as eu-central-1');
  workGroups?.forEach((name) => check('--work-group', name, (text) => /^[a-zA-Z0-9._-]{1,128}$/.test(text), 'a workgroup\'s name: 1 to 128 of a-z, A-Z, 0-9, ".", "_" and "-"'));
  check('--role', values.role, isRoleArn, 'the ARN of a role such as arn:aws:iam::123456789012:role/probe');
  return {
    help: values.help ?? false,
    region: values.region,
    workGroups,
    roleArn: values.role,
    mostWorkGroups: wholeNumber('--most-work-groups', values['most-work-groups'] ?? '10'),
    mostPages: wholeNumber('--pages', values.pages ?? '20'),
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
