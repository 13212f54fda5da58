import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ts from 'typescript';
import { errorsIn } from './support/compile';
import { MarkdownPage } from './support/markdown';
import { newApp } from './support/synthesis';

const ROOT = path.join(__dirname, '..');
const LIBRARY = path.join(ROOT, 'src', 'index');

interface Recipe {
  readonly title: string;
  readonly code: string;
}

function typeScriptIn(text: string): string[] {
  return new MarkdownPage(text).codeBlocks.filter(({ language }) => language === 'ts').map(({ code }) => code);
}

/** The TypeScript of a page, by the heading that it is below. */
function recipesOf(page: string): Recipe[] {
  const sections = readFileSync(path.join(ROOT, page), 'utf8').split(/^## /m).slice(1);
  return sections.flatMap((section) => {
    const title = section.slice(0, section.indexOf('\n'));
    return typeScriptIn(section).map((code) => ({ title, code }));
  });
}

/** The imports of a snippet without its own. */
const USUAL_IMPORTS = [
  'import { Duration } from \'aws-cdk-lib\';',
  'import type { CfnWorkGroup } from \'aws-cdk-lib/aws-athena\';',
  'import { TreatMissingData } from \'aws-cdk-lib/aws-cloudwatch\';',
  'import { SnsAction } from \'aws-cdk-lib/aws-cloudwatch-actions\';',
  'import type { ITopic } from \'aws-cdk-lib/aws-sns\';',
  'import { AthenaSessionMonitor, HealthAlarm, LiveSessionState, SessionAlarm, WorkGroupSelection } from \'cdk-athena-session-monitor\';',
  'declare const topic: ITopic;',
  'declare const cfnWorkGroup: CfnWorkGroup;',
  'declare const monitor: AthenaSessionMonitor;',
];

/** A snippet in a method of a stack. */
function sourceOf(code: string): string {
  const imports = code.match(/^import .*$/gm) ?? USUAL_IMPORTS;
  const body = code.replace(/^import .*$/gm, '');
  return `${imports.join('\n')}\nimport { Stack as Base } from 'aws-cdk-lib';\nexport class Snippet extends Base { method() {\n${body}\n} }`;
}

/** The stacks of a recipe: those of the app that it creates, or the one that it is part of. */
function stacksOf({ code }: Recipe): Stack[] {
  const stack = new Stack(newApp(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const load = (name: string): unknown => jest.requireActual(name === 'cdk-athena-session-monitor' ? LIBRARY : name);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, no-new-func
  const app = new Function('require', 'exports', `${outputText}\nreturn typeof app === 'undefined' ? undefined : app;`).call(stack, load, {}) as App | undefined;
  return app ? app.node.children.filter((child) => Stack.isStack(child)) : [stack];
}

const QUICKSTART = recipesOf('README.md').find(({ title }) => title === 'Start')!;
const RECIPES = recipesOf('docs/recipes.md');
const PAGES = ['README.md', 'docs/metrics.md', 'docs/notifications.md', 'docs/operating.md', 'docs/runbook.md'];

test('there are recipes', () => {
  expect(RECIPES.map(({ title }) => title)).toContain('With cdk-monitoring-constructs');
  expect(RECIPES.length).toBeGreaterThan(8);
});

/** A page's snippets by name. */
function snippetsOf(page: string): [name: string, source: string][] {
  return typeScriptIn(readFileSync(path.join(ROOT, page), 'utf8')).map((code, index) => [`${path.parse(page).name}-${index}`, sourceOf(code)]);
}

// One program for all of them, as it takes the compiler seconds to read aws-cdk-lib.
test('the TypeScript of all pages compiles, and an error would be noticed', () => {
  const wrong = 'import { AthenaSessionMonitor } from \'cdk-athena-session-monitor\';\nnew AthenaSessionMonitor(this, \'Sessions\', { wrong: 1 });';
  const recipes = RECIPES.map((recipe, index): [string, string] => [`recipe-${index}`, sourceOf(recipe.code)]);
  const snippets = PAGES.map(snippetsOf);
  expect(snippets.map(({ length }) => length > 0)).toEqual(PAGES.map(() => true));
  const sources = [...recipes, ...snippets.flat(), ['wrong', sourceOf(wrong)]];
  expect(errorsIn(Object.fromEntries(sources))).toEqual([expect.stringMatching('^wrong: wrong: ')]);
});

describe.each([QUICKSTART, ...RECIPES])('$title', (recipe) => {
  test('synthesizes without a warning, with a schedule wherever it creates a monitor', () => {
    const stacks = stacksOf(recipe);
    expect(stacks.length).toBeGreaterThan(0);
    for (const stack of stacks) {
      const schedules = Template.fromStack(stack).findResources('AWS::Scheduler::Schedule');
      expect(Object.keys(schedules).length > 0).toBe(recipe.code.includes('new AthenaSessionMonitor('));
      expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
      expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
    }
  });
});

test('the recipe for several accounts and regions has a topic in each', () => {
  const stacks = stacksOf(RECIPES.find(({ title }) => title === 'Monitor several accounts and regions')!);
  expect(stacks.map(({ account, region }) => `${account} ${region}`))
    .toEqual(['111122223333 us-east-1', '111122223333 eu-west-1', '444455556666 us-east-1', '444455556666 eu-west-1']);
  stacks.forEach((stack) => Template.fromStack(stack).resourceCountIs('AWS::SNS::Topic', 1));
});

test('a segment of cdk-monitoring-constructs is on its three dashboards', () => {
  const [stack] = stacksOf(RECIPES.find(({ title }) => title === 'With cdk-monitoring-constructs')!);
  const dashboards = Object.values(Template.fromStack(stack!).findResources('AWS::CloudWatch::Dashboard')).map((dashboard) => JSON.stringify(dashboard));
  expect(dashboards).toHaveLength(3);
  expect(dashboards.filter((body) => body.includes('Collector: runs'))).toHaveLength(1); // widgets()
  expect(dashboards.filter((body) => body.includes('Failed sessions'))).toHaveLength(2); // summaryWidgets(), too
  expect(dashboards.filter((body) => body.includes('SessionsAlarmsFailed'))).toHaveLength(3); // alarmWidgets(), too
});
