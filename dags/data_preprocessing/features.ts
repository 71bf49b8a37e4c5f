import { resolve } from 'node:path';
import { FatalError, type TaskContext } from 'orch';
import { contentHash, publishDataset } from '../pipeline/dataset.ts';
import { type Cell, fillTable, withDuckDb, writeParquet } from '../pipeline/duckdb.ts';
import type { Candle } from '../pipeline/market.ts';
import { recordedCandles } from '../pipeline/recorded-candles.ts';
import { movingAverage } from '../pipeline/strategy.ts';

const COLUMNS = 'timestamp_ms BIGINT, close DOUBLE, log_return DOUBLE, score DOUBLE';

/** What is known of one bar beside its prices. */
export interface Feature {
  readonly at: number;
  readonly close: number;
  readonly logReturn: number;
  /** How many deviations the return lies from the mean of those before it; `null` where that says nothing. */
  readonly score: number | null;
}

/** Keeps the features of the recorded bars of a symbol as Parquet. */
export async function preprocess(_inputs: unknown, ctx: TaskContext): Promise<object> {
  const { symbol, window, clipAt, dataDir } = ctx.params as unknown as {
    readonly symbol: string;
    readonly window: number;
    readonly clipAt: number;
    readonly dataDir: string;
  };
  const features = featuresOf(await recordedCandles(symbol, ctx), window, clipAt);
  if (features.length === 0) throw new FatalError(`${symbol} has too few bars for a window of ${window}.`);
  const cells = features.map(({ at, close, logReturn, score }): Cell[] => [
    BigInt(at),
    close,
    logReturn,
    score,
  ]);
  const write = (path: string): Promise<void> =>
    withDuckDb(async (db) => {
      await fillTable(db, 'features', COLUMNS, cells);
      await writeParquet(db, 'SELECT * FROM features', path);
    });
  const part = { folder: '', contentHash: contentHash(COLUMNS, cells), rows: cells.length, write };
  const place = {
    dataDir: resolve(ctx.projectDir, dataDir),
    area: 'features',
    symbol,
    writer: ctx.attemptId,
  };
  const { ref, written } = await publishDataset(place, [part]);
  const clipped = features.filter(({ score }) => score !== null && Math.abs(score) === clipAt).length;
  return { symbol, rows: features.length, clipped, written, data: ref };
}

/** The features of the bars that have a whole window of returns before them. */
export function featuresOf(candles: readonly Candle[], window: number, clipAt: number): Feature[] {
  const returns = candles.slice(1).map(({ close }, i) => Math.log(close / (candles[i] as Candle).close));
  const means = movingAverage(returns, window);
  const squares = movingAverage(
    returns.map((value) => value ** 2),
    window,
  );
  return returns.flatMap((logReturn, i) => {
    const [mean, square] = [means[i - 1] ?? null, squares[i - 1] ?? null];
    if (mean === null || square === null) return [];
    const deviation = Math.sqrt(Math.max(0, square - mean ** 2));
    const score =
      deviation === 0 ? null : Math.max(-clipAt, Math.min(clipAt, (logReturn - mean) / deviation));
    const { at, close } = candles[i + 1] as Candle;
    return [{ at, close, logReturn, score }];
  });
}
