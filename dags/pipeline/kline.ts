import type { DuckDBConnection } from '@duckdb/node-api';
import { FatalError, type TaskContext } from 'orch';
import { contentHash, type DatasetPart, datasetFiles, publishDataset } from './dataset.ts';
import { loadParquet, readRows, withDuckDb, writeParquet } from './duckdb.ts';
import { bucketSql, INTERVAL_MS, type IntervalName, refusal } from './intervals.ts';
import type { DataKind } from './market.ts';
import type { Klines, Stored } from './outputs.ts';
import { readParams } from './params.ts';

const IN_ORDER = 'ORDER BY timestamp_ms, seq';
/** What a candle takes from its rows. `fsum` compensates, so that the order of rows does not matter. */
const aggregates = (first: string, high: string, low: string, last: string, volume: string): string =>
  `first(${first} ${IN_ORDER}) AS open, max(${high}) AS high, min(${low}) AS low, ` +
  `last(${last} ${IN_ORDER}) AS close, fsum(${volume}) AS volume, count(*) AS rows`;

const AGGREGATES = {
  bars: aggregates('open', 'high', 'low', 'close', 'volume'),
  trades: aggregates('price', 'price', 'price', 'price', 'size'),
} as const satisfies Record<DataKind, string>;

/**
 * Makes candles of every interval of the params that the data allows. An interval that it does not allow is
 * left out with a warning; throws `FatalError` when none is left.
 */
export async function kline({ stored }: { stored: Stored }, ctx: TaskContext): Promise<Klines> {
  const { dataDir, intervals } = readParams(ctx);
  const { symbol, kind, stepMs } = stored;
  const judged = intervals.map((interval) => ({ interval, because: refusal(interval, stepMs) }));
  const leftOut = judged.flatMap(({ interval, because }) =>
    because === null ? [] : [{ interval, because }],
  );
  for (const { interval, because } of leftOut) ctx.log.warn(`${symbol}: no ${interval} candles: ${because}.`);
  const kept = judged.filter(({ because }) => because === null).map(({ interval }) => interval);
  if (kept.length === 0) {
    const reasons = leftOut.map(({ interval, because }) => `${interval}: ${because}`).join('; ');
    throw new FatalError(
      `${symbol}: none of the intervals can be made (${reasons}). Add a coarser one to intervals.`,
    );
  }
  const files = await datasetFiles(dataDir, stored.data);
  return withDuckDb(async (db) => {
    await loadParquet(
      db,
      'source',
      files.map((file) => file.full),
    );
    if (kind === 'bars' && stepMs !== null) await warnOfCrossing(db, symbol, stepMs, kept, ctx);
    const parts: DatasetPart[] = [];
    for (const interval of kept) {
      ctx.progress(parts.length, kept.length, `${interval} candles`);
      parts.push(await candlesOf(db, kind, interval));
    }
    const { ref } = await publishDataset({ dataDir, area: 'candles', symbol, writer: ctx.attemptId }, parts);
    const counts = kept.map((interval, i) => ({ interval, candles: (parts[i] as DatasetPart).rows }));
    for (const { interval, candles } of counts) ctx.metric(`candles.${interval}`, candles);
    return { symbol, intervals: counts, leftOut, data: ref };
  });
}

async function candlesOf(db: DuckDBConnection, kind: DataKind, interval: IntervalName): Promise<DatasetPart> {
  const bucket = bucketSql(interval, 'timestamp_ms');
  const table = `"candles_${interval}"`;
  await db.run(
    `CREATE TABLE ${table} AS SELECT ${bucket} AS timestamp_ms, ${AGGREGATES[kind]} ` +
      'FROM source GROUP BY 1 ORDER BY 1',
  );
  const rows = await readRows(
    db,
    `SELECT timestamp_ms::DOUBLE, open, high, low, close, volume, rows::DOUBLE FROM ${table} ORDER BY 1`,
  );
  return {
    folder: `interval=${interval}`,
    contentHash: contentHash(`candles ${interval}`, rows),
    rows: rows.length,
    write: (path) => writeParquet(db, `SELECT * FROM ${table} ORDER BY timestamp_ms`, path),
  };
}

/** A bar that begins in one candle and ends in the next counts for the first; the reader must know. */
async function warnOfCrossing(
  db: DuckDBConnection,
  symbol: string,
  stepMs: number,
  kept: readonly IntervalName[],
  ctx: TaskContext,
): Promise<void> {
  if (stepMs >= INTERVAL_MS['1w']) return;
  for (const interval of kept) {
    const [begin, end] = ['timestamp_ms', `(timestamp_ms + ${stepMs - 1})`].map((at) =>
      bucketSql(interval, at),
    );
    const [[crossing] = [0]] = await readRows(
      db,
      `SELECT count(*)::DOUBLE FROM source WHERE ${begin} <> ${end}`,
    );
    if (crossing === 0) continue;
    ctx.log.warn(
      `${symbol}: ${crossing} bars reach over the end of a ${interval} candle; each counts where it begins.`,
    );
  }
}
