import { ask, type Result } from './ask';
import { CallError, PacedAws } from './aws';
import { type ProbeOptions, readOptions } from './options';
import { Pace } from './pace';
import { Redactor } from './redactor';
import { errorLines, invitation, reportLines, wrapped } from './report';
import { Aws, explain } from '../aws';
import { CommandError } from '../errors';
import { paintFor, Progress, type Terminal, widthOf } from '../terminal';

/** Finds out what AWS does not document. */
export async function probe(args: string[], terminal: Terminal): Promise<number> {
  const options = readOptions(args);
  const result = await takeProbe(options, terminal);
  const { stdout, stderr } = terminal;
  const invite = invitation(options.verbose);
  if (options.json) {
    stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
    stderr.write(`${invite}\n`);
  } else if (options.quiet) {
    const paint = paintFor(stderr, terminal);
    errorLines(result).forEach((line) => stderr.write(`${paint('red', line)}\n`));
  } else {
    const width = widthOf(stdout);
    stdout.write(`${[...reportLines(result, width, paintFor(stdout, terminal)), ...wrapped(invite, width)].join('\n')}\n`);
  }
  return result.questions.some(({ outcome }) => outcome === 'error') ? 1 : 0;
}

async function takeProbe(options: ProbeOptions, { stderr, env }: Terminal): Promise<Result> {
  const connected = await Aws.connect(options, env);
  const pace = new Pace(options.rate);
  const aws = new PacedAws(pace, connected.clientConfig);
  let step = '';
  const onProgress = (text: string) => {
    step = text;
  };
  const calls = () => Object.values(pace.calls).reduce((sum, count) => sum + count, 0);
  const progress = options.quiet || env.TERM === 'dumb' ? undefined : new Progress(stderr, () => `${step}, ${calls()} calls`);
  try {
    return await ask(aws, pace, { ...options, onProgress });
  } catch (error) {
    if (error instanceof CallError) {
      throw new CommandError(new Redactor(options.verbose).text(explain(error.cause as Error, aws.region)));
    }
    throw error;
  } finally {
    progress?.clear();
    aws.destroy();
    connected.athena.destroy();
  }
}
