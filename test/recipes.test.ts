import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ts from 'typescript';
import { complaintsOf } from './support/compile';
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

/** Runs a recipe in a stack. */
function cook({ code }: Recipe): Stack {
  const stack = new Stack(newApp(), 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } });
  const load = (name: string): unknown => jest.requireActual(name === 'cdk-athena-session-monitor' ? LIBRARY : name);
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, no-new-func
  new Function('require', 'exports', outputText).call(stack, load, {});
  return stack;
}

const RECIPES = recipesOf('docs/recipes.md');

test('there are recipes', () => {
  expect(RECIPES.map(({ title }) => title)).toContain('With cdk-monitoring-constructs');
  expect(RECIPES.length).toBeGreaterThan(8);
});

test('all compile, and one that does not would be noticed', () => {
  const wrong = 'import { AthenaSessionMonitor } from \'cdk-athena-session-monitor\';\nnew AthenaSessionMonitor(this, \'Sessions\', { wrong: 1 });';
  const recipes = [...RECIPES, { title: 'Wrong', code: wrong }];
  const complaints = complaintsOf(Object.fromEntries(recipes.map((recipe, index) => [`recipe-${index}`, sourceOf(recipe)])));
  expect(complaints).toEqual([expect.stringMatching(`^recipe-${RECIPES.length}: wrong: `)]);
});

test('the lines of the README compile', () => {
  const blocks = typeScriptIn(readFileSync(path.join(ROOT, 'README.md'), 'utf8'));
  expect(blocks.length).toBeGreaterThan(3);
  const sources = blocks.map((code, index): [string, string] => [`readme-${index}`, [
    'import { Duration, Stack } from \'aws-cdk-lib\';',
    'import type { CfnWorkGroup } from \'aws-cdk-lib/aws-athena\';',
    'import { SnsAction } from \'aws-cdk-lib/aws-cloudwatch-actions\';',
    'import type { ITopic } from \'aws-cdk-lib/aws-sns\';',
    'import { AthenaSessionMonitor, LiveSessionState, SessionAlarm, WorkGroupSelection } from \'cdk-athena-session-monitor\';',
    'declare const topic: ITopic;',
    'declare const cfnWorkGroup: CfnWorkGroup;',
    `export class Lines extends Stack { lines() {\n${code.replace(/^import .*$/gm, '')}\n} }`,
  ].join('\n')]);
  expect(complaintsOf(Object.fromEntries(sources))).toEqual([]);
});

describe.each(RECIPES)('$title', (recipe) => {
  test('synthesises without a warning, with a collector and a schedule', () => {
    const stack = cook(recipe);
    const template = Template.fromStack(stack);
    expect(Object.keys(template.findResources('AWS::Scheduler::Schedule')).length).toBeGreaterThan(0);
    expect(Annotations.fromStack(stack).findWarning('*', Match.anyValue())).toEqual([]);
    expect(Annotations.fromStack(stack).findError('*', Match.anyValue())).toEqual([]);
  });
});

test('a segment of cdk-monitoring-constructs is on its three dashboards', () => {
  const stack = cook(RECIPES.find(({ title }) => title === 'With cdk-monitoring-constructs')!);
  const dashboards = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Dashboard')).map((dashboard) => JSON.stringify(dashboard));
  expect(dashboards).toHaveLength(3);
  expect(dashboards.filter((body) => body.includes('Failed sessions'))).toHaveLength(1); // widgets()
  expect(dashboards.filter((body) => body.includes('Longest idle now'))).toHaveLength(2); // summaryWidgets(), too
  expect(dashboards.filter((body) => body.includes('SessionsAlarmsFailedFound'))).toHaveLength(3); // alarmWidgets(), too
});
