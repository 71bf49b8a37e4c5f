import type { DuckDBConnection } from '@duckdb/node-api';
import type { TaskContext } from 'orch';
import { contentHash, type DatasetPart, datasetFiles, publishDataset } from './dataset.ts';
import { loadParquet, readRows, withDuckDb, writeParquet } from './duckdb.ts';
import type { DataKind } from './market.ts';
import type { Cleaned, Stored } from './outputs.ts';
import { readDataParams } from './params.ts';
import { CLEAN_COLUMNS } from './tables.ts';

/** Bars fill a partition in a year, trades in a day. The SQL gives the value that the folder is named by. */
const PARTITION = {
  bars: { name: 'year', sql: `strftime(make_timestamp(timestamp_ms * 1000), '%Y')` },
  trades: { name: 'date', sql: `strftime(make_timestamp(timestamp_ms * 1000), '%Y-%m-%d')` },
} as const;

/**
 * Keeps the clean rows as partitioned Parquet, `store/symbol=S/kind=bars/year=Y/`. The symbol's data is
 * exactly what this run brought: partitions with the same rows stay untouched, others are replaced, all of
 * them at one moment.
 */
export async function store({ cleaned }: { cleaned: Cleaned }, ctx: TaskContext): Promise<Stored> {
  const { dataDir } = readDataParams(ctx);
  const { symbol, kind, quality } = cleaned;
  const files = await datasetFiles(dataDir, cleaned.data);
  return withDuckDb(async (db) => {
    await loadParquet(
      db,
      'clean',
      files.map((file) => file.full),
    );
    const parts = await partition(db, kind);
    const place = { dataDir, area: 'store', symbol, writer: ctx.attemptId };
    const { ref, written } = await publishDataset(place, parts);
    ctx.log.info(`${symbol}: ${parts.length} partitions, ${written} of them written`);
    ctx.metric('partitionsWritten', written);
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return { symbol, kind, stepMs: quality.stepMs, rows, partitions: parts.length, written, data: ref };
  });
}

async function partition(db: DuckDBConnection, kind: DataKind): Promise<DatasetPart[]> {
  const { name, sql } = PARTITION[kind];
  const names = CLEAN_COLUMNS[kind].split(', ').map((column) => column.split(' ')[0] as string);
  const cells = names.map((column) => (/^(timestamp_ms|seq)$/.test(column) ? `${column}::DOUBLE` : column));
  const values = await readRows(db, `SELECT DISTINCT ${sql} FROM clean ORDER BY 1`);
  const parts: DatasetPart[] = [];
  for (const [value] of values) {
    const within = `FROM clean WHERE ${sql} = '${value}' ORDER BY timestamp_ms, seq`;
    const rows = await readRows(db, `SELECT ${cells.join(', ')} ${within}`);
    parts.push({
      folder: `kind=${kind}/${name}=${value}`,
      contentHash: contentHash(CLEAN_COLUMNS[kind], rows),
      rows: rows.length,
      write: (path) => writeParquet(db, `SELECT ${names.join(', ')} ${within}`, path),
    });
  }
  return parts;
}
