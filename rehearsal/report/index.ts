import { page, storyOf, viewDashboard } from '../dashboard';
import type { DeployedStack } from '../deployed-stack';
import type { RehearsalResult } from '../rehearsal';
import type { Scenario } from '../scenario';

export interface PlayedStory {
  scenario: Scenario;
  stacks: readonly DeployedStack[];
  result: RehearsalResult;
}

export function reportPage(stories: readonly PlayedStory[]): string {
  return page(stories.map(({ scenario, stacks, result }) => ({
    title: scenario.title, file: scenario.file, dashboards: stacks.flatMap(stack => stack.dashboards).map(dashboard => viewDashboard(dashboard, storyOf(scenario, result))),
  })));
}
