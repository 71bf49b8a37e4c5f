import type { Action } from '../../core/model/action.ts';
import type { VersionNo } from '../../core/model/ids.ts';
import type { Lease, Store } from '../../core/store/store.ts';
import { childrenCpuMs } from '../children-cpu.ts';
import type { Statements } from './copy-runs.ts';
import { adHocTask } from './fill-queue.ts';
import { AT } from './past-runs.ts';

/** Tasks that are made at once, and in each round. */
const AT_ONCE = 16;
const ROUND = 4_000;
/** Rounds with the indexes and without them, in turns. */
const ROUNDS = 3;
/** The indexes that have tasks of the queue alone, but for the one of the list without a filter. */
const QUEUE_INDEX = /^dag_run_task_/;

/**
 * CPU time of this process and its database for an ad-hoc task that is made and has ended, in microseconds,
 * with the indexes of the queue and without them: the least of some rounds each.
 */
export async function makeCost(
  store: Store,
  lease: Lease,
  statements: Statements,
): Promise<{ readonly withIndexes: number; readonly without: number }> {
  const found = await statements.run(
    statements.kind === 'sqlite'
      ? "select name, sql as made from sqlite_schema where type = 'index'"
      : "select indexname as name, indexdef as made from pg_indexes where schemaname = 'orch'",
  );
  const indexes = found.filter(({ name }) => QUEUE_INDEX.test(String(name)));
  const [type] = await store.versionsOf('type0', 1);
  if (type === undefined) throw new Error('there is no task type');
  const least = { withIndexes: Number.POSITIVE_INFINITY, without: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    least.withIndexes = Math.min(least.withIndexes, await makeTasks(store, lease, type.versionNo));
    for (const { name } of indexes) await statements.run(`drop index ${name}`);
    least.without = Math.min(least.without, await makeTasks(store, lease, type.versionNo));
    for (const { made } of indexes) await statements.run(String(made));
  }
  return least;
}

async function makeTasks(store: Store, lease: Lease, versionNo: VersionNo): Promise<number> {
  const { runNo, tick } = await store.counters();
  let no = tick;
  const commit = async (actions: Action[]): Promise<void> => {
    const result = await store.commit(lease, { no: ++no, at: AT + no, actions });
    if (!result.ok) throw new Error(`tasks were not made: ${result.why}`);
  };
  const before = process.cpuUsage();
  const databaseBefore = childrenCpuMs();
  for (let first = 0; first < ROUND; first += AT_ONCE) {
    const tasks = Array.from({ length: AT_ONCE }, (_, at) =>
      adHocTask(runNo + 1 + first + at, first + at, false, [versionNo]),
    );
    await commit(tasks.flatMap(([made]) => made ?? []));
    await commit(tasks.flatMap(([, ...rest]) => rest));
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system + (childrenCpuMs() - databaseBefore) * 1_000) / ROUND;
}
