import { describe, expect, test } from 'vitest';
import { findGaps, inferStepMs } from '../../../../dags/pipeline/gaps.ts';
import { findOutliers } from '../../../../dags/pipeline/outliers.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const MONDAY = Date.UTC(2024, 0, 1);
const days = (from: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => from + i * DAY);
const weekdays = (times: readonly number[]): number[] =>
  times.filter((at) => ![0, 6].includes(new Date(at).getUTCDay()));

describe('the length of a bar', () => {
  test.each([
    ['days with weekends', weekdays(days(MONDAY, 60)), DAY],
    ['months', Array.from({ length: 30 }, (_, i) => Date.UTC(2020, i, 1)), 30 * DAY],
    ['minutes with a hole', [0, 1, 2, 3, 60, 61].map((i) => MONDAY + i * MINUTE), MINUTE],
    ['one bar', [MONDAY], null],
  ])('%s', (_, times, stepMs) => {
    expect(inferStepMs(times)).toBe(stepMs);
  });
});

describe('gaps', () => {
  test('a market of five days: weekends are none, one or two weekdays are holidays, more are a gap', () => {
    const all = weekdays(days(MONDAY, 84));
    const holiday = all.filter((_, i) => i !== 7);
    expect(findGaps(holiday, DAY)).toEqual({ gaps: [], closedDays: 1 });
    const hole = all.filter((_, i) => i < 10 || i > 13);
    const { gaps, closedDays } = findGaps(hole, DAY);
    expect([gaps.map((gap) => gap.missing), closedDays]).toEqual([[4], 0]);
  });

  test('a market of seven days: every missing day is a gap', () => {
    const times = days(MONDAY, 40).filter((_, i) => i !== 8 && i !== 20 && i !== 21);
    expect(findGaps(times, DAY).gaps.map((gap) => gap.missing)).toEqual([1, 2]);
  });

  test('minutes of a market with sessions: nights and weekends are none, a hole by day is one', () => {
    const session = (day: number): number[] =>
      Array.from({ length: 390 }, (_, i) => day + (14 * 60 + 30 + i) * MINUTE);
    const times = weekdays(days(MONDAY, 28))
      .flatMap(session)
      .filter((_, i) => i < 1000 || i >= 1007);
    expect(findGaps(times, MINUTE).gaps.map((gap) => gap.missing)).toEqual([7]);
  });

  test('months', () => {
    const times = [0, 1, 2, 5, 6].map((month) => Date.UTC(2020, month, 1));
    expect(findGaps(times, 30 * DAY).gaps).toEqual([
      { after: Date.UTC(2020, 2, 1), before: Date.UTC(2020, 5, 1), missing: 2 },
    ]);
  });
});

describe('unusual moves', () => {
  const wave = Array.from({ length: 300 }, (_, i) => 100 * Math.exp(0.004 * Math.sin(i * 1.7)));
  const times = days(MONDAY, 300);

  test('an ordinary series has none', () => {
    expect(findOutliers(times, wave).count).toBe(0);
  });

  test('a bad tick is found, and that it was taken back', () => {
    const prices = wave.with(150, 150);
    const { largest } = findOutliers(times, prices);
    expect(largest.map(({ at }) => at).sort()).toEqual([times[150], times[151]]);
    expect(largest.find(({ at }) => at === times[150])).toMatchObject({ reverted: true });
  });

  test('a crash that stays is found and not taken for a bad tick', () => {
    const prices = wave.map((price, i) => (i < 150 ? price : price * 0.8));
    const { count, largest } = findOutliers(times, prices);
    expect([count, largest[0]?.reverted, largest[0]?.at]).toEqual([1, false, times[150]]);
  });

  test('a price that stands still has none', () => {
    expect(findOutliers(times, Array(300).fill(5))).toEqual({ count: 0, largest: [] });
  });
});
