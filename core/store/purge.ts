import type { Kysely } from 'kysely';
import type { RunNo } from '../model/ids.ts';
import { isRunFinished, RUN_STATES } from '../model/states.ts';
import { filesOfCache } from './cache.ts';
import { type Fence, fenceScript } from './fence.ts';
import { rowsOf, type Script } from './script.ts';
import type { PurgePolicy } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** Runs that are looked at in one step, from the oldest of the DAG on. */
const LOOKED_AT = 200;
/** Task instances that go in one step, but for the last run of it. */
const INSTANCES_MAX = 2_000;
const FINISHED = RUN_STATES.flatMap((state, code) => (isRunFinished(state) ? [code] : []));
/** What is stored for the nodes of a run; rows of a node go in this order. */
export const OF_NODE = [
  'task_progress',
  'task_wait',
  'task_checkpoint',
  'task_cache',
  'artifact',
  'task_metric',
  'task_output',
  'task_attempt',
  'task_instance',
] as const;
/** What belongs to a run, in tables without a rule that deletes it with the run. */
const OF_RUN = [...OF_NODE, 'hook_job', 'run_deadline', 'journal'] as const;

/**
 * Deletes the oldest finished runs of a DAG, as many as one short transaction may. Never goes: a run that is
 * not finished, one of the newest ones or the last success, from which partial runs take their inputs, and
 * one that an unfinished run names as theirs. Slots keep their record, so that none is run again.
 *
 * @returns the runs that are gone; empty when nothing is left to delete.
 */
export function* purgeScript(
  db: Kysely<Database>,
  fence: Fence,
  dagId: string,
  { endedBefore, keep }: PurgePolicy,
): Script<readonly RunNo[]> {
  yield* fenceScript(db, fence);
  const ofDag = db.selectFrom('dag_run').where('dag_id', '=', dagId).where('state', 'in', FINISHED);
  const newest = ofDag.select('run_no').orderBy('run_no', 'desc');
  const [firstKept] = yield* rowsOf(newest.limit(1).offset(Math.max(0, keep - 1)));
  if (!firstKept) return [];
  const [success] = yield* rowsOf(newest.where('state', '=', RUN_STATES.indexOf('success')).limit(1));
  const oldest = yield* rowsOf(
    ofDag
      .select(['run_no', 'ended_at', 'counts'])
      .where('run_no', keep === 0 ? '<=' : '<', firstKept.run_no)
      .orderBy('run_no')
      .limit(LOOKED_AT),
  );
  const named = yield* rowsOf(
    db
      .selectFrom('dag_run')
      .select('inputs_from')
      .where('state', 'not in', FINISHED)
      .where('inputs_from', 'is not', null),
  );
  const spared = new Set([success?.run_no, ...named.map((row) => row.inputs_from)]);
  const gone: number[] = [];
  let instances = 0;
  for (const run of oldest) {
    if (instances > INSTANCES_MAX) break;
    if (spared.has(run.run_no) || (run.ended_at ?? Number.POSITIVE_INFINITY) >= endedBefore) continue;
    gone.push(run.run_no);
    instances += instancesIn(run.counts);
  }
  if (gone.length === 0) return [];
  yield* deleteRuns(db, gone);
  return gone as RunNo[];
}

function* deleteRuns(db: Kysely<Database>, gone: readonly number[]): Script<void> {
  for (const table of OF_RUN) yield db.deleteFrom(table).where('run_no', 'in', gone);
  yield db.deleteFrom('dag_run').where('run_no', 'in', gone);
}

/**
 * Deletes one finished run.
 *
 * @returns `false` if it stays, because it is not finished (any more), or an unfinished run takes its inputs
 *   from it.
 */
export function* deleteRunScript(db: Kysely<Database>, fence: Fence, runNo: RunNo): Script<boolean> {
  yield* fenceScript(db, fence);
  const runs = db.selectFrom('dag_run').select('run_no').where('state', 'not in', FINISHED);
  const needed = yield* rowsOf(
    runs.where((run) => run.or([run('run_no', '=', runNo), run('inputs_from', '=', runNo)])).limit(1),
  );
  if (needed.length > 0) return false;
  yield* deleteRuns(db, [runNo]);
  return true;
}

function instancesIn(counts: string | null): number {
  const numbers = Object.values(readText<Record<string, number>>('dag_run.counts', counts ?? '{}'));
  return numbers.reduce((sum, one) => sum + one, 1);
}

/** Deletes requests that were answered before an instant, a thousand at most; how many are gone. */
export function* purgeRequestsScript(
  db: Kysely<Database>,
  fence: Fence,
  answeredBefore: number,
): Script<number> {
  yield* fenceScript(db, fence);
  const old = yield* rowsOf(
    db
      .selectFrom('inbox')
      .select('inbox_id')
      .where('answered_at', '<', answeredBefore)
      .orderBy('inbox_id')
      .limit(1_000),
  );
  const ids = old.map((row) => row.inbox_id);
  if (ids.length > 0) yield db.deleteFrom('inbox').where('inbox_id', 'in', ids);
  return ids.length;
}

/** The hashes of all files that outputs, artifacts and the cache are kept in. */
export async function filesInUse(db: Kysely<Database>): Promise<ReadonlySet<string>> {
  const [outputs, artifacts, cached] = await Promise.all([
    db.selectFrom('task_output').select('sha256').where('sha256', 'is not', null).distinct().execute(),
    db.selectFrom('artifact').select('sha256').distinct().execute(),
    filesOfCache(db),
  ]);
  return new Set([...[...outputs, ...artifacts].map((row) => row.sha256 as string), ...cached]);
}
