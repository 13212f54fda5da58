import { AthenaListings } from '../../src/athena/listings';
import { AthenaSessionDetails } from '../../src/athena/session-details';
import { TokenBucket } from '../../src/athena/token-bucket';
import { burst } from '../../src/schema';
import { Aws } from '../aws';
import { readDetails } from './details';
import { callsText, listSessions } from './listing';
import { readOptions, type ScanOptions } from './options';
import { conditionsMet, jsonText, reportLines, scanReport, warnings } from './report';
import { paintFor, Progress, type Terminal, widthOf } from '../terminal';

/** Shows which sessions there are now. */
export async function scan(args: string[], terminal: Terminal): Promise<number> {
  const options = readOptions(args);
  const { report, warned } = await takeScan(options, terminal);
  const { stdout, stderr } = terminal;
  if (options.json) {
    stdout.write(`${jsonText(report)}\n`);
  } else if (!options.quiet) {
    stdout.write(`${reportLines(report, options.details, widthOf(stdout), paintFor(stdout, terminal)).join('\n')}\n`);
  }
  const paint = paintFor(stderr, terminal);
  warned.forEach((line) => stderr.write(`${paint('yellow', line)}\n`));
  const met = conditionsMet(report, options.failOn);
  met.forEach((line) => stderr.write(`${paint('red', line)}\n`));
  return met.length > 0 ? 1 : report.workGroupsNotListed.length > 0 ? 2 : 0;
}

async function takeScan(options: ScanOptions, { stderr, env }: Terminal) {
  const aws = await Aws.connect(options, env);
  const stop = new AbortController();
  const bucket = new TokenBucket(options.rate, burst(options.rate));
  const listings = new AthenaListings(aws.athena, bucket, stop.signal);
  const sessionDetails = new AthenaSessionDetails(aws.athena, bucket, stop.signal);
  let step = '';
  const onProgress = (text: string) => {
    step = text;
  };
  const progress = options.quiet || env.TERM === 'dumb' ? undefined : new Progress(stderr, () => `${step}, ${callsText(listings, sessionDetails)}`);
  try {
    const now = Date.now();
    const listing = await listSessions({ ...options, athena: listings, region: aws.region, now, stop, onProgress });
    const details = options.details ? await readDetails(aws, sessionDetails, listing.sessions, options.rate, onProgress) : undefined;
    return { report: scanReport(listing, details, { ...options, region: aws.region, now }), warned: warnings(listing, details) };
  } finally {
    progress?.clear();
    stop.abort();
    aws.athena.destroy();
  }
}
