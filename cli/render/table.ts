import { cutTo, displayWidth, oneLine, padTo } from './text-width.ts';

/**
 * A column of a table; `flex` columns give way when the table is too wide: they get narrower, then the last
 * of them are left out.
 */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'left' | 'right';
  readonly flex?: boolean;
  /** Colours the text after it was cut and padded. */
  readonly paint?: (text: string, row: Row) => string;
}

/** The width that a table may have: what reads a pipe wants whole words, not whole lines. */
export function tableWidth(output: { readonly isTTY: boolean; readonly columns: number }): number {
  return output.isTTY ? output.columns : Number.POSITIVE_INFINITY;
}

const GAP = '  ';
const FLEX_MIN = 8;
/** Cells are padded up to here: one text of a megabyte must not make every other line as long. */
const PADDED_MAX = 200;

/** Lines of a table with a title row, cut to a width. Cells are plain text. */
export function tableLines<Row>(
  columnsWanted: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paintTitle: (text: string) => string,
): string[] {
  const safe = columnsWanted.map((column) => ({ ...column, text: (row: Row) => oneLine(column.text(row)) }));
  const columns = fitting(safe, rows, width);
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, at) =>
    cells.reduce((most, line) => Math.max(most, displayWidth(line[at] ?? '')), displayWidth(column.title)),
  );
  shrink(columns, widths, width);
  const titles = columns.map((column, at) => cell(column.title, widths[at] ?? 0, column.align));
  const lines = cells.map((line, index) => {
    const shown = columns.map((column, at) => {
      const text = cell(line[at] ?? '', widths[at] ?? 0, column.align);
      return column.paint === undefined ? text : column.paint(text, rows[index] as Row);
    });
    return shown.join(GAP).trimEnd();
  });
  return [paintTitle(titles.join(GAP).trimEnd()), ...lines];
}

/** The columns that have a place when those that give way are as narrow as they get. */
function fitting<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Column<Row>[] {
  const least = (column: Column<Row>): number => {
    const texts = [column.title, ...rows.map(column.text)].map(displayWidth);
    const widest = texts.reduce((a, b) => Math.max(a, b), 0);
    return column.flex === true ? Math.min(FLEX_MIN, widest) : widest;
  };
  const kept = columns.map((column) => ({ column, least: least(column) }));
  const total = (): number => kept.reduce((sum, one) => sum + one.least, GAP.length * (kept.length - 1));
  while (total() > width) {
    const last = kept.findLastIndex(({ column }) => column.flex === true);
    if (last < 0) break;
    kept.splice(last, 1);
  }
  return kept.map(({ column }) => column);
}

function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return padTo(cutTo(text, width), Math.min(width, PADDED_MAX), align === 'right' ? 'left' : 'right');
}

function shrink(columns: readonly { readonly flex?: boolean }[], widths: number[], width: number): void {
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + GAP.length * (widths.length - 1);
  for (let over = total() - width; over > 0; over = total() - width) {
    let widest = -1;
    for (const [at, column] of columns.entries()) {
      const isWider = (widths[at] ?? 0) > (widths[widest] ?? FLEX_MIN);
      if (column.flex === true && isWider) widest = at;
    }
    if (widest < 0) return;
    widths[widest] = Math.max(FLEX_MIN, (widths[widest] ?? 0) - over);
  }
}
