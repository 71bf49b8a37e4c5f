import type { Action } from '../../core/model/action.ts';
import { becauseNumber } from '../../core/model/because.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import type { NodeNo, RunNo, VersionNo } from '../../core/model/ids.ts';
import { S } from '../../core/model/states.ts';
import type { Lease, Store } from '../../core/store/store.ts';
import { copyRuns, type Statements } from './copy-runs.ts';
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
/** Of the ad-hoc tasks the newest so many wait for their turn. */
const OPEN = 2_000;
/** Runs that are decided one by one; further ones are copies. In so many every kind of task occurs. */
const BLOCK = 3_000;
/** Actions that are committed at once. */
const BATCH = 5_000;

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

/** Fills a new store with what finished long ago. The lease is of who fills it last. */
export async function fillHistory(
  store: Store,
  statements: Statements,
  { runs, tasks, keys, queue }: History,
): Promise<Lease> {
  let lead = await Lead.of(store);
  const wideNo = await lead.save(wide(tasks));
  await lead.commit(range(1, Math.min(BLOCK, runs)).flatMap((run) => runOf(run, 'wide', wideNo, tasks)));
  await lead.lease.release();
  await copyRuns(statements, { first: 1, size: Math.min(BLOCK, runs), runs });

  lead = await Lead.of(store);
  await lead.commit(fanOf(runs + 1, await lead.save(fan), keys));
  const broadNo = await lead.save(wide(BROAD.tasks, 'broad'));
  const broad = range(runs + 2, BROAD.runs);
  await lead.commit(broad.flatMap((run, at) => runOf(run, 'broad', broadNo, BROAD.tasks, at % 2 === 1)));
  const versions: VersionNo[] = [];
  for (const type of taskTypes) versions.push(await lead.save(type));
  const first = runs + 2 + BROAD.runs;
  const ended = Math.max(0, queue - OPEN);
  const tasksOf = (from: number, count: number) =>
    range(from, count).flatMap((at) => adHocTask(first + at, at, at >= ended, versions));
  await lead.commit(tasksOf(0, Math.min(BLOCK, ended)));
  await lead.lease.release();
  if (ended > 0) await copyRuns(statements, { first, size: Math.min(BLOCK, ended), runs: ended });

  lead = await Lead.of(store);
  await lead.commit(tasksOf(ended, queue - ended));
  return lead.lease;
}

/** Who decides about a store that nobody else leads. */
class Lead {
  readonly lease: Lease;
  readonly #store: Store;
  #tick: number;

  private constructor(store: Store, lease: Lease, tick: number) {
    this.#store = store;
    this.lease = lease;
    this.#tick = tick;
  }

  static async of(store: Store): Promise<Lead> {
    const lease = await store.tryLead();
    if (lease === null) throw new Error('somebody leads the store of a bench');
    return new Lead(store, lease, (await store.counters()).tick);
  }

  /** Commits actions, in batches. */
  async commit(actions: readonly Action[]): Promise<void> {
    for (let at = 0; at < actions.length; at += BATCH) {
      const no = ++this.#tick;
      const tick = { no, at: AT + no, actions: actions.slice(at, at + BATCH) };
      const result = await this.#store.commit(this.lease, tick);
      if (!result.ok) throw new Error(`the store was not filled: ${result.why}`);
    }
  }

  save(spec: DagSpec): Promise<VersionNo> {
    const about = { dagId: spec.id, graphHash: 'g', codeHash: 'c', file: `dags/${spec.id}.ts` };
    return this.#store.saveVersion(this.lease, { ...about, spec, createdAt: AT });
  }
}

/** A finished run of a DAG without fan-outs, of which the first task may have failed. */
function runOf(run: number, dagId: string, versionNo: VersionNo, tasks: number, isFailed = false): Action[] {
  const instances = range(0, tasks).map((node) => succeeded(run, node));
  if (isFailed) instances[0] = { ...succeeded(run, 0), ...FAILED };
  const counts = isFailed ? { success: tasks - 1, failed: 1 } : { success: tasks };
  const [create, end] = finished(run, dagId, versionNo, counts);
  return [create as Action, ...instances, end as Action];
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

function fanOf(run: number, versionNo: VersionNo, count: number): Action[] {
  const keys = Array.from({ length: count }, (_, at) => `key${at}`);
  const at = { runNo: run as RunNo, base: 2 as NodeNo, fanOut: 0, parentBase: 0 as NodeNo };
  const [create, end] = finished(run, 'fan', versionNo, { success: count });
  const expand: Action = { type: 'expand', expansion: { ...at, keys, items: null, gone: [] }, keys: count };
  return [create as Action, expand, ...keys.map((_, index) => succeeded(run, 2 + index)), end as Action];
}
