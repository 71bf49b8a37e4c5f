import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayBuckets } from '../../../../dags/pipeline/display-buckets.ts';
import type { Candle } from '../../../../dags/pipeline/market.ts';
import { runCross } from '../../../../dags/pipeline/strategy.ts';
import { timeLabels } from '../../../../dags/pipeline/time-axis.ts';

const DAY = 86_400_000;
const OPTIONS = { fast: 2, slow: 5, fee: 0, slippage: 0, capital: 100 };
const candles = fc
  .tuple(
    fc.integer({ min: 0, max: 20_000 }),
    fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 2, maxLength: 3000 }),
  )
  .map(([first, prices]): Candle[] =>
    prices.map((p, i) => ({
      at: (first + i) * DAY,
      open: p,
      high: p + 1,
      low: p / 2,
      close: p,
      volume: p,
      rows: 1,
    })),
  );

test('folding keeps extremes, volume, fills and the worst fall', () => {
  fc.assert(
    fc.property(candles, fc.integer({ min: 5, max: 260 }), (list, max) => {
      const result = runCross(list, OPTIONS);
      const { buckets } = displayBuckets(list, result, '1d', max);
      const worst = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);
      expect(buckets.length).toBeLessThanOrEqual(max);
      expect(worst(buckets.map((b) => b.high))).toBe(worst(list.map((c) => c.high)));
      expect(buckets.reduce((sum, b) => sum + (b.volume ?? 0), 0)).toBe(
        list.reduce((sum, c) => sum + (c.volume ?? 0), 0),
      );
      expect(buckets.reduce((sum, b) => sum + b.buys, 0)).toBe(result.trades.length);
      expect(buckets.at(-1)).toMatchObject({
        close: list.at(-1)?.close,
        equity: result.equity.at(-1)?.equity,
      });
      expect(buckets.map((b) => b.at)).toEqual(buckets.map((b) => b.at).toSorted((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

test.each([
  [200, '1d', 260, 'day'],
  [1000, '1d', 260, 'week'],
  [5000, '1d', 260, 'month'],
  [5000, '1d', 40, 'year'],
] as const)('%i candles of %s in %i columns: one per %s', (count, interval, max, per) => {
  const list = Array.from({ length: count }, (_, i): Candle => {
    return { at: i * DAY, open: 1, high: 1, low: 1, close: 1, volume: null, rows: 1 };
  });
  expect(displayBuckets(list, runCross(list, OPTIONS), interval, max).per).toBe(per);
});

test('labels of the time axis are few and stand where a period begins', () => {
  const days = Array.from({ length: 800 }, (_, i) => Date.UTC(2019, 10, 1) + i * DAY);
  const labels = timeLabels(days, 6);
  expect([...labels.values()]).toEqual(['2020', 'Jul', '2021', 'Jul', '2022']);
  for (const i of labels.keys()) expect(new Date(days[i] as number).getUTCDate()).toBe(1);
});
