import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
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

/** A recipe in a method of a stack. */
function sourceOf({ code }: Recipe): string {
  const imports = code.match(/^import .*$/gm)?.join('\n') ?? '';
  const body = code.replace(/^import .*$/gm, '');
  return `${imports}\nimport { Stack } from 'aws-cdk-lib';\nexport class Recipe extends Stack { recipe() {\n${body}\n} }`;
}

/** A stack with what the recipe makes. */
function stackOf({ code }: Recipe): Stack {
  const stack = new Stack(newApp(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const load = (name: string): unknown => jest.requireActual(name === 'cdk-athena-session-monitor' ? LIBRARY : name);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, no-new-func
  new Function('require', 'exports', outputText).call(stack, load, {});
  return stack;
}

const RECIPES = recipesOf('docs/recipes.md');
const PAGES = ['README.md', 'docs/operating.md', 'docs/runbook.md'];

test('there are recipes', () => {
  expect(RECIPES.map(({ title }) => title)).toContain('With cdk-monitoring-constructs');
  expect(RECIPES.length).toBeGreaterThan(8);
});

/** A page's snippets without their imports, each in a class of its own that has what it takes for granted. */
function snippetsOf(page: string): [name: string, source: string][] {
  return typeScriptIn(readFileSync(path.join(ROOT, page), 'utf8')).map((code, index) => [`${path.parse(page).name}-${index}`, [
    'import { Duration, Stack } from \'aws-cdk-lib\';',
    'import type { CfnWorkGroup } from \'aws-cdk-lib/aws-athena\';',
    'import { CfnAlarm, TreatMissingData } from \'aws-cdk-lib/aws-cloudwatch\';',
    'import { SnsAction } from \'aws-cdk-lib/aws-cloudwatch-actions\';',
    'import type { ITopic } from \'aws-cdk-lib/aws-sns\';',
    'import { AthenaSessionMonitor, LiveSessionState, SessionAlarm, WorkGroupSelection } from \'cdk-athena-session-monitor\';',
    'declare const topic: ITopic;',
    'declare const cfnWorkGroup: CfnWorkGroup;',
    'declare const monitor: AthenaSessionMonitor;',
    `export class Lines extends Stack { lines() {\n${code.replace(/^import .*$/gm, '')}\n} }`,
  ].join('\n')]);
}

// One program for all of them, as it takes the compiler seconds to read aws-cdk-lib.
test('the TypeScript of all pages compiles, and an error would be noticed', () => {
  const wrong = 'import { AthenaSessionMonitor } from \'cdk-athena-session-monitor\';\nnew AthenaSessionMonitor(this, \'Sessions\', { wrong: 1 });';
  const recipes = RECIPES.map((recipe, index): [string, string] => [`recipe-${index}`, sourceOf(recipe)]);
  const snippets = PAGES.map(snippetsOf);
  expect(snippets.map(({ length }) => length > 0)).toEqual(PAGES.map(() => true));
  const sources = [...recipes, ...snippets.flat(), ['wrong', sourceOf({ title: 'Wrong', code: wrong })]];
  expect(errorsIn(Object.fromEntries(sources))).toEqual([expect.stringMatching('^wrong: wrong: ')]);
});

describe.each(RECIPES)('$title', (recipe) => {
  test('synthesises without a warning, with a collector and a schedule', () => {
    const stack = stackOf(recipe);
    const template = Template.fromStack(stack);
    expect(Object.keys(template.findResources('AWS::Scheduler::Schedule')).length).toBeGreaterThan(0);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });
});

test('a segment of cdk-monitoring-constructs is on its three dashboards', () => {
  const stack = stackOf(RECIPES.find(({ title }) => title === 'With cdk-monitoring-constructs')!);
  const dashboards = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).map((dashboard) => JSON.stringify(dashboard));
  expect(dashboards).toHaveLength(3);
  expect(dashboards.filter((body) => body.includes('Collector: runs'))).toHaveLength(1); // widgets()
  expect(dashboards.filter((body) => body.includes('Failed sessions'))).toHaveLength(2); // summaryWidgets(), too
  expect(dashboards.filter((body) => body.includes('SessionsAlarmsFailedFound'))).toHaveLength(3); // alarmWidgets(), too
});
