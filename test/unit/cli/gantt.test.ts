import { expect, test } from 'vitest';
import { type GanttRow, ganttLines } from '../../../cli/render/gantt.ts';

const same = (text: string): string => text;
const MINUTE = 60_000;
const at = (minutes: number): number => Date.UTC(2026, 0, 1) + minutes * MINUTE;
const row = (label: string, due: number, started: number | null, ended: number | null): GanttRow => ({
  label,
  dueAt: at(due),
  startedAt: started === null ? null : at(started),
  endedAt: ended === null ? null : at(ended),
  paint: same,
});
const SPAN = { fromAt: at(0), toAt: at(40) };

test('waiting, running, over the end, and what never ends or starts', () => {
  const rows = [
    row('one', 0, 10, 20),
    row('two', 20, 20, 60),
    row('three', 10, 20, null),
    row('four', 30, null, null),
  ];
  // One column is one minute.
  const blanks = (count: number): string => ' '.repeat(count);
  expect(ganttLines(rows, SPAN, 61, same)).toEqual([
    `${blanks(7)}2026-01-01 00:00${blanks(8)}2026-01-01 00:40`,
    `one    ··········███████████${blanks(21)}20m00s`,
    `two    ${blanks(20)}███████████████████▸  40m00s`,
    `three  ${blanks(10)}··········███████████████████▸  never ends`,
    `four   ${blanks(30)}·········▸  never starts`,
  ]);
});

test('it is as wide as it may be, a long label is cut, a narrow terminal keeps its bars', () => {
  const rows = [row('x'.repeat(60), 0, 0, 40)];
  for (const width of [80, 120]) {
    const [, line = ''] = ganttLines(rows, SPAN, width, same);
    expect(line.length).toBe(width);
    expect(line.startsWith(`${'x'.repeat(39)}…  █`)).toBe(true);
  }
  const [, narrow = ''] = ganttLines(rows, SPAN, 10, same);
  expect(narrow).toContain('█'.repeat(20));
});

test('a paint colours nothing but the bar', () => {
  const rows = [{ ...row('one', 10, 10, 20), paint: (text: string) => `<${text}>` }];
  expect(ganttLines(rows, SPAN, 60, same)[1]).toMatch(/^one {2,}<█+> +10m00s$/);
});

test('where both ends of the span have no place, only its beginning is told', () => {
  const [title = ''] = ganttLines([row('one', 0, 0, 10)], SPAN, 40, same);
  expect(title.trim()).toBe('2026-01-01 00:00');
});
