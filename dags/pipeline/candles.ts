import { FatalError } from 'orch';
import { datasetFiles } from './dataset.ts';
import { loadParquet, readRows, withDuckDb } from './duckdb.ts';
import type { IntervalName } from './intervals.ts';
import type { Candle } from './market.ts';
import type { Klines } from './outputs.ts';

/** The candles of one interval, in order. */
export async function readCandles(
  dataDir: string,
  klines: Klines,
  interval: IntervalName,
): Promise<Candle[]> {
  const files = await datasetFiles(dataDir, klines.data);
  const file = files.find(({ path }) => path.startsWith(`interval=${interval}/`));
  if (file === undefined) throw new FatalError(`${klines.symbol} has no ${interval} candles.`);
  return withDuckDb(async (db) => {
    await loadParquet(db, 'candles', [file.full]);
    const columns = 'timestamp_ms::DOUBLE, open, high, low, close, volume, rows::DOUBLE';
    const rows = await readRows(db, `SELECT ${columns} FROM candles ORDER BY timestamp_ms`);
    return rows.map((row) => {
      const [at, open, high, low, close, , count] = row as number[] as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      return { at, open, high, low, close, volume: row[5] as number | null, rows: count };
    });
  });
}
