import { main } from './main';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') { // as in: athena-session-monitor scan | head
    throw error;
  }
  process.exit();
});

void main(process.argv.slice(2), process).then((exitCode) => {
  process.exitCode = exitCode;
});
