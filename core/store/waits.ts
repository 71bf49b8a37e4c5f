import type { Kysely } from 'kysely';
import type { NodeNo, RunNo, TryNo } from '../model/ids.ts';
import type { CheckpointRecord, WaitRecord } from '../model/run.ts';
import { isReadable } from './stored-text.ts';
import type { Database } from './tables.ts';

/** What the instances of a run carry that were put off, by node. */
export async function readWaits(
  db: Kysely<Database>,
  runNo: RunNo,
): Promise<ReadonlyMap<NodeNo, WaitRecord>> {
  const rows = await db
    .selectFrom('task_wait')
    .selectAll()
    .where('run_no', '=', runNo)
    .where('since_at', 'is not', null)
    .execute();
  return new Map(
    rows.map(({ node_no, since_at, calls, iterations, state }) => [
      node_no as NodeNo,
      { sinceAt: since_at as number, calls, iterations, state },
    ]),
  );
}

/** From what the instances of a run can go on, by node. */
export async function readCheckpoints(
  db: Kysely<Database>,
  runNo: RunNo,
): Promise<ReadonlyMap<NodeNo, CheckpointRecord>> {
  const rows = await db.selectFrom('task_checkpoint').selectAll().where('run_no', '=', runNo).execute();
  return new Map(
    rows.flatMap(({ node_no, try_no, at, state }) =>
      state === null || !isReadable('task_checkpoint.state', state)
        ? []
        : [[node_no as NodeNo, { tryNo: try_no as TryNo, at, state }] as const],
    ),
  );
}
