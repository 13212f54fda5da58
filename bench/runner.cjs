// Loads a handler, calls it once and prints its peak memory. Each run has its own process.
const { handler } = require(process.argv[2]);

const event = JSON.parse(process.argv[3]);
// The time of a scenario does not advance. A run that is late by the real clock would not list live states.
Date.now = () => Date.parse(event.scheduledTime) + performance.now();
const deadline = Date.now() + Number(process.argv[4]);
handler(event, {
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:bench',
  getRemainingTimeInMillis: () => deadline - Date.now(),
}).catch((error) => {
  console.error(error);
  process.exitCode = 1;
}).finally(() => {
  // The peak of this process. resourceUsage() may return that of the parent process.
  const status = '/proc/self/status';
  const { existsSync, readFileSync } = require('node:fs');
  const peak = existsSync(status) ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))[1]) : process.resourceUsage().maxRSS;
  process.stdout.write(`${JSON.stringify({ peakKilobytes: peak })}\n`, () => process.exit());
});
