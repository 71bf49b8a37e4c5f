import { datasetFiles } from './dataset.ts';
import { loadParquet, readRows, withDuckDb } from './duckdb.ts';
import type { Backtested } from './outputs.ts';
import type { CrossResult } from './strategy.ts';

/** What a backtest kept: its round trips and the equity at every close. */
export async function readBacktest(dataDir: string, backtested: Backtested): Promise<CrossResult> {
  const files = await datasetFiles(dataDir, backtested.data);
  const fileOf = (name: string): string[] =>
    files.filter((f) => f.path.startsWith(`table=${name}/`)).map((f) => f.full);
  return withDuckDb(async (db) => {
    await loadParquet(db, 'equity', fileOf('equity'));
    await loadParquet(db, 'trades', fileOf('trades'));
    const points = await readRows(
      db,
      'SELECT timestamp_ms::DOUBLE, equity, benchmark, invested FROM equity ORDER BY timestamp_ms',
    );
    const trips = await readRows(
      db,
      'SELECT entry_ms::DOUBLE, entry_price, exit_ms::DOUBLE, exit_price, units, pnl, change, held::DOUBLE ' +
        'FROM trades ORDER BY entry_ms',
    );
    return {
      equity: (points as number[][]).map(([at = 0, equity = 0, benchmark = 0, invested]) => {
        return { at, equity, benchmark, invested: invested === 1 };
      }),
      trades: trips.map(([entryAt, entryPrice, exitAt, exitPrice, units, pnl, change, held]) => ({
        entryAt: entryAt as number,
        entryPrice: entryPrice as number,
        exitAt: exitAt as number | null,
        exitPrice: exitPrice as number,
        units: units as number,
        pnl: pnl as number,
        change: change as number,
        held: held as number,
      })),
    };
  });
}
