import { main, unexpectedErrorText } from './main';

const NO_ANSWER = 2;

// Node would exit with code 1, which says that a condition is met.
function exitWith(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(NO_ANSWER);
}

process.exitCode = NO_ANSWER; // until there is one
process.on('uncaughtException', (error) => exitWith(unexpectedErrorText(error)));
// Only the SDK has promises that nobody awaits: those of credentials that it does not need any more.
process.on('unhandledRejection', () => {});

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') { // as in: athena-session-monitor scan | head
    exitWith(`the result cannot be written (${error.message})`);
  }
});

void main(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
});
