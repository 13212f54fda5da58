import colors from 'picocolors';
import { Aws, CallError } from './aws';
import { HELP, readOptions, UsageError } from './options';
import { Pace } from './pace';
import { probe } from './probe';
import { invitation, reportLines } from './report';

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const pace = new Pace(options.rate);
  const aws = new Aws(pace, options.region);
  const region = await aws.resolveRegion().catch(() => {
    throw new UsageError('no region is configured: pass --region, or set AWS_REGION or a region in your profile');
  });
  await aws.checkCredentials().catch((error: Error) => {
    throw new UsageError(`no credentials are configured: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; the SDK's error: ${error.message}`);
  });
  const result = await probe(aws, pace, { ...options, region, onProgress: progress });
  if (options.json) {
    process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    process.stderr.write(`${invitation(options.verbose)}\n`);
  } else {
    process.stdout.write(`${[...reportLines(result), invitation(options.verbose)].join('\n')}\n`);
  }
  return result.questions.some(({ outcome }) => outcome === 'error') ? 1 : 0;
}

/** Explanations of errors that prevent all calls. */
const EXPLANATIONS: { readonly [kind: string]: string } = {
  credentials: 'AWS does not accept the credentials, or the region is not enabled in your account',
  unreachable: 'Athena cannot be reached: check the region and your network',
};

/** Overwrites one line in a terminal; elsewhere writes a line for each text. */
function progress(text: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[2K${colors.dim(text)}`);
  } else if (text) {
    process.stderr.write(`${text}\n`);
  }
}

main(process.argv.slice(2)).then(
  (exitCode) => process.exitCode = exitCode,
  (error: Error) => {
    progress('');
    const text = error instanceof UsageError ? error.message
      : error instanceof CallError ? `${EXPLANATIONS[error.kind]}: ${error.code}: ${error.message}`
        : error.stack ?? String(error);
    process.stderr.write(`${colors.red(text)}\n`);
    process.exitCode = 2;
  },
);
