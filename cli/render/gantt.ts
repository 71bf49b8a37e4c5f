import { cutTo, displayWidth, padTo } from './text-width.ts';
import { dateText, spanText } from './time-text.ts';

/** A row of a Gantt chart. Instants are epoch milliseconds. */
export interface GanttRow {
  readonly label: string;
  /** From here to `startedAt` it waits. */
  readonly dueAt: number;
  /** `null`: it never starts. */
  readonly startedAt: number | null;
  /** `null`: it never ends. */
  readonly endedAt: number | null;
  /** Colours its bar. */
  readonly paint: (text: string) => string;
}

const LABEL_MAX = 40;
const BAR_MIN = 20;
const WAITING = '·';
const RUNNING = '█';
const ENDLESS = '▸';

/**
 * A chart of rows over a span, cut to a width: dots while something waits, blocks while it runs, an arrow
 * where it goes on beyond the span or never ends, and its length in words.
 */
export function ganttLines(
  rows: readonly GanttRow[],
  span: { readonly fromAt: number; readonly toAt: number },
  width: number,
  paintTitle: (text: string) => string,
): string[] {
  const lengths = rows.map(lengthText);
  const labelWidth = Math.min(LABEL_MAX, widest(rows.map(({ label }) => label)));
  const lengthWidth = widest(lengths);
  const barWidth = Math.max(BAR_MIN, width - labelWidth - lengthWidth - 4);
  const lines = rows.map((row, index) => {
    const label = padTo(cutTo(row.label, labelWidth), labelWidth);
    const bar = barOf(row, span, barWidth);
    const free = ' '.repeat(Math.max(0, barWidth - displayWidth(bar.text)));
    return `${label}  ${bar.before}${row.paint(bar.text)}${free.slice(bar.before.length)}  ${lengths[index]}`;
  });
  return [paintTitle(axis(span, labelWidth, barWidth)), ...lines.map((line) => line.trimEnd())];
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

function lengthText({ dueAt, startedAt, endedAt }: GanttRow): string {
  if (startedAt === null) return 'never starts';
  return endedAt === null ? 'never ends' : spanText(endedAt - dueAt);
}

/** The beginning and the end of the span above the bars. */
function axis(
  { fromAt, toAt }: { fromAt: number; toAt: number },
  labelWidth: number,
  barWidth: number,
): string {
  const [from, to] = [dateText(fromAt), dateText(toAt)];
  const free = barWidth - from.length - to.length;
  const end = free > 0 ? ' '.repeat(free) + to : '';
  return `${' '.repeat(labelWidth)}  ${from}${end}`;
}

function barOf(
  { dueAt, startedAt, endedAt }: GanttRow,
  { fromAt, toAt }: { readonly fromAt: number; readonly toAt: number },
  width: number,
): { readonly before: string; readonly text: string } {
  const cell = (at: number): number => {
    const share = toAt > fromAt ? (at - fromAt) / (toAt - fromAt) : 0;
    return Math.max(0, Math.min(width - 1, Math.floor(share * width)));
  };
  const first = cell(dueAt);
  const isOpen = endedAt === null || endedAt > toAt;
  const last = isOpen ? width - 1 : cell(endedAt);
  const began = startedAt === null ? last + 1 : Math.max(first, cell(startedAt));
  let text = '';
  for (let at = first; at <= last; at++) text += at < began ? WAITING : RUNNING;
  return { before: ' '.repeat(first), text: isOpen ? text.slice(0, -1) + ENDLESS : text };
}
