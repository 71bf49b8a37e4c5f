import { BACKFILL_STATES } from '../../../core/model/backfill.ts';
import { RUN_STATES } from '../../../core/model/states.ts';
import type { StoreEye } from '../store-eye.ts';
import { KNOWN_DAGS } from './known-dags.ts';

/** A DAG has caught up when its newest decided slot is no older than its period and this. */
const SLACK_MS = 2_000;
/** A run of the rounds that is not finished after this is behind. */
const RUN_MS = 10_000;

/** What a project has not come to yet. */
export interface Behind {
  readonly found: readonly string[];
  /** By how much all DAGs together are late. */
  readonly lateMs: number;
}

/** How far a project is behind at an instant; nobody disturbs it. */
export async function behind(eye: StoreEye, now: number): Promise<Behind> {
  const found: string[] = [];
  let allMs = 0;
  const cursors = new Map(
    (await eye.rows('select dag_id, cursor_at from dag')).map((row) => [
      row['dag_id'],
      Number(row['cursor_at'] ?? 0),
    ]),
  );
  for (const { dagId, everySeconds } of KNOWN_DAGS) {
    const lateMs = now - (cursors.get(dagId) ?? 0);
    if (lateMs <= everySeconds * 1_000 + SLACK_MS) continue;
    allMs += lateMs;
    found.push(`${dagId} is decided up to ${lateMs} ms ago`);
  }
  const open = RUN_STATES.indexOf('success');
  const old = `select dag_id, uid from dag_run where state < ${open} and created_at < ${now - RUN_MS}`;
  for (const row of await eye.rows(old)) found.push(`run ${row['uid']} of ${row['dag_id']} is not finished`);
  const asked = await eye.rows('select inbox_id from inbox where answer is null');
  if (asked.length > 0) found.push(`${asked.length} requests wait for their answer`);
  const filling = `select backfill_no from backfill where state = ${BACKFILL_STATES.indexOf('running')}`;
  for (const row of await eye.rows(filling)) found.push(`backfill ${row['backfill_no']} is not done`);
  return { found, lateMs: allMs };
}
