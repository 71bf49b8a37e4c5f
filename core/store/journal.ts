import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { BECAUSE_CODES, because, type Facts } from '../model/because.ts';
import type { DagSpec } from '../model/dag.ts';
import type { NodeNo, RunNo, TryNo } from '../model/ids.ts';
import { RUN_STATES, TASK_STATES } from '../model/states.ts';
import { indexRange } from './index-range.ts';
import { named } from './records.ts';
import type { JournalFilter, JournalRecord } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database, JournalTable } from './tables.ts';

const LINES_DEFAULT = 1000;
/** What `from` and `to` of a line say that is about no state. */
const NO_STATE = 'none';

/** Lines of the journal after a number, oldest first, with names for all codes. */
export async function readJournal(
  db: Kysely<Database>,
  dialect: DialectName,
  filter: JournalFilter,
): Promise<readonly JournalRecord[]> {
  const rows = await journalQuery(db, dialect, filter).execute();
  const fanOuts = await fanOutPaths(db, rows);
  return rows.map((row) => toLine(row, fanOuts));
}

/** The rows behind {@link readJournal}; by the index on runs, or by the number of the line. */
export function journalQuery(db: Kysely<Database>, dialect: DialectName, filter: JournalFilter) {
  const { runNo, afterSeq = 0, limit = LINES_DEFAULT } = filter;
  const lines = db.selectFrom('journal').selectAll().limit(limit);
  if (runNo === undefined) return lines.where('seq', '>', afterSeq).orderBy('seq');
  const { where, order } = indexRange(dialect, {
    alike: [['run_no', runNo]],
    column: 'seq',
    from: sql`${afterSeq + 1}`,
    to: sql.lit(Number.MAX_SAFE_INTEGER),
    order: 'asc',
  });
  return lines.where(where).orderBy(order);
}

function toLine(row: JournalTable, fanOuts: ReadonlyMap<number, readonly string[]>): JournalRecord {
  const names: readonly string[] = row.node_no === null ? RUN_STATES : TASK_STATES;
  const code = named(BECAUSE_CODES, row.because);
  let facts: Facts = readText<Facts>('journal.facts', row.facts) ?? {};
  if (code === 'expanded' && typeof facts['fanOut'] === 'number') {
    const path = fanOuts.get(row.run_no ?? -1)?.[facts['fanOut']];
    if (path !== undefined) facts = { ...facts, fanOut: path };
  }
  return {
    seq: row.seq,
    at: row.at,
    epoch: row.epoch,
    runNo: row.run_no as RunNo | null,
    nodeNo: row.node_no as NodeNo | null,
    tryNo: row.try_no as TryNo | null,
    from: row.from_state < 0 ? NO_STATE : named(names, row.from_state),
    to: row.to_state < 0 ? NO_STATE : named(names, row.to_state),
    because: because(code, facts),
  };
}

/** Paths of the fan-outs of every run that expanded one in these lines. */
async function fanOutPaths(
  db: Kysely<Database>,
  rows: readonly JournalTable[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const expanded = BECAUSE_CODES.indexOf('expanded');
  const runs = new Set<number>();
  for (const row of rows) if (row.because === expanded && row.run_no !== null) runs.add(row.run_no);
  if (runs.size === 0) return new Map();
  const specs = await db
    .selectFrom('dag_run')
    .innerJoin('dag_version', 'dag_version.version_no', 'dag_run.version_no')
    .select(['dag_run.run_no', 'dag_version.spec'])
    .where('dag_run.run_no', 'in', [...runs])
    .execute();
  return new Map(specs.map(({ run_no, spec }) => [run_no, pathsOf(readText('dag_version.spec', spec))]));
}

function pathsOf(spec: DagSpec): readonly string[] {
  return spec.fanOuts?.map((fanOut) => fanOut.path) ?? [];
}
