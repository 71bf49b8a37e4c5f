import { DAY_MS, INTERVAL_MS } from './intervals.ts';

const MONTH_NAMES = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

type Scale = { readonly group: (at: number) => number; readonly text: (at: number) => string };

const utc = (at: number): Date => new Date(at);
const monthIndex = (at: number): number => utc(at).getUTCFullYear() * 12 + utc(at).getUTCMonth();
const clockText = (at: number): string => utc(at).toISOString().slice(11, 16);
const dayText = (at: number): string => `${utc(at).getUTCDate()} ${MONTH_NAMES[utc(at).getUTCMonth()]}`;
const yearText = (at: number): string => String(utc(at).getUTCFullYear());
const monthText = (at: number): string =>
  utc(at).getUTCMonth() === 0 ? yearText(at) : (MONTH_NAMES[utc(at).getUTCMonth()] ?? '');

const every = (ms: number, text: (at: number) => string): Scale => ({
  group: (at) => Math.floor(at / ms),
  text,
});
const months = (count: number, text: (at: number) => string): Scale => ({
  group: (at) => Math.floor(monthIndex(at) / count),
  text,
});

/** From fine to coarse. */
const SCALES: readonly Scale[] = [
  ...[1, 2, 5, 15, 30].map((count) => every(count * INTERVAL_MS['1m'], clockText)),
  ...[1, 3, 6, 12].map((count) =>
    every(count * INTERVAL_MS['1h'], (at) => (at % DAY_MS === 0 ? dayText(at) : clockText(at))),
  ),
  ...[1, 2, 7].map((count) => every(count * DAY_MS, dayText)),
  ...[1, 3, 6].map((count) => months(count, monthText)),
  ...[1, 2, 5, 10, 20].map((count) => months(count * 12, yearText)),
];

/** Labels for columns that begin at `times`: at most `max`, each at the first column of a round period. */
export function timeLabels(times: readonly number[], max: number): ReadonlyMap<number, string> {
  for (const { group, text } of SCALES) {
    const labels = new Map<number, string>();
    for (let i = 1; i < times.length; i++) {
      const [before, now] = [times[i - 1] as number, times[i] as number];
      if (group(now) !== group(before)) labels.set(i, text(now));
    }
    if (labels.size <= max) return labels.size > 0 ? labels : new Map([[0, text(times[0] ?? 0)]]);
  }
  return new Map();
}
