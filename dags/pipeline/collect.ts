import { FatalError, type TaskContext } from 'orch';
import { readCsvSource, shownFolder } from './csv-source.ts';
import { contentHash, type DatasetRef, publishDataset } from './dataset.ts';
import { fillTable, withDuckDb, writeParquet } from './duckdb.ts';
import type { Gathered } from './gathered.ts';
import { parseInstant } from './instants.ts';
import { DAY_MS } from './intervals.ts';
import { RAW_FIELDS, type RawRow } from './market.ts';
import type { Collected } from './outputs.ts';
import { type DataParams, readDataParams, readParams, readSymbol } from './params.ts';
import { RECORDED_SYMBOLS, readRecorded } from './recorded-source.ts';
import { symbolName } from './symbol-name.ts';

/** {@link collectPrices}, as the first stage of the pipeline: its params are refused before any work. */
export async function collect(inputs: unknown, ctx: TaskContext): Promise<Collected> {
  readParams(ctx);
  return collectPrices(inputs, ctx);
}

/**
 * Takes the rows of a symbol from the first of `sourceTypes` that has it, cuts them to `daysBack`, and
 * keeps them as they are, each with its file and line. Throws `FatalError` when no source has the symbol.
 */
export async function collectPrices(_inputs: unknown, ctx: TaskContext): Promise<Collected> {
  const params = readDataParams(ctx);
  const symbol = readSymbol(ctx);
  const found = await gather(symbol, params, ctx);
  const rows = lastDays(found.rows, params.daysBack);
  for (const note of found.notes) ctx.log.warn(`${symbol}: ${note}`);
  for (const file of found.provenance) {
    ctx.log.info(`${symbol}: ${file.rows} rows from ${file.origin}/${file.file}`, { sha256: file.sha256 });
  }
  const raw = await keepRaw({ ...found, rows }, symbol, params.dataDir, ctx.attemptId);
  const dropped = found.rows.length - rows.length;
  const notes =
    dropped === 0 ? found.notes : [...found.notes, `Only the last ${params.daysBack} days of the source.`];
  ctx.metric('rows', rows.length);
  return { symbol, kind: found.kind, provenance: found.provenance, notes, rows: rows.length, raw };
}

async function gather(symbol: string, params: DataParams, ctx: TaskContext): Promise<Gathered> {
  const lacking: string[] = [];
  for (const source of params.sourceTypes) {
    const found =
      source === 'csv' ? await readCsvSource(symbol, params.csvDir, ctx) : await readRecorded(symbol, ctx);
    if (found !== null) return found;
    const has =
      source === 'csv'
        ? `${shownFolder(params.csvDir, ctx.projectDir)} has no ${symbolName(symbol)}.csv`
        : `it has ${RECORDED_SYMBOLS.join(', ')}`;
    lacking.push(`${source} (${has})`);
  }
  throw new FatalError(`No source has the symbol ${symbol}: ${lacking.join('; ')}.`);
}

/**
 * The rows of the last `days` days before the newest readable row; rows with an unreadable time stay for
 * clean.
 */
export function lastDays(rows: readonly RawRow[], days: number): readonly RawRow[] {
  if (days === 0) return rows;
  const times = rows.map((row) => parseInstant(row.fields[0] ?? ''));
  const newest = times.reduce<number>(
    (max, at) => (at !== null && at > max ? at : max),
    Number.NEGATIVE_INFINITY,
  );
  return rows.filter((_, i) => {
    const at = times[i] ?? null;
    return at === null || at > newest - days * DAY_MS;
  });
}

async function keepRaw(
  found: Gathered,
  symbol: string,
  dataDir: string,
  writer: string,
): Promise<DatasetRef> {
  const { kind, rows } = found;
  const columns = [
    'file VARCHAR',
    'line BIGINT',
    ...RAW_FIELDS[kind].map((field) => `${field} VARCHAR`),
  ].join(', ');
  const cells = rows.map((row) => [row.file, BigInt(row.line), ...row.fields]);
  const write = (path: string): Promise<void> =>
    withDuckDb(async (db) => {
      await fillTable(db, 'raw', columns, cells);
      await writeParquet(db, 'SELECT * FROM raw', path);
    });
  const part = { folder: `kind=${kind}`, contentHash: contentHash(columns, cells), rows: rows.length, write };
  const { ref } = await publishDataset({ dataDir, area: 'raw', symbol, writer }, [part]);
  return ref;
}
