import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillTable, readRows, withDuckDb } from '../../../../dags/pipeline/duckdb.ts';
import type { Candle } from '../../../../dags/pipeline/market.ts';
import { performance } from '../../../../dags/pipeline/performance.ts';
import { type CrossOptions, runCross } from '../../../../dags/pipeline/strategy.ts';

const DAY = 86_400_000;
const OPTIONS: CrossOptions = { fast: 2, slow: 4, fee: 0.001, slippage: 0.0005, capital: 10_000 };

/** Candles of a day each from pairs of open and close. */
function candlesOf(prices: readonly (readonly [number, number])[]): Candle[] {
  return prices.map(([open, close], i) => ({
    at: i * DAY,
    open,
    high: Math.max(open, close),
    low: Math.min(open, close),
    close,
    volume: null,
    rows: 1,
  }));
}

const price = fc.double({ min: 1, max: 1000, noNaN: true });
const market = fc.array(fc.tuple(price, price), { minLength: 6, maxLength: 120 }).map(candlesOf);
const options = fc
  .record({
    fast: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 1, max: 12 }),
    cost: fc.constantFrom(0, 0.002),
  })
  .map(
    ({ fast, more, cost }): CrossOptions => ({
      ...OPTIONS,
      fast,
      slow: fast + more,
      fee: cost,
      slippage: cost / 2,
    }),
  );

/**
 * The final capital by another road: SQL windows give the position per candle, and the account is a product
 * of growth factors instead of a ledger of cash and units.
 */
async function finalBySql(candles: readonly Candle[], { fast, slow, fee, slippage, capital }: CrossOptions) {
  return withDuckDb(async (db) => {
    const rows = candles.map((candle, i) => [BigInt(i), candle.open, candle.close]);
    await fillTable(db, 'c', 'i BIGINT, open DOUBLE, close DOUBLE', rows);
    const average = (n: number): string =>
      `avg(close) OVER (ORDER BY i ROWS BETWEEN ${n - 1} PRECEDING AND CURRENT ROW)`;
    const positions = await readRows(
      db,
      `WITH s AS (
         SELECT i, open, close, i + 1 >= ${slow} AND ${average(fast)} > ${average(slow)} * (1 + 1e-12) AS want
         FROM c
       ), p AS (
         SELECT i, open, close, coalesce(lag(want) OVER (ORDER BY i), false) AS held FROM s
       )
       SELECT open, close, held, coalesce(lag(held) OVER (ORDER BY i), false), lag(close) OVER (ORDER BY i)
       FROM p ORDER BY i`,
    );
    let factor = 1;
    for (const [open, close, held, before, lastClose] of positions as unknown as [
      number,
      number,
      boolean,
      boolean,
      number,
    ][]) {
      if (held && !before) factor *= close / (open * (1 + slippage) * (1 + fee));
      if (held && before) factor *= close / lastClose;
      if (!held && before) factor *= (open * (1 - slippage) * (1 - fee)) / lastClose;
    }
    return capital * factor;
  });
}

describe('against an independent computation', () => {
  test('the final equity is that of SQL windows and growth factors', async () => {
    const samples = fc.sample(fc.tuple(market, options), { numRuns: 40, seed: 11 });
    for (const [candles, chosen] of samples) {
      const { equity } = runCross(candles, chosen);
      const expected = await finalBySql(candles, chosen);
      expect((equity.at(-1)?.equity ?? 0) / expected).toBeCloseTo(1, 9);
    }
  });

  test('the capital is the product of what every round trip made of it', () => {
    fc.assert(
      fc.property(market, options, (candles, chosen) => {
        const { trades, equity } = runCross(candles, chosen);
        const grown = trades.reduce((capital, trade) => capital * (1 + trade.change), chosen.capital);
        expect((equity.at(-1)?.equity ?? 0) / grown).toBeCloseTo(1, 9);
      }),
    );
  });

  test('a rise and a fall worked out by hand', () => {
    const candles = candlesOf([
      [10, 10],
      [10, 10],
      [10, 10],
      [10, 12],
      [13, 14],
      [14, 9],
      [8, 8],
      [8, 8],
    ]);
    const { trades } = runCross(candles, { ...OPTIONS, fee: 0.01, slippage: 0 });
    const units = 10_000 / (13 * 1.01);
    expect(trades).toHaveLength(1);
    expect(trades[0]).toMatchObject({
      entryAt: 4 * DAY,
      entryPrice: 13,
      exitAt: 7 * DAY,
      exitPrice: 8,
      held: 3,
    });
    expect(trades[0]?.pnl).toBeCloseTo(units * 8 * 0.99 - 10_000, 9);
  });
});

describe('nothing is known before it happened', () => {
  test('other prices from a candle on leave everything before it as it was', () => {
    fc.assert(
      fc.property(
        market,
        options,
        fc.nat(),
        fc.array(fc.tuple(price, price), { maxLength: 60 }),
        (candles, chosen, n, other) => {
          const cut = n % candles.length;
          const changed = [
            ...candles.slice(0, cut),
            ...candlesOf([...Array(cut).fill([1, 1]), ...other]).slice(cut),
          ];
          const [before, after] = [runCross(candles, chosen), runCross(changed, chosen)];
          expect(after.equity.slice(0, cut)).toEqual(before.equity.slice(0, cut));
          const past = (trades: typeof before.trades) =>
            trades.filter((trade) => trade.exitAt !== null && trade.exitAt < cut * DAY);
          expect(past(after.trades)).toEqual(past(before.trades));
        },
      ),
    );
  });

  test('the close of the candle of a fill does not decide that fill', () => {
    const candles = candlesOf([...Array(6).fill([10, 10]), [10, 30], [30, 31]] as [number, number][]);
    const { equity } = runCross(candles, OPTIONS);
    expect(equity[6]?.invested).toBe(false);
    expect(equity[7]?.invested).toBe(true);
  });
});

describe('properties', () => {
  test('a price that never moves is never traded', () => {
    const candles = candlesOf(Array(200).fill([0.1 + 0.2, 0.1 + 0.2]) as [number, number][]);
    const { trades, equity } = runCross(candles, { ...OPTIONS, fast: 7, slow: 31 });
    expect(trades).toEqual([]);
    expect(equity.at(-1)?.equity).toBe(OPTIONS.capital);
    expect(performance({ trades, equity }, OPTIONS.capital).sharpe).toBeNull();
  });

  test('costs never help', () => {
    fc.assert(
      fc.property(market, options, (candles, chosen) => {
        const free = runCross(candles, { ...chosen, fee: 0, slippage: 0 }).equity.at(-1)?.equity ?? 0;
        const costly = runCross(candles, { ...chosen, fee: 0.01, slippage: 0.01 }).equity.at(-1)?.equity ?? 0;
        expect(costly).toBeLessThanOrEqual(free * (1 + 1e-12));
      }),
    );
  });

  test('the unit of the price changes nothing', () => {
    fc.assert(
      fc.property(market, options, (candles, chosen) => {
        const scaled = candles.map((c) => ({
          ...c,
          open: c.open * 4,
          high: c.high * 4,
          low: c.low * 4,
          close: c.close * 4,
        }));
        const [one, four] = [runCross(candles, chosen), runCross(scaled, chosen)];
        expect((four.equity.at(-1)?.equity ?? 0) / (one.equity.at(-1)?.equity ?? 1)).toBeCloseTo(1, 9);
      }),
    );
  });
});
