import type { Action } from '../../core/model/action.ts';
import { becauseNumber } from '../../core/model/because.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import type { NodeNo, RunNo } from '../../core/model/ids.ts';
import { S } from '../../core/model/states.ts';
import type { Lease, Store } from '../../core/store/store.ts';
import { adHocTask, taskTypes } from './fill-queue.ts';
import { AT, finished, succeeded } from './past-runs.ts';

/** What a store of a bench holds. */
export interface History {
  /** Finished runs of DAG `wide`. */
  readonly runs: number;
  /** Tasks of each. */
  readonly tasks: number;
  /** Keys of the one run of DAG `fan`, which is the newest. */
  readonly keys: number;
  /** Ad-hoc tasks, after all of these. */
  readonly queue: number;
}

/** Of DAG `broad`, whose grid is larger than any screen. */
const BROAD = { tasks: 200, runs: 50 } as const;
/** What became of one task in every second of these runs: what is all alike is not read one by one. */
const FAILED = { to: S.failed, because: becauseNumber('retries_spent'), reason: 1 } as const;
/** Instances that are committed at once. */
const BATCH = 5_000;
/** Ad-hoc tasks that are committed at once. */
const QUEUE_BATCH = 1_000;

const fan: DagSpec = {
  v: 1,
  id: 'fan',
  tasks: [{ path: 'key.work', fanOut: 0, action: { kind: 'pass' } }],
  fanOuts: [{ path: 'key', over: 'params.keys' }],
};

/** DAG `wide`, and DAG `broad` with the grid of many tasks. */
function wide(tasks: number, id = 'wide'): DagSpec {
  const all = Array.from({ length: tasks }, (_, at) => ({
    path: `task${at}`,
    action: { kind: 'pass' } as const,
  }));
  return { v: 1, id, tasks: all };
}

/** Fills a new store with what finished long ago. */
export async function fillHistory(store: Store, lease: Lease, history: History): Promise<void> {
  let tick = (await store.counters()).tick;
  const commit = async (actions: readonly Action[]): Promise<void> => {
    const result = await store.commit(lease, { no: ++tick, at: AT + tick, actions });
    if (!result.ok) throw new Error(`the store was not filled: ${result.why}`);
  };
  const save = (spec: DagSpec) =>
    store.saveVersion(lease, {
      dagId: spec.id,
      graphHash: 'g',
      codeHash: 'c',
      file: `dags/${spec.id}.ts`,
      spec,
      createdAt: AT,
    });
  const wideNo = await save(wide(history.tasks));
  const fanNo = await save(fan);
  let batch: Action[] = [];
  for (let run = 1; run <= history.runs; run++) {
    const instances = Array.from({ length: history.tasks }, (_, node) => succeeded(run, node));
    const [create, end] = finished(run, 'wide', wideNo, { success: history.tasks });
    batch.push(create as Action, ...instances, end as Action);
    if (batch.length < BATCH && run < history.runs) continue;
    await commit(batch);
    batch = [];
  }
  await commit(fanOf(history.runs + 1, fanNo, history.keys));
  const broadNo = await save(wide(BROAD.tasks, 'broad'));
  for (let at = 0; at < BROAD.runs; at++) {
    const run = history.runs + 2 + at;
    const instances = Array.from({ length: BROAD.tasks }, (_, node) => succeeded(run, node));
    const counts = { success: BROAD.tasks - (at % 2), ...(at % 2 === 1 ? { failed: 1 } : {}) };
    if (at % 2 === 1) instances[0] = { ...succeeded(run, 0), ...FAILED };
    const [create, end] = finished(run, 'broad', broadNo, counts);
    await commit([create as Action, ...instances, end as Action]);
  }
  const versions = await Promise.all(taskTypes.map(save));
  const firstTask = history.runs + 2 + BROAD.runs;
  for (let first = 0; first < history.queue; first += QUEUE_BATCH) {
    const size = Math.min(QUEUE_BATCH, history.queue - first);
    const tasks = Array.from({ length: size }, (_, at) =>
      adHocTask(firstTask + first + at, first + at, history.queue, versions),
    );
    await commit(tasks.flat());
  }
}

function fanOf(run: number, versionNo: number, count: number): Action[] {
  const keys = Array.from({ length: count }, (_, at) => `key${at}`);
  const at = { runNo: run as RunNo, base: 2 as NodeNo, fanOut: 0, parentBase: 0 as NodeNo };
  const [create, end] = finished(run, 'fan', versionNo, { success: count });
  const expand: Action = { type: 'expand', expansion: { ...at, keys, items: null, gone: [] }, keys: count };
  return [create as Action, expand, ...keys.map((_, index) => succeeded(run, 2 + index)), end as Action];
}
