import { type Kysely, sql } from 'kysely';
import type { TaskError } from '../model/attempt.ts';
import {
  DEADLINE_STAGES,
  type DeadlineStage,
  HOOK_STATES,
  HOOKS,
  type HookEvent,
  type HookJob,
  type HookRecord,
} from '../model/hook.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import { storable } from './archive.ts';
import { type Fence, fenceScript } from './fence.ts';
import { named } from './records.ts';
import type { Script } from './script.ts';
import { isStopgap, readText } from './stored-text.ts';
import type { Database, HookJobTable } from './tables.ts';

/** Jobs in a state below this one are open; a literal in SQL, so that the partial index is used. */
const FIRST_OVER = HOOK_STATES.indexOf('success');

/** What a run keeps beside its instances: the number of its last hook job, what was told of its deadline. */
export interface RunTold {
  readonly hookNo: number;
  readonly deadline: readonly DeadlineStage[];
}

/** The row of a job that is due. */
export function hookRow(job: HookJob): HookJobTable {
  return {
    run_no: job.runNo,
    hook_no: job.hookNo,
    node_no: job.nodeNo,
    hook: HOOKS.indexOf(job.event.hook),
    position: job.position,
    event: storable(JSON.stringify(job.event)),
    state: 0,
    tries: 0,
    created_at: job.createdAt,
    due_at: job.createdAt,
    started_at: null,
    ended_at: null,
    error: null,
    log_segment: null,
    log_offset: null,
    log_length: null,
  };
}

function toHook(row: HookJobTable): HookRecord {
  const { log_segment: segment, log_offset: offset } = row;
  return {
    runNo: row.run_no as RunNo,
    hookNo: row.hook_no,
    nodeNo: row.node_no as NodeNo | null,
    position: row.position,
    event: readText<HookEvent>('hook_job.event', row.event),
    createdAt: row.created_at,
    state: named(HOOK_STATES, row.state),
    tries: row.tries,
    dueAt: row.due_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    error: readText<TaskError>('hook_job.error', row.error),
    log: segment === null || offset === null ? null : { segment, offset, length: row.log_length },
  };
}

/** The hook jobs of a run, in the order in which they became due. */
export async function readHooks(db: Kysely<Database>, runNo: RunNo): Promise<readonly HookRecord[]> {
  const rows = await db
    .selectFrom('hook_job')
    .selectAll()
    .where('run_no', '=', runNo)
    .orderBy('hook_no')
    .execute();
  return rows.map(toHook);
}

/** One hook job of a run. */
export async function readHook(
  db: Kysely<Database>,
  runNo: RunNo,
  hookNo: number,
): Promise<HookRecord | null> {
  const row = await db
    .selectFrom('hook_job')
    .selectAll()
    .where('run_no', '=', runNo)
    .where('hook_no', '=', hookNo)
    .executeTakeFirst();
  return row === undefined ? null : toHook(row);
}

/** The hook jobs of all runs that are not over and can be read, those due first first. */
export async function readOpenHooks(db: Kysely<Database>): Promise<readonly HookRecord[]> {
  const rows = await db
    .selectFrom('hook_job')
    .selectAll()
    .where('state', '<', sql.lit(FIRST_OVER))
    .orderBy('due_at')
    .orderBy('run_no')
    .orderBy('hook_no')
    .execute();
  return rows.map(toHook).filter(({ event }) => !isStopgap(event));
}

/** What a run was told of; what memory must know to go on with it. */
export async function readTold(db: Kysely<Database>, runNo: RunNo): Promise<RunTold> {
  const last = await db
    .selectFrom('hook_job')
    .select((row) => row.fn.max('hook_no').as('no'))
    .where('run_no', '=', runNo)
    .executeTakeFirst();
  const stages = await db
    .selectFrom('run_deadline')
    .select('stage')
    .where('run_no', '=', runNo)
    .orderBy('stage')
    .execute();
  return { hookNo: last?.no ?? 0, deadline: stages.map(({ stage }) => named(DEADLINE_STAGES, stage)) };
}

/** Writes how far a job has come. A job whose run was deleted is gone with it: nothing happens. */
export function* saveHookScript(db: Kysely<Database>, fence: Fence, job: HookRecord): Script<void> {
  yield* fenceScript(db, fence);
  yield db
    .updateTable('hook_job')
    .set({
      state: HOOK_STATES.indexOf(job.state),
      tries: job.tries,
      due_at: job.dueAt,
      started_at: job.startedAt,
      ended_at: job.endedAt,
      error: job.error === null ? null : storable(JSON.stringify(job.error)),
      log_segment: job.log?.segment ?? null,
      log_offset: job.log?.offset ?? null,
      log_length: job.log?.length ?? null,
    })
    .where('run_no', '=', job.runNo)
    .where('hook_no', '=', job.hookNo);
}
