import { type Kysely, sql } from 'kysely';
import type { NodeNo, RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { holdsSlot, RUN_STATES, TASK_STATES } from '../model/states.ts';
import { named, toRun } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
import type { Database } from './tables.ts';

/** An unfinished run as others that wait for slots have to know it. */
export interface OpenRun extends Pick<RunRecord, 'runNo' | 'dagId' | 'state' | 'startedAt'> {
  readonly backfillNo?: number;
  /** Its instances that hold slots. */
  readonly holds: readonly NodeNo[];
}

interface OpenRow {
  readonly run_no: number;
  readonly dag_id: string;
  readonly state: number;
  readonly started_at: number | null;
  readonly backfill_no: number | null;
  readonly holds: string | null;
}

/** The unfinished runs as of one moment, oldest first, with what each holds. */
export async function readOpenRuns(db: Kysely<Database>): Promise<readonly OpenRun[]> {
  const holding = [...TASK_STATES.keys()].filter(holdsSlot);
  const { rows } = await sql<OpenRow>`
    select r.run_no, r.dag_id, r.state, r.started_at, r.backfill_no, (
      select string_agg(cast(i.node_no as text), ',') from task_instance as i
      where i.run_no = r.run_no and i.state in (${sql.join(holding)})
    ) as holds
    from dag_run as r where r.state < ${FIRST_OVER_SQL} order by r.run_no`.execute(db);
  return rows.map(({ holds, backfill_no: backfillNo, ...row }) => ({
    runNo: row.run_no as RunNo,
    dagId: row.dag_id,
    state: named(RUN_STATES, row.state),
    startedAt: row.started_at,
    ...(backfillNo === null ? {} : { backfillNo }),
    holds: holds === null ? [] : holds.split(',').map((node) => Number(node) as NodeNo),
  }));
}

/** The records of some runs, in no order. */
export async function readRunsOf(
  db: Kysely<Database>,
  runNos: readonly RunNo[],
): Promise<readonly RunRecord[]> {
  if (runNos.length === 0) return [];
  return (await db.selectFrom('dag_run').selectAll().where('run_no', 'in', runNos).execute()).map(toRun);
}
