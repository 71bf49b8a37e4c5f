import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { Grant } from '../model/account.ts';
import { becauseNumber } from '../model/because.ts';
import type { InstanceRecord, RunRecord } from '../model/run.ts';
import { S } from '../model/states.ts';
import { isOfGrants } from './dag-reads.ts';
import { toInstance, toRun } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
import type { Database, TaskInstanceTable } from './tables.ts';

/** Which task instances that wait for an answer are wanted. */
export interface WaitingFilter {
  /** Of DAGs that these are about. */
  readonly grants: readonly Grant[];
  /** Those behind this one, by run and node. */
  readonly after: { readonly runNo: number; readonly node: number };
  readonly limit: number;
}

/** A task instance that waits for an answer, and its run. */
export interface WaitingInstance {
  readonly run: RunRecord;
  readonly instance: InstanceRecord;
}

/** The task instances that wait for an answer of people, those of the oldest run first. */
export async function readWaiting(
  db: Kysely<Database>,
  dialect: DialectName,
  { grants, after, limit }: WaitingFilter,
): Promise<readonly WaitingInstance[]> {
  const isWaiting = sql`i.run_no = r.run_no and i.state = ${S.waiting}
    and i.because = ${becauseNumber('waits_answer')}
    and (i.run_no > ${after.runNo} or i.node_no > ${after.node})`;
  // Run by run, from the one behind which a page begins until it is full: PostgreSQL would go through the
  // instances of all runs beside the few that are open, SQLite joins in the order that is written.
  const ofRun =
    dialect === 'sqlite'
      ? sql`task_instance as i on ${isWaiting}`
      : sql`lateral (select * from task_instance as i where ${isWaiting} offset 0) as i on true`;
  const { rows } = await sql<TaskInstanceTable>`select i.* from dag_run as r join ${ofRun}
    where r.state < ${FIRST_OVER_SQL} and r.run_no >= ${after.runNo}
      and ${isOfGrants(sql`r.dag_id`, grants)}
    order by r.run_no, i.node_no limit ${limit}`.execute(db);
  if (rows.length === 0) return [];
  const found = await db
    .selectFrom('dag_run')
    .selectAll()
    .where('run_no', 'in', [...new Set(rows.map((row) => row.run_no))])
    .execute();
  const runs = new Map(found.map((row) => [row.run_no, toRun(row)]));
  return rows.flatMap((row) => {
    const run = runs.get(row.run_no);
    return run === undefined ? [] : [{ run, instance: toInstance(row) }];
  });
}
