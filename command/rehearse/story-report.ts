import { alarmLabel, episodes, topicLabel } from '../../rehearsal/expectations';
import type { PlayedStory } from '../../rehearsal/report';

/** The result as `--json` prints it. */
export function storyReport(played: readonly PlayedStory[], warnings: readonly string[]): object {
  return {
    stories: played.map(({ story: { title, file, from, to }, stacks, result: { date, variants, messages, mismatches, events } }) => {
      const time = (instant: number) => new Date(instant).toISOString();
      const runs = events.filter(event => event.kind === 'run');
      return {
        title,
        file,
        ...stacks[0]!.environment,
        from: time(date + from),
        to: time(date + to),
        differences: mismatches,
        runs: runs.length,
        failedRuns: runs.filter(({ result }) => result.error).length,
        alarms: episodes(variants[0]!).map(({ alarm, contributor, raised, cleared }) => ({
          alarm: alarmLabel(alarm),
          ...(contributor !== undefined && { workGroup: contributor }),
          raisedAt: time(raised),
          ...(cleared !== undefined && { clearedAt: time(cleared) }),
        })),
        messages: messages.map(({ at, topic, title: messageTitle, text }) => ({
          topic: topicLabel(topic), sentAt: time(at), ...(messageTitle !== undefined && { title: messageTitle }), text,
        })),
      };
    }),
    warnings,
  };
}
