import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRows, withDuckDb } from '../../../../dags/pipeline/duckdb.ts';
import {
  bucketSql,
  bucketStart,
  durationText,
  INTERVAL_MS,
  INTERVAL_NAMES,
  type IntervalName,
  refusal,
} from '../../../../dags/pipeline/intervals.ts';

const DAY = 86_400_000;
const instant = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2100, 0, 1) });
const interval = fc.constantFrom(...INTERVAL_NAMES);

/** The start of the candle after the one that begins at `start`. */
function next(start: number, name: IntervalName): number {
  const day = new Date(start);
  return name === '1mo'
    ? Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 1)
    : start + INTERVAL_MS[name];
}

test('a candle begins at or before its rows, and the next one after them', () => {
  fc.assert(
    fc.property(instant, interval, (at, name) => {
      const start = bucketStart(at, name);
      expect(start).toBeLessThanOrEqual(at);
      expect(next(start, name)).toBeGreaterThan(at);
      expect(bucketStart(start, name)).toBe(start);
      expect(bucketStart(next(start, name), name)).toBe(next(start, name));
      expect(bucketStart(next(start, name) - 1, name)).toBe(start);
    }),
  );
});

test('weeks begin on Monday and months on the first, at midnight UTC', () => {
  fc.assert(
    fc.property(instant, (at) => {
      const week = new Date(bucketStart(at, '1w'));
      expect([week.getUTCDay(), week.getTime() % DAY]).toEqual([1, week.getTime() < 0 ? -0 : 0]);
      const month = new Date(bucketStart(at, '1mo'));
      expect([month.getUTCDate(), month.getUTCHours(), month.getUTCMinutes()]).toEqual([1, 0, 0]);
    }),
  );
});

test('the SQL of every interval agrees with the function, before and after 1970', async () => {
  const edges = [
    -1,
    0,
    1,
    4 * DAY - 1,
    4 * DAY,
    Date.UTC(2024, 1, 29),
    Date.UTC(2024, 2, 1) - 1,
    Date.UTC(2024, 2, 1),
  ];
  const times = [...edges, ...fc.sample(instant, { numRuns: 500, seed: 7 })];
  await withDuckDb(async (db) => {
    for (const name of INTERVAL_NAMES) {
      const sql = bucketSql(name, 'ms');
      const values = times.map((at) => `(${at}::BIGINT)`).join(', ');
      const rows = await readRows(db, `SELECT (${sql})::DOUBLE FROM (VALUES ${values}) AS t(ms)`);
      expect(rows.map(([start]) => start)).toEqual(times.map((at) => bucketStart(at, name)));
    }
  });
});

test.each([
  ['1d', DAY, null],
  ['1w', DAY, null],
  ['1mo', DAY, null],
  ['1h', DAY, 'the data has one bar per day, and 1h is finer than that'],
  ['1mo', 7 * DAY, 'the data has one bar per week, which does not divide 1mo without a remainder'],
  ['1d', 30 * DAY, 'the data has one bar per month, and 1d is finer than that'],
  ['1mo', 30 * DAY, null],
  ['5m', 120_000, 'the data has one bar per 2 minutes, which does not divide 5m without a remainder'],
  ['4h', 3_600_000, null],
  ['1m', null, null],
] as const)('%s candles of bars of %s ms: %s', (name, stepMs, because) => {
  expect(refusal(name, stepMs)).toBe(because);
});

test('lengths in words', () => {
  expect([60_000, 900_000, DAY, 14 * DAY, 30 * DAY, 1500].map(durationText)).toEqual([
    'minute',
    '15 minutes',
    'day',
    '2 weeks',
    'month',
    '1500 ms',
  ]);
});
