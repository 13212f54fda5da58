// Loads a handler, calls it once and prints its peak memory. Each run is a process of its own that does little else.
const { handler } = require(process.argv[2]);

const event = JSON.parse(process.argv[3]);
// A scenario's world stands still at its time; a run that came long after it would leave out live states.
Date.now = () => Date.parse(event.scheduledTime) + performance.now();
const deadline = Date.now() + Number(process.argv[4]);
handler(event, { getRemainingTimeInMillis: () => deadline - Date.now() }).catch((error) => {
  console.error(error);
  process.exitCode = 1;
}).finally(() => {
  // The peak of this process alone; resourceUsage() may tell that of the one which started it.
  const status = '/proc/self/status';
  const { existsSync, readFileSync } = require('node:fs');
  const peak = existsSync(status) ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))[1]) : process.resourceUsage().maxRSS;
  process.stdout.write(`${JSON.stringify({ peakKilobytes: peak })}\n`, () => process.exit());
});
