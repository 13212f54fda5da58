import { CommandError } from './errors';
import { HELP as PROBE_HELP } from './probe/options';
import { probe } from './probe/probe';
import { HELP as REHEARSE_HELP } from './rehearse/options';
import { rehearseStories } from './rehearse/rehearse';
import { HELP as SCAN_HELP } from './scan/options';
import { scan } from './scan/scan';
import { paintFor, type Terminal } from './terminal';

/** The version of the package. The bundler inserts it. */
declare const VERSION: string | undefined;

interface Verb {
  readonly help: string;
  /** Returns the exit code: 0 if all is well, 1 if the answer is "no", 2 if there is no answer. */
  run(args: string[], terminal: Terminal): Promise<number>;
}

const VERBS: { readonly [name: string]: Verb } = {
  scan: { help: SCAN_HELP, run: scan },
  probe: { help: PROBE_HELP, run: probe },
  rehearse: { help: REHEARSE_HELP, run: rehearseStories },
};

const HELP = `Sessions of Amazon Athena for Apache Spark. It only reads: no verb changes anything in AWS.

athena-session-monitor <verb> [options]

  scan        show which sessions there are now, since when, and what they cost
  probe       find out what AWS does not document about sessions, in your account
  rehearse    play what sessions do against the monitors of your CDK app, without AWS: which alarms are raised, who is told what

  --help      show this text; after a verb, its options
  --version   show the version

Exit codes: 0 if all is well, 1 if the answer is "no" (for example, --fail-on is met), 2 if there is no answer.
`;

const NEW_ISSUE = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';

export async function main([name, ...args]: string[], terminal: Terminal): Promise<number> {
  try {
    if (name === '--help' || name === '-h' || name === 'help') {
      terminal.stdout.write(HELP);
      return 0;
    }
    if (name === '--version') {
      terminal.stdout.write(`${typeof VERSION === 'string' ? VERSION : 'development'}\n`);
      return 0;
    }
    if (name === undefined || !Object.hasOwn(VERBS, name)) {
      const verbs = Object.keys(VERBS).join(', ');
      throw new CommandError(name === undefined ? `a verb is missing: ${verbs}; see --help` : `the verb must be one of: ${verbs}, received ${JSON.stringify(name)}; see --help`);
    }
    const { help, run } = VERBS[name]!;
    if (args.includes('--help') || args.includes('-h')) { // whatever the other options are
      terminal.stdout.write(help);
      return 0;
    }
    return await run(args, terminal);
  } catch (error) {
    const text = error instanceof CommandError ? error.message : unexpectedErrorText(error as Error);
    terminal.stderr.write(`${paintFor(terminal.stderr, terminal)('red', text)}\n`);
    return 2;
  }
}

export function unexpectedErrorText({ stack }: Error): string {
  return `unexpected error; please report it: ${NEW_ISSUE}\n${stack}`;
}
