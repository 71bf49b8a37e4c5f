import type { DuckDBConnection } from '@duckdb/node-api';
import { FatalError, type TaskContext } from 'orch';
import { BAR_RULES, type CleanRows, cleanRows, TRADE_RULES } from './clean-rows.ts';
import { contentHash, datasetFiles, publishDataset } from './dataset.ts';
import { type Cell, fillTable, loadParquet, readRows, withDuckDb, writeParquet } from './duckdb.ts';
import { findGaps, inferStepMs } from './gaps.ts';
import { instantText } from './instants.ts';
import { type DataKind, RAW_FIELDS, type RawRow } from './market.ts';
import { numberText } from './numbers-text.ts';
import { findOutliers } from './outliers.ts';
import type { Cleaned, Collected } from './outputs.ts';
import { readDataParams } from './params.ts';
import { EXAMPLES_MAX, type Quality } from './quality.ts';
import { barCells, CLEAN_COLUMNS, tradeCells } from './tables.ts';

/** More unusable rows than this share mean that the file is not what it claims to be. */
const UNUSABLE_SHARE_MAX = 0.5;
/** More missing bars than this share are worth a sentence in the report. */
const MISSING_SHARE_NOTED = 0.05;

/**
 * Reads, sorts and de-duplicates the raw rows, removes what cannot be true, flags what is unusual, and says
 * all of it in a quality report. Throws `FatalError` when no row is left or most rows are unusable.
 */
export async function clean({ raw }: { raw: Collected }, ctx: TaskContext): Promise<Cleaned> {
  const { dataDir } = readDataParams(ctx);
  const { symbol, kind } = raw;
  const files = await datasetFiles(dataDir, raw.raw);
  return withDuckDb(async (db) => {
    await loadParquet(
      db,
      'raw',
      files.map((file) => file.full),
    );
    const judged = judge(kind, await readRaw(db, kind));
    refuseUnusable(symbol, judged.quality);
    const write = async (path: string): Promise<void> => {
      await fillTable(db, 'clean', CLEAN_COLUMNS[kind], judged.cells);
      await writeParquet(db, 'SELECT * FROM clean', path);
    };
    const hash = contentHash(CLEAN_COLUMNS[kind], judged.cells);
    const part = { folder: `kind=${kind}`, contentHash: hash, rows: judged.cells.length, write };
    const place = { dataDir, area: 'clean', symbol, writer: ctx.attemptId };
    const { ref } = await publishDataset(place, [part]);
    await tell(symbol, judged.quality, ctx);
    return { symbol, kind, quality: judged.quality, data: ref };
  });
}

async function readRaw(db: DuckDBConnection, kind: DataKind): Promise<RawRow[]> {
  const rows = await readRows(db, `SELECT file, line::DOUBLE, ${RAW_FIELDS[kind].join(', ')} FROM raw`);
  return rows.map(([file, line, ...fields]) => ({
    file: file as string,
    line: line as number,
    fields: fields as (string | null)[],
  }));
}

type Judged = { readonly cells: readonly Cell[][]; readonly quality: Quality };

/** Cleans rows of a kind: the rows that stay, as cells of their table, and the quality report. */
export function judge(kind: DataKind, raw: readonly RawRow[]): Judged {
  if (kind === 'bars') {
    const clean = cleanRows(raw, BAR_RULES);
    const times = clean.rows.map((bar) => bar.at);
    const quality = report(
      raw.length,
      clean,
      times,
      clean.rows.map((bar) => bar.close),
      inferStepMs(times),
    );
    return { cells: barCells(clean.rows), quality };
  }
  const clean = cleanRows(raw, TRADE_RULES);
  const times = clean.rows.map((trade) => trade.at);
  const quality = report(
    raw.length,
    clean,
    times,
    clean.rows.map((trade) => trade.price),
    null,
  );
  return { cells: tradeCells(clean.rows), quality };
}

function report(
  rowsIn: number,
  clean: CleanRows<unknown>,
  times: readonly number[],
  prices: readonly number[],
  stepMs: number | null,
): Quality {
  const { gaps, closedDays } = stepMs === null ? { gaps: [], closedDays: 0 } : findGaps(times, stepMs);
  const longest = gaps.toSorted((a, b) => b.missing - a.missing).slice(0, EXAMPLES_MAX);
  const missing = gaps.reduce((sum, gap) => sum + gap.missing, 0);
  const notes: string[] = [];
  if (clean.conflicts.total > 0)
    notes.push('Of rows with the same time and other values the last one was kept.');
  if (missing > MISSING_SHARE_NOTED * (times.length + missing)) {
    notes.push(
      `${numberText(missing)} of ${numberText(times.length + missing)} bars are missing: ` +
        'averages and yearly numbers run across the gaps.',
    );
  }
  return {
    rowsIn,
    rowsOut: times.length,
    stepMs,
    firstAt: times[0] ?? 0,
    lastAt: times.at(-1) ?? 0,
    unreadable: clean.unreadable.finding(),
    impossible: clean.impossible.finding(),
    outOfOrder: clean.outOfOrder,
    duplicates: clean.duplicates.finding(),
    conflicts: clean.conflicts.finding(),
    gaps: { count: gaps.length, missing, longest },
    closedDays,
    outliers: findOutliers(times, prices),
    notes,
  };
}

function refuseUnusable(symbol: string, quality: Quality): void {
  const { rowsIn, rowsOut, unreadable, impossible } = quality;
  const unusable = unreadable.count + impossible.count;
  if (rowsOut > 0 && unusable <= rowsIn * UNUSABLE_SHARE_MAX) return;
  const example = [...unreadable.examples, ...impossible.examples][0] ?? 'there are no rows';
  throw new FatalError(
    `${symbol}: ${unusable} of ${rowsIn} rows are unusable (${unreadable.count} unreadable, ` +
      `${impossible.count} impossible), for example ${example}.`,
  );
}

async function tell(symbol: string, quality: Quality, ctx: TaskContext): Promise<void> {
  const removed = quality.rowsIn - quality.rowsOut;
  const { gaps, outliers } = quality;
  const span = `${instantText(quality.firstAt)} to ${instantText(quality.lastAt)}`;
  ctx.log.info(`${symbol}: ${quality.rowsOut} rows, ${span}`, {
    removed,
    gaps: gaps.count,
    outliers: outliers.count,
  });
  if (removed > 0)
    ctx.log.warn(`${symbol}: ${removed} of ${quality.rowsIn} rows removed; quality.json says which`);
  for (const note of quality.notes) ctx.log.warn(`${symbol}: ${note}`);
  ctx.metric('rowsRemoved', removed);
  ctx.metric('gaps', gaps.count);
  ctx.metric('outliers', outliers.count);
  await ctx.artifact('quality.json', quality);
}
