import type { Result } from './ask';
import { type Answer, type Asked, counted, type Row } from './question';
import { displayWidth, tableLines } from '../table';
import type { Paint } from '../terminal';

const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';
/** Longer lines are hard to read. */
const MAX_TEXT_WIDTH = 120;
const INDENT = '   ';

/** The result as text, in lines that are not longer than the width. */
export function reportLines({ region, startedAt, workGroups, calls, questions }: Result, width: number, paint: Paint): string[] {
  const leftOut = workGroups.leftOut > 0 ? `, ${workGroups.leftOut} more found (--max-work-groups)` : '';
  const counts = Object.entries(calls).map(([operation, count]) => `${count} × ${operation}`).join(', ');
  const dim = (text: string) => wrapped(text, width).map((line) => paint('dim', line));
  return [
    ...wrapped('What AWS does not document about Athena sessions', width).map((line) => paint('bold', line)),
    ...dim(`${region}, ${startedAt}`),
    ...dim(`${counted(workGroups.listed, 'workgroup')} listed${leftOut}; calls: ${counts}`),
    '',
    ...questions.flatMap((answer, index) => [
      ...wrapped(`${index + 1}. ${answer.question} (${answer.id})`, width).map((line) => paint('bold', line)),
      ...answerLines(answer, width - INDENT.length, paint).map((line) => `${INDENT}${line}`),
      '',
    ]),
  ];
}

/** The questions without a verdict because of an error. */
export function errorLines({ questions }: Result): string[] {
  return questions.filter(({ outcome }) => outcome === 'error').map(({ id, verdict }) => `${id}: ${verdict}`);
}

/** The last line: asks users to share the result. */
export function invitation(verbose: boolean): string {
  return verbose
    ? `This output contains names and ids. To share the result, run the probe without --verbose and paste its output into an issue: ${ISSUES}`
    : `Please paste this output into an issue: ${ISSUES} (it contains no names or ids of sessions, workgroups, roles or accounts)`;
}

/** The text in lines that are not longer than the width, unless a word is. */
export function wrapped(text: string, width: number): string[] {
  const limit = Math.min(width, MAX_TEXT_WIDTH);
  return text.split(/(?<!×) (?!×)/).reduce<string[]>((lines, word) => {
    const joined = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
    return joined.length <= limit ? [...lines.slice(0, -1), joined] : [...lines, word];
  }, []);
}

function answerLines({ outcome, verdict, asked, evidence, details = [] }: Answer, width: number, paint: Paint): string[] {
  const style = { 'answered': 'green', 'no data': 'dim', 'not asked': 'dim', 'error': 'red' } as const;
  return [
    ...wrapped(verdict, width).map((line) => paint(style[outcome], line)),
    ...(evidence.length > 0 ? evidenceLines(evidence, width, paint) : []),
    ...(asked.length > 0 ? wrapped(`asked: ${asked.map(askedText).join(', ')}`, width).map((line) => paint('dim', line)) : []),
    ...details,
  ];
}

function askedText({ operation, filter, calls }: Asked): string {
  return `${calls} × ${operation}${filter === undefined ? '' : ` ${filter}`}`;
}

/** A table, or if it is too wide, a text for each row. Rows need not have the same columns. */
function evidenceLines(rows: readonly Row[], width: number, paint: Paint): string[] {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((title) => rows.some((row) => row[title] !== undefined));
  const cell = (row: Row, title: string) => `${row[title] ?? ''}`.replace(/\p{Cc}/gu, ' ');
  const columns = titles.map((title) => ({ title, cells: rows.map((row) => cell(row, title)) }));
  const table = (paintTitle: (title: string) => string) => tableLines(columns, Infinity, paintTitle).map((line) => line.trimEnd());
  return table((title) => title).every((line) => displayWidth(line) <= width)
    ? table((title) => paint('bold', title))
    : rows.flatMap((row) => wrapped(`- ${titles.filter((title) => row[title] !== undefined).map((title) => `${title}: ${cell(row, title)}`).join(', ')}`, width));
}
