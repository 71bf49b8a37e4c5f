import { DAY_MS, INTERVAL_MS } from './intervals.ts';
import type { Gap } from './quality.ts';

const MONTH_MS = INTERVAL_MS['1mo'];
/** The longest pause that can be the night, weekend or holidays of a market with sessions. */
const SESSION_BREAK_MAX_MS = 4 * DAY_MS;
/** Share of the days on which a pause must begin and end at the same time of day to be a session break. */
const SESSION_SHARE_MIN = 0.2;
/** Share of the busiest weekday below which a weekday is one on which the market is closed. */
const WEEKDAY_SHARE_MIN = 0.2;
/** Trading days missing in a row from which on it is a gap and no longer holidays. */
const HOLIDAYS_IN_A_ROW_MAX = 2;

/** The nominal length of bars: the most frequent distance, or a month. `times` ascend and are distinct. */
export function inferStepMs(times: readonly number[]): number | null {
  const counts = new Map<number, number>();
  let monthly = 0;
  for (let i = 1; i < times.length; i++) {
    const delta = at(times, i) - at(times, i - 1);
    counts.set(delta, (counts.get(delta) ?? 0) + 1);
    if (delta >= 28 * DAY_MS && delta <= 31 * DAY_MS) monthly += 1;
  }
  if (counts.size === 0) return null;
  if (monthly >= 0.8 * (times.length - 1)) return MONTH_MS;
  const [stepMs] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best));
  return stepMs;
}

export type GapReport = { readonly gaps: readonly Gap[]; readonly closedDays: number };

/** Where rows are missing, given that markets close at night, on weekends and on holidays. */
export function findGaps(times: readonly number[], stepMs: number): GapReport {
  if (stepMs === MONTH_MS) return { gaps: gapsBy(times, monthsBetween), closedDays: 0 };
  if (stepMs === DAY_MS) return dailyGaps(times);
  const missing = (a: number, b: number): number => Math.max(0, Math.ceil((b - a) / stepMs) - 1);
  const isBreak = stepMs < DAY_MS ? sessionBreaks(times, stepMs) : () => false;
  return { gaps: gapsBy(times, (a, b) => (isBreak(a, b) ? 0 : missing(a, b))), closedDays: 0 };
}

function gapsBy(times: readonly number[], missingBetween: (a: number, b: number) => number): Gap[] {
  const gaps: Gap[] = [];
  for (let i = 1; i < times.length; i++) {
    const [after, before] = [at(times, i - 1), at(times, i)];
    const missing = missingBetween(after, before);
    if (missing > 0) gaps.push({ after, before, missing });
  }
  return gaps;
}

function monthsBetween(a: number, b: number): number {
  const [from, to] = [new Date(a), new Date(b)];
  return (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth() - 1;
}

function dailyGaps(times: readonly number[]): GapReport {
  const perWeekday = new Array<number>(7).fill(0);
  for (const time of times) perWeekday[weekday(time)] = (perWeekday[weekday(time)] ?? 0) + 1;
  const busiest = Math.max(...perWeekday);
  const trades = perWeekday.map((count) => count >= busiest * WEEKDAY_SHARE_MIN);
  const everyDay = trades.every(Boolean);
  let closedDays = 0;
  const gaps = gapsBy(times, (a, b) => {
    let missing = 0;
    for (let day = a + DAY_MS; day < b; day += DAY_MS) if (trades[weekday(day)]) missing += 1;
    if (everyDay || missing > HOLIDAYS_IN_A_ROW_MAX) return missing;
    closedDays += missing;
    return 0;
  });
  return { gaps, closedDays };
}

/** Pauses that begin and end at the same times of day again and again: the nights of a market. */
function sessionBreaks(times: readonly number[], stepMs: number): (a: number, b: number) => boolean {
  const counts = new Map<string, number>();
  const days = new Set<number>();
  const label = (a: number, b: number): string => `${a % DAY_MS}-${b % DAY_MS}`;
  const possible = (a: number, b: number): boolean => b - a > stepMs && b - a <= SESSION_BREAK_MAX_MS;
  for (let i = 0; i < times.length; i++) {
    const now = at(times, i);
    days.add(Math.floor(now / DAY_MS));
    const before = i > 0 ? at(times, i - 1) : now;
    if (possible(before, now)) counts.set(label(before, now), (counts.get(label(before, now)) ?? 0) + 1);
  }
  const needed = Math.max(3, days.size * SESSION_SHARE_MIN);
  return (a, b) => possible(a, b) && (counts.get(label(a, b)) ?? 0) >= needed;
}

/** 0 = Thursday, the first day of the epoch; only equality matters. */
const weekday = (barAt: number): number => ((Math.floor(barAt / DAY_MS) % 7) + 7) % 7;

function at(times: readonly number[], i: number): number {
  return times[i] as number;
}
