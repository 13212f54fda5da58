import colors from 'picocolors';
import type { Answer, Asked, Row } from './question';
import { tableLines } from '../rehearsal/table';

/** The result of the probe, as --json prints it. */
export interface Result {
  readonly region: string;
  readonly startedAt: string;
  /** Workgroups whose sessions were listed, and the number of other enabled Spark workgroups that were found. */
  readonly workGroups: { readonly listed: number; readonly leftOut: number };
  /** Calls by operation, retries included. */
  readonly calls: { readonly [operation: string]: number };
  readonly questions: readonly (Answer & { readonly id: string; readonly question: string })[];
}

const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';
const WIDTH = 120;
const INDENT = '   ';

/** The result as text. */
export function reportLines({ region, startedAt, workGroups, calls, questions }: Result): string[] {
  const leftOut = workGroups.leftOut > 0 ? `, ${workGroups.leftOut} more found (--most-work-groups)` : '';
  const counts = Object.entries(calls).map(([operation, count]) => `${count} × ${operation}`).join(', ');
  return [
    `${colors.bold('What AWS does not document about Athena sessions')} ${colors.dim(`${region}, ${startedAt}`)}`,
    colors.dim(`${workGroups.listed} workgroups listed${leftOut}; calls: ${counts}`),
    '',
    ...questions.flatMap((answer, index) => [`${colors.bold(`${index + 1}. ${answer.question}`)}`, ...answerLines(answer), '']),
  ];
}

/** The last line: asks users to share the result. */
export function invitation(verbose: boolean): string {
  return verbose
    ? `This output contains names and ids. To share the result, run the probe without --verbose and paste its output into an issue: ${ISSUES}`
    : `Please paste this output into an issue: ${ISSUES} (it contains no names or ids of sessions, workgroups or accounts)`;
}

function answerLines({ outcome, verdict, asked, evidence, details = [] }: Answer): string[] {
  const color = { 'answered': colors.green, 'no data': colors.dim, 'not asked': colors.dim, 'error': colors.red }[outcome];
  return [
    ...wrapped(verdict).map((line) => `${INDENT}${color(line)}`),
    ...(evidence.length > 0 ? evidenceTable(evidence).map((line) => `${INDENT}${line}`) : []),
    ...wrapped(askedText(asked)).map((line) => `${INDENT}${colors.dim(line)}`),
    ...details.map((line) => `${INDENT}${line}`),
  ];
}

function askedText(asked: readonly Asked[]): string {
  const calls = asked.map(({ operation, filter, calls: count }) => `${count} × ${operation}${filter === undefined ? '' : ` ${filter}`}`);
  return calls.length > 0 ? `asked: ${calls.join(', ')}` : '';
}

/** Rows need not have the same columns. */
function evidenceTable(rows: readonly Row[]): string[] {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((column) => rows.some((row) => row[column] !== undefined));
  return tableLines(columns, rows.map((row) => columns.map((column) => `${row[column] ?? ''}`)));
}

function wrapped(text: string): string[] {
  return text.match(new RegExp(`\\S.{0,${WIDTH - INDENT.length - 1}}(?=\\s|$)`, 'g')) ?? [];
}
