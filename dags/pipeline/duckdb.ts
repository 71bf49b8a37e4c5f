import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance, listValue } from '@duckdb/node-api';
import { RetryableError } from 'orch';

/** What one attempt may take; a fan-out runs several at once. */
const SETTINGS = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  memory_limit: '512MB',
  /** One thread keeps the order of rows, and with it the bytes of the files, the same in every run. */
  threads: '1',
};

/** A value that {@link appendRow} can write; whole numbers of `BIGINT` columns are given as `bigint`. */
export type Cell = number | bigint | string | null;

/**
 * Opens an in-memory DuckDB, hands it to `use`, and closes it whatever happens. I/O errors become
 * retryable.
 */
export async function withDuckDb<T>(use: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', SETTINGS);
  try {
    const db = await instance.connect();
    try {
      return await use(db);
    } finally {
      db.closeSync();
    }
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('IO Error')) {
      throw new RetryableError(error.message, { cause: error });
    }
    throw error;
  } finally {
    instance.closeSync();
  }
}

/** Fills a new table. `columns` is SQL of the project's own, never of the user. */
export async function fillTable(
  db: DuckDBConnection,
  table: string,
  columns: string,
  rows: Iterable<readonly Cell[]>,
): Promise<void> {
  await db.run(`CREATE TABLE ${table} (${columns})`);
  const appender = await db.createAppender(table);
  for (const row of rows) appendRow(appender, row);
  appender.closeSync();
}

function appendRow(appender: DuckDBAppender, row: readonly Cell[]): void {
  for (const cell of row) {
    if (cell === null) appender.appendNull();
    else if (typeof cell === 'number') appender.appendDouble(cell);
    else if (typeof cell === 'bigint') appender.appendBigInt(cell);
    else appender.appendVarchar(cell);
  }
  appender.endRow();
}

/** Makes `view` a table of the rows of Parquet files. */
export async function loadParquet(
  db: DuckDBConnection,
  table: string,
  files: readonly string[],
): Promise<void> {
  const paths = listValue(files.map(globLiteral));
  await db.run(`CREATE TABLE ${table} AS SELECT * FROM read_parquet($1, hive_partitioning = false)`, [paths]);
}

/** Writes the rows of a query to a Parquet file; the query is SQL of the project's own. */
export async function writeParquet(db: DuckDBConnection, query: string, file: string): Promise<void> {
  await db.run(`COPY (${query}) TO '${file.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
}

/** The rows of a query, each as an array of cells. Select whole numbers as DOUBLE to get them as numbers. */
export async function readRows(db: DuckDBConnection, query: string): Promise<Cell[][]> {
  const reader = await db.runAndReadAll(query);
  return reader.getRowsJS() as Cell[][];
}

/** DuckDB reads `* ? [` in a path as a pattern; in brackets they are themselves. */
function globLiteral(path: string): string {
  return path.replace(/[[*?]/g, (char) => `[${char}]`);
}
