import { cutTo, displayWidth, padTo } from './text-width.ts';

/** A column of a table; `flex` columns give way when the table is too wide. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'left' | 'right';
  readonly flex?: boolean;
  /** Colours the text after it was cut and padded. */
  readonly paint?: (text: string, row: Row) => string;
}

const GAP = '  ';
const FLEX_MIN = 8;

/** Lines of a table with a title row, cut to a width. Cells must be plain text. */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paintTitle: (text: string) => string,
): string[] {
  const cells = rows.map((row) => columns.map((column) => column.text(row)));
  const widths = columns.map((column, at) =>
    Math.max(displayWidth(column.title), ...cells.map((line) => displayWidth(line[at] ?? ''))),
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

function cell(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  return padTo(cutTo(text, width), width, align === 'right' ? 'left' : 'right');
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
