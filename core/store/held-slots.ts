import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import type { InstanceRecord, RunRecord } from '../model/run.ts';
import { holdsSlot, RUN_STATES, TASK_STATES } from '../model/states.ts';
import { indexRange } from './index-range.ts';
import { named, toInstance, toRun } from './records.ts';
import { FIRST_OVER, FIRST_OVER_SQL, QUEUED_SQL } from './run-codes.ts';
import type { Database } from './tables.ts';

/** A run that has begun and is not over, as others that wait for slots have to know it. */
export interface ActiveRun extends Pick<RunRecord, 'runNo' | 'dagId' | 'state' | 'startedAt'> {
  readonly backfillNo?: number;
  /** Its instances that hold slots. */
  readonly holds: readonly NodeNo[];
}

interface ActiveRow {
  readonly run_no: number;
  readonly dag_id: string;
  readonly state: number;
  readonly started_at: number | null;
  readonly backfill_no: number | null;
  readonly holds: string | null;
}

/**
 * The runs under way and the paused ones as of one moment, oldest first, with what each holds. One that is
 * queued holds nothing, however many there are.
 */
export async function readActiveRuns(db: Kysely<Database>): Promise<readonly ActiveRun[]> {
  const holding = [...TASK_STATES.keys()].filter(holdsSlot);
  const { rows } = await sql<ActiveRow>`
    select r.run_no, r.dag_id, r.state, r.started_at, r.backfill_no, (
      select string_agg(cast(i.node_no as text), ',') from task_instance as i
      where i.run_no = r.run_no and i.state in (${sql.join(holding)})
    ) as holds
    from dag_run as r where r.state > ${QUEUED_SQL} and r.state < ${FIRST_OVER_SQL}`.execute(db);
  const oldestFirst = rows.toSorted((a, b) => a.run_no - b.run_no);
  return oldestFirst.map(({ holds, backfill_no: backfillNo, ...row }) => ({
    runNo: row.run_no as RunNo,
    dagId: row.dag_id,
    state: named(RUN_STATES, row.state),
    startedAt: row.started_at,
    ...(backfillNo === null ? {} : { backfillNo }),
    holds: holds === null ? [] : holds.split(',').map((node) => Number(node) as NodeNo),
  }));
}

/** How many runs of a DAG are not over. */
export async function readOpenCount(
  db: Kysely<Database>,
  dialect: DialectName,
  dagId: string,
): Promise<number> {
  const counts = [...RUN_STATES.keys()].slice(0, FIRST_OVER).map((state) => {
    const range = { column: 'dag_id', from: sql`${dagId}`, to: sql`${dagId}`, order: 'asc' } as const;
    const { where } = indexRange(dialect, { alike: [['state', sql.lit(state)]], ...range });
    return sql`(select count(*) from dag_run where state < ${FIRST_OVER_SQL} and ${where})`;
  });
  const { rows } = await sql<{ readonly runs: number }>`select ${sql.join(counts, sql` + `)} as runs`.execute(
    db,
  );
  return rows[0]?.runs ?? 0;
}

/** The records of some runs, in no order. */
export async function readRunsOf(
  db: Kysely<Database>,
  runNos: readonly RunNo[],
): Promise<readonly RunRecord[]> {
  if (runNos.length === 0) return [];
  return (await db.selectFrom('dag_run').selectAll().where('run_no', 'in', runNos).execute()).map(toRun);
}

/** The instances of some runs that have a row, by run. */
export async function readInstancesOf(
  db: Kysely<Database>,
  runNos: readonly RunNo[],
): Promise<ReadonlyMap<RunNo, readonly InstanceRecord[]>> {
  if (runNos.length === 0) return new Map();
  const rows = await db.selectFrom('task_instance').selectAll().where('run_no', 'in', runNos).execute();
  return Map.groupBy(rows.map(toInstance), ({ runNo }) => runNo);
}
