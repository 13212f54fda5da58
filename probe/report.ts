import colours from 'picocolors';
import type { Answer, Asked, Row } from './question';
import { tableLines } from '../rehearsal/table';

/** What the probe has found out: what --json prints. */
export interface Result {
  readonly region: string;
  readonly startedAt: string;
  /** Workgroups whose sessions were listed, and Spark workgroups that were found beyond these. */
  readonly workGroups: { readonly listed: number; readonly leftOut: number };
  /** Calls by operation, retries included. */
  readonly calls: { readonly [operation: string]: number };
  readonly questions: readonly (Answer & { readonly id: string; readonly question: string })[];
}

const ISSUES = 'https://github.com/cdk-athena-session-monitor/cdk-athena-session-monitor/issues/new';
const WIDTH = 120;
const INDENT = '   ';

/** Tells a person. */
export function reportLines({ region, startedAt, workGroups, calls, questions }: Result): string[] {
  const leftOut = workGroups.leftOut > 0 ? `, ${workGroups.leftOut} more were found (--most-work-groups)` : '';
  const counts = Object.entries(calls).map(([operation, count]) => `${operation} ${count} ×`).join(', ');
  return [
    `${colours.bold('What AWS does not document of Athena sessions')} ${colours.dim(`${region}, ${startedAt}`)}`,
    colours.dim(`sessions of ${workGroups.listed} workgroups${leftOut}; calls: ${counts}`),
    '',
    ...questions.flatMap((answer, index) => [`${colours.bold(`${index + 1}. ${answer.question}`)}`, ...answerLines(answer), '']),
  ];
}

/** The last line, which asks for the result. */
export function invitation(verbose: boolean): string {
  return verbose
    ? `This names workgroups and sessions. To share what it says, run it without --verbose and paste that into an issue: ${ISSUES}`
    : `Please paste this into an issue, so that everybody knows: ${ISSUES} (it names no session, workgroup or account)`;
}

function answerLines({ outcome, verdict, asked, evidence, details = [] }: Answer): string[] {
  const colour = { 'answered': colours.green, 'nothing to tell': colours.dim, 'not asked': colours.dim, 'error': colours.red }[outcome];
  return [
    ...wrapped(verdict).map((line) => `${INDENT}${colour(line)}`),
    ...(evidence.length > 0 ? evidenceTable(evidence).map((line) => `${INDENT}${line}`) : []),
    ...wrapped(askedText(asked)).map((line) => `${INDENT}${colours.dim(line)}`),
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
