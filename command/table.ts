/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  /** The least width that it can be shortened to. By default, it is never shortened. */
  readonly minWidth?: number;
  /** If the table is too wide, columns are left out, the highest first. By default, it is never left out. */
  readonly leaveOut?: number;
  readonly alignRight?: boolean;
  /** Styles a cell that has its final width. */
  readonly paint?: (cell: string, row: number) => string;
}

const GAP = '  ';

/** The lines of a table, its titles first, no wider than the width unless even the columns that must stay are too wide. */
export function tableLines(columns: readonly Column[], width: number, paintTitle: (title: string) => string): string[] {
  const kept = columnsThatFit(columns, width);
  const widths = columnWidths(kept, width);
  const line = (cellOf: (column: Column) => string, paint: (cell: string, column: Column) => string) => kept.map((column, index) => {
    const cell = shortened(cellOf(column), widths[index]!);
    const padding = ' '.repeat(widths[index]! - displayWidth(cell));
    const isLast = index === kept.length - 1 && !column.alignRight;
    return column.alignRight ? padding + paint(cell, column) : paint(cell, column) + (isLast ? '' : padding);
  }).join(GAP);
  return [
    line(({ title }) => title, paintTitle),
    ...(columns[0]?.cells ?? []).map((_, row) => line(({ cells }) => cells[row]!, (cell, { paint }) => paint ? paint(cell, row) : cell)),
  ];
}

function columnsThatFit(columns: readonly Column[], width: number): readonly Column[] {
  const needed = sum(columns.map((column) => Math.min(naturalWidth(column), column.minWidth ?? Infinity))) + GAP.length * (columns.length - 1);
  const next = columns.filter(({ leaveOut }) => leaveOut !== undefined).sort((a, b) => b.leaveOut! - a.leaveOut!)[0];
  return needed <= width || !next ? columns : columnsThatFit(columns.filter((column) => column !== next), width);
}

/** Shortens the widest columns that may be shortened. */
function columnWidths(columns: readonly Column[], width: number): number[] {
  const widths = columns.map(naturalWidth);
  const minima = columns.map(({ minWidth }, index) => Math.min(minWidth ?? Infinity, widths[index]!));
  for (let excess = sum(widths) + GAP.length * (columns.length - 1) - width; excess > 0; excess--) {
    const widest = widths.reduce((best, each, index) => each > minima[index]! && (best < 0 || each > widths[best]!) ? index : best, -1);
    if (widest < 0) {
      break;
    }
    widths[widest]!--;
  }
  return widths;
}

function naturalWidth({ title, cells }: Column): number {
  return cells.reduce((widest, cell) => Math.max(widest, displayWidth(cell)), title.length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

const graphemes = new Intl.Segmenter('en');
const INVISIBLE = /^[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;
/** What terminals show two columns wide: emoji, and the scripts of East Asia. @see https://www.unicode.org/reports/tr11/ */
const WIDE = /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal the text takes. */
export function displayWidth(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : sum([...graphemes.segment(text)].map(({ segment }) => widthOfGrapheme(segment)));
}

function widthOfGrapheme(grapheme: string): number {
  return INVISIBLE.test(grapheme) ? 0 : WIDE.test(grapheme) ? 2 : 1;
}

function shortened(text: string, width: number): string {
  if (displayWidth(text) <= width) {
    return text;
  }
  let kept = '';
  let keptWidth = 0;
  for (const { segment } of graphemes.segment(text)) {
    keptWidth += widthOfGrapheme(segment);
    if (keptWidth > width - 1) {
      break;
    }
    kept += segment;
  }
  return `${kept}…`;
}
