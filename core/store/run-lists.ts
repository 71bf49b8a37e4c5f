import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { NO_MAX } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { RUN_STATES, type RunState } from '../model/states.ts';
import { indexRange } from './index-range.ts';
import { named, toRun } from './records.ts';
import { FIRST_OVER, FIRST_OVER_SQL } from './run-codes.ts';
import type { RunFilter } from './store.ts';
import type { DagRunTable, Database } from './tables.ts';

const RUNS_DEFAULT = 100;
/** A list is put together of so many at most; for more DAGs all runs are gone through, the newest first. */
const PARTS_MAX = 50;
/** By so much a clock may be set back without a run being missed that was made since an instant. */
const CLOCK_SLACK_MS = 3_600_000;

/** Runs that an index has in the order of the list, one after the other. */
interface Part {
  readonly rows: RawBuilder<unknown>;
  readonly where: RawBuilder<unknown>;
  readonly order: RawBuilder<unknown>;
}

/** Runs by a filter, newest first, in one statement. */
export async function readRuns(
  db: Kysely<Database>,
  dialect: DialectName,
  filter: RunFilter,
): Promise<readonly RunRecord[]> {
  const query = runsQuery(dialect, filter);
  return query === null ? [] : (await query.execute(db)).rows.map(toRun);
}

/**
 * The rows behind {@link readRuns}; `null` where there can be none. DAGs and states are taken as a range of
 * an index that has the runs in their order: no statistics can make a database sort all runs of a DAG, or go
 * through all runs for one that failed.
 */
export function runsQuery(dialect: DialectName, filter: RunFilter): RawBuilder<DagRunTable> | null {
  const { states, since, limit = RUNS_DEFAULT } = filter;
  const dagIds = filter.dagId === undefined ? null : [...new Set([filter.dagId].flat())];
  if (states?.length === 0 || dagIds?.length === 0) return null;
  const first = since === undefined ? sql.lit(0) : firstSince(since);
  const last = sql`${Math.min((filter.before ?? NO_MAX + 1) - 1, NO_MAX)}`;
  // The sign keeps the index of this column away: it does not have the runs in the order of the list.
  const also = since === undefined ? sql`` : sql` and +created_at >= ${since}`;
  const parts = partsOf(dialect, dagIds, states ?? null, first, last).map(
    ({ rows, where, order }) => sql`${rows} where ${where}${also} order by ${order} limit ${limit}`,
  );
  if (parts.length === 1) return parts[0] as RawBuilder<DagRunTable>;
  const all = parts.map((part) => sql`select * from (${part}) as part`);
  return sql<DagRunTable>`select * from (${sql.join(all, sql` union all `)}) as one
    order by run_no desc limit ${limit}`;
}

function partsOf(
  dialect: DialectName,
  dagIds: readonly string[] | null,
  states: readonly RunState[] | null,
  first: RawBuilder<unknown>,
  last: RawBuilder<unknown>,
): Part[] {
  const rows = sql`select * from dag_run`;
  const byRun = sql`run_no desc`;
  const inRange = sql`run_no >= ${first} and run_no <= ${last}`;
  const between = (...alike: (readonly [string, string | number])[]): Part => ({
    rows,
    ...indexRange(dialect, { alike, column: 'run_no', from: first, to: last, order: 'desc' }),
  });
  const ofDags = dagIds === null ? sql`` : sql` and dag_id || '' in (${sql.join(dagIds)})`;
  const codes = [...new Set(states?.map((state) => RUN_STATES.indexOf(state)))];
  const finished = codes.filter((code) => code >= FIRST_OVER);
  const open = codes.filter((code) => code < FIRST_OVER);
  const areFew = (dagIds?.length ?? 0) * Math.max(1, finished.length) <= PARTS_MAX;
  const each = areFew ? dagIds : null;
  const inDags = areFew ? sql`` : ofDags;
  if (states === null)
    return each === null
      ? [{ rows, where: sql`${inRange}${inDags}`, order: byRun }]
      : each.map((dagId) => between(['dag_id', dagId]));
  const parts = finished
    .flatMap((code) =>
      each === null
        ? [between(['state', code])]
        : each.map((dagId) => between(['dag_id', dagId], ['state', code])),
    )
    .map((part) => ({ ...part, where: sql`state >= ${FIRST_OVER_SQL} and ${part.where}${inDags}` }));
  if (open.length === 0) return parts;
  // Read as a whole by the index of unfinished runs, of which there are few.
  const unfinished = sql`with open as materialized (select * from dag_run where state < ${FIRST_OVER_SQL})
    select * from open`;
  const where = sql`${inRange}${ofDags} and state in (${sql.join(open)})`;
  return [...parts, { rows: unfinished, where, order: byRun }];
}

/**
 * The number of the first run that was made since an instant: runs are numbered in the order in which they
 * are made.
 */
function firstSince(since: number): RawBuilder<unknown> {
  return sql`(select run_no from dag_run where created_at >= ${since - CLOCK_SLACK_MS}
    order by created_at, run_no limit 1)`;
}

/** The newest run of each of some DAGs, by DAG; those that have none are absent. */
export async function readLastRuns(
  db: Kysely<Database>,
  dialect: DialectName,
  dagIds: readonly string[],
): Promise<ReadonlyMap<string, RunRecord>> {
  const rows = await newestOf<DagRunTable>(db, dialect, dagIds, 1, sql`*`);
  return new Map(rows.map((row) => [row.dag_id, toRun(row)]));
}

/** The states of so many of the newest runs of each of some DAGs, by DAG. */
export async function readLastStates(
  db: Kysely<Database>,
  dialect: DialectName,
  dagIds: readonly string[],
  limit: number,
): Promise<ReadonlyMap<string, readonly RunState[]>> {
  const rows = await newestOf<DagRunTable>(db, dialect, dagIds, limit, sql`dag_id, state`);
  const byDag = new Map<string, RunState[]>(dagIds.map((dagId) => [dagId, []]));
  for (const { dag_id, state } of rows) byDag.get(dag_id)?.push(named(RUN_STATES, state));
  return byDag;
}

async function newestOf<Row>(
  db: Kysely<Database>,
  dialect: DialectName,
  dagIds: readonly string[],
  limit: number,
  columns: RawBuilder<unknown>,
): Promise<Row[]> {
  const found: Row[] = [];
  for (let first = 0; first < dagIds.length; first += PARTS_MAX) {
    const queries = dagIds
      .slice(first, first + PARTS_MAX)
      .map((dagId) => sql`select ${columns} from (${runsQuery(dialect, { dagId, limit })}) as newest`);
    found.push(...(await sql<Row>`${sql.join(queries, sql` union all `)}`.execute(db)).rows);
  }
  return found;
}
