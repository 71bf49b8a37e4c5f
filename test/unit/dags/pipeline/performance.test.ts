import { expect, test } from 'vitest';
import { drawdowns, performance } from '../../../../dags/pipeline/performance.ts';
import type { EquityPoint, RoundTrip } from '../../../../dags/pipeline/strategy.ts';

const DAY = 86_400_000;
const points = (values: readonly number[], stepMs: number): EquityPoint[] =>
  values.map((equity, i) => ({ at: i * stepMs, equity, benchmark: 100, invested: i % 2 === 1 }));
const trip = (pnl: number, exitAt: number | null): RoundTrip => ({
  entryAt: 0,
  entryPrice: 1,
  exitAt,
  exitPrice: 1,
  units: 1,
  pnl,
  change: pnl,
  held: 1,
});

test('numbers worked out by hand', () => {
  const equity = points([100, 110, 99, 121], 365.25 * DAY);
  const numbers = performance({ equity, trades: [trip(1, 1), trip(-1, 2), trip(1, null)] }, 100);
  const returns = [0.1, -0.1, 22 / 99];
  const mean = (0.1 - 0.1 + 22 / 99) / 3;
  const deviation = Math.sqrt(returns.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 2);
  expect(numbers.totalReturn).toBeCloseTo(0.21, 12);
  expect(numbers.cagr).toBeCloseTo(1.21 ** (1 / 3) - 1, 12);
  expect(numbers.sharpe).toBeCloseTo(mean / deviation, 12);
  expect(numbers.maxDrawdown).toBeCloseTo(0.1, 12);
  expect(numbers).toMatchObject({
    trades: 3,
    winRate: 0.5,
    exposure: 0.5,
    benchmarkReturn: 0,
    benchmarkSharpe: null,
  });
});

test('less than 30 days give no numbers by the year', () => {
  const numbers = performance({ equity: points([100, 101, 103], DAY), trades: [] }, 100);
  expect(numbers).toMatchObject({ cagr: null, sharpe: null, winRate: null, trades: 0 });
  expect(numbers.totalReturn).toBeCloseTo(0.03, 12);
});

test('a drawdown is counted from the highest value so far', () => {
  expect(drawdowns([4, 2, 8, 6, 8])).toEqual([0, 0.5, 0, 0.25, 0]);
});
