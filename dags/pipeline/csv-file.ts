import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CsvError, type Info, parse } from 'csv-parse';
import { FatalError } from 'orch';
import { type ColumnMap, detectColumns } from './csv-columns.ts';
import { type DataKind, type RawRow, ROWS_MAX } from './market.ts';

/** The rows of one file as they stand there, and what identifies the file. */
export type CsvContent = {
  readonly kind: DataKind;
  readonly rows: RawRow[];
  readonly sha256: string;
  readonly bytes: number;
};

export type CsvRequest = {
  readonly path: string;
  readonly signal: AbortSignal;
  /** Given for a file whose columns are known; otherwise they are found out from its first row. */
  readonly columns?: ColumnMap;
  /** Keeps only rows for which it is true; absent: all. */
  readonly keep?: (cells: readonly string[]) => boolean;
};

type Record_ = { readonly record: readonly string[]; readonly info: Info };
const LINE_BYTES_MAX = 64 * 1024;

/**
 * Reads a CSV file once, hashing it on the way. Throws `FatalError` for a file that is no CSV of market
 * data.
 */
export async function readCsv({ path, signal, columns, keep }: CsvRequest): Promise<CsvContent> {
  const file = basename(path);
  const hash = createHash('sha256');
  let bytes = 0;
  let map = columns ?? null;
  const rows: RawRow[] = [];
  const take = (cells: readonly string[], line: number): void => {
    const isFirst = map === null || (columns !== undefined && line === 1);
    map ??= detectColumns(cells, file);
    if (isFirst && map.header) return;
    if (keep && !keep(cells)) return;
    if (rows.length === ROWS_MAX) {
      throw new FatalError(
        `${file} has more than ${ROWS_MAX} rows, the most that one symbol may have. Split the symbol.`,
      );
    }
    rows.push({
      file,
      line,
      fields: map.columns.map((at) => (at === -1 ? null : (cells[at]?.trim() ?? null))),
    });
  };
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: LINE_BYTES_MAX,
  });
  try {
    await pipeline(
      createReadStream(path),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      parser,
      async (records: AsyncIterable<Record_>) => {
        for await (const { record, info } of records) take(record, info.lines);
      },
      { signal },
    );
  } catch (error) {
    if (error instanceof CsvError)
      throw new FatalError(`${file} is no readable CSV: ${error.message}`, { cause: error });
    throw error;
  }
  if (map === null || rows.length === 0)
    throw new FatalError(`${file} has no rows${keep ? ' for this symbol' : ''}.`);
  return { kind: (map as ColumnMap).kind, rows, sha256: hash.digest('hex'), bytes };
}
