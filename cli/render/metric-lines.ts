import type { InstanceView } from '../../core/store/run-view.ts';
import type { MetricRecord } from '../../core/store/store.ts';
import type { Style } from '../style.ts';
import { fanOutOf } from './run-tracker.ts';
import { metricText } from './scroll-lines.ts';
import { tableLines } from './table.ts';
import { displayWidth, padTo } from './text-width.ts';

/** The metrics of one key of a fan-out, or of one task outside of fan-outs. */
export interface MetricRow {
  /** What the rows of a table have in common: the fan-out, or `task`. */
  readonly kind: string;
  readonly name: string;
  readonly values: ReadonlyMap<string, number>;
}

/** Joins metrics to rows by key; the last value of a name wins. */
export function metricRows(tasks: readonly InstanceView[], metrics: readonly MetricRecord[]): MetricRow[] {
  const byNode = new Map(tasks.map((task) => [task.nodeNo, task]));
  const rows = new Map<string, { kind: string; name: string; values: Map<string, number> }>();
  for (const metric of metrics) {
    const task = byNode.get(metric.nodeNo);
    if (task === undefined || task.attempts !== metric.tryNo) continue;
    const fanOut = fanOutOf(task);
    const id = fanOut === null ? task.name : `${fanOut}[${task.key}]`;
    const row = rows.get(id) ?? {
      kind: fanOut ?? 'task',
      name: fanOut === null ? task.name : (task.key ?? ''),
      values: new Map(),
    };
    rows.set(id, row);
    row.values.set(metric.name, metric.value);
  }
  const position = new Map(
    tasks.map((task, index) => [
      fanOutOf(task) === null ? task.name : `${fanOutOf(task)}[${task.key}]`,
      index,
    ]),
  );
  return [...rows].sort(([a], [b]) => (position.get(a) ?? 0) - (position.get(b) ?? 0)).map(([, row]) => row);
}

/** Tables of metrics, one for each fan-out: keys as rows if that fits, else as columns, else as a list. */
export function metricLines(rows: readonly MetricRow[], columns: number, style: Style): string[] {
  const kinds = new Map<string, MetricRow[]>();
  for (const row of rows) kinds.set(row.kind, [...(kinds.get(row.kind) ?? []), row]);
  return [...kinds].flatMap(([kind, group]) => ['', ...kindLines(kind, group, columns, style)]);
}

function kindLines(kind: string, rows: readonly MetricRow[], columns: number, style: Style): string[] {
  const names = [...new Set(rows.flatMap((row) => [...row.values.keys()]))];
  const upright = grid(
    [kind, ...names],
    rows.map((row) => [row.name, ...names.map((name) => shown(row, name))]),
  );
  if (fits(upright, columns)) return upright.map((line, at) => (at === 0 ? style.dim(line) : line));
  const turned = grid(
    ['', ...rows.map((row) => row.name)],
    names.map((name) => [name, ...rows.map((row) => shown(row, name))]),
  );
  if (rows.length <= 8 && fits(turned, columns))
    return turned.map((line, at) => (at === 0 ? style.dim(line) : line));
  return rows.flatMap((row) => listLines(row, columns, style));
}

function shown(row: MetricRow, name: string): string {
  const value = row.values.get(name);
  return value === undefined ? '' : metricText(value);
}

function grid(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const columns = titles.map((title, at) => ({
    title,
    text: (row: readonly string[]) => row[at] ?? '',
    align: at === 0 ? ('left' as const) : ('right' as const),
  }));
  return tableLines(columns, rows, Number.POSITIVE_INFINITY, (text) => text).map((line) => `  ${line}`);
}

function fits(lines: readonly string[], columns: number): boolean {
  return lines.every((line) => displayWidth(line) <= columns);
}

function listLines(row: MetricRow, columns: number, style: Style): string[] {
  const lines: string[] = [];
  let line = `  ${padTo(row.name, 16)}`;
  for (const [name, value] of row.values) {
    const piece = `  ${name}=${metricText(value)}`;
    if (displayWidth(line) + piece.length > columns) {
      lines.push(line);
      line = `  ${' '.repeat(16)}`;
    }
    line += piece;
  }
  return [...lines, line].map((one, at) => (at === 0 ? one : style.dim(one)));
}
