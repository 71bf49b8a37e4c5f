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
/** Rounds of each kind, in turns. */
const ROUNDS = 3;
/** The indexes that have tasks of the queue alone, but for the one of the list without a filter. */
const QUEUE_INDEX = /^dag_run_task_/;

/** What is kept of tasks beside their rows. */
const KEPT = { indexes: 'index', tally: 'trigger' } as const;
type Kept = keyof typeof KEPT;

/** CPU time for an ad-hoc task, in microseconds: as it is, and without what is kept of it. */
export interface MakeCost extends Readonly<Record<Kept, number>> {
  readonly whole: number;
}

/**
 * CPU time of this process and its database for an ad-hoc task that is made and has ended, as it is, without
 * the indexes of the queue and without its tally: the least of some rounds each.
 */
export async function makeCost(store: Store, lease: Lease, statements: Statements): Promise<MakeCost> {
  const [type] = await store.versionsOf('type0', 1);
  if (type === undefined) throw new Error('there is no task type');
  const least = {
    whole: Number.POSITIVE_INFINITY,
    indexes: Number.POSITIVE_INFINITY,
    tally: Number.POSITIVE_INFINITY,
  };
  const round = async (of: keyof MakeCost): Promise<void> => {
    least[of] = Math.min(least[of], await makeTasks(store, lease, type.versionNo));
  };
  for (let at = 0; at < ROUNDS; at++) {
    await round('whole');
    for (const kept of ['indexes', 'tally'] as const) {
      const made = await madeOf(statements, kept);
      for (const { drop } of made) await statements.run(drop);
      await round(kept);
      for (const { again } of made) await statements.run(again);
    }
  }
  return least;
}

/** How what is kept of tasks goes, and comes again. */
async function madeOf(
  { kind, run }: Statements,
  kept: Kept,
): Promise<readonly { readonly drop: string; readonly again: string }[]> {
  const questions = {
    indexes: "select indexname as name, indexdef as made from pg_indexes where schemaname = 'orch'",
    tally: 'select tgname as name, pg_get_triggerdef(oid) as made from pg_trigger where not tgisinternal',
  };
  const found = await run(
    kind === 'sqlite'
      ? `select name, sql as made from sqlite_schema where type = '${KEPT[kept]}'`
      : questions[kept],
  );
  const ofTable = kind === 'postgres' && kept === 'tally' ? ' on dag_run' : '';
  return found
    .filter(({ name }) => (kept === 'tally' ? /^queue_tally_/ : QUEUE_INDEX).test(String(name)))
    .map(({ name, made }) => ({ drop: `drop ${KEPT[kept]} ${name}${ofTable}`, again: String(made) }));
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
