import { TASK, taskAt } from '../graph/graph.ts';
import type { RunRecord } from '../model/run.ts';
import { type Spread, spreadOf } from '../model/spread.ts';
import { S } from '../model/states.ts';
import { nodeRanges } from './node-ranges.ts';
import { lengthsOf } from './run-outcomes.ts';
import { readFrames } from './state-tables.ts';
import type { Store } from './store.ts';

/** Of a DAG so many of its newest finished runs are looked at. */
export const TASK_RUNS_MAX = 200;
/** Fewer if they have more instances than so many: the newest one is looked at however many it has. */
const INSTANCES_MAX = 20_000;

/** How the instances of a task went, all its keys together. */
export interface TaskStats {
  readonly taskId: string;
  /** Instances that ran. */
  readonly instances: number;
  readonly success: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of the instances that ran; `null` without any. */
  readonly successRate: number | null;
  /** Of the last attempt of each instance. */
  readonly durationMs: Spread | null;
  /** From when that attempt had its slot to its start. */
  readonly queueMs: Spread | null;
  /** Attempts beyond the first ones. */
  readonly retries: number;
}

/** The figures of the tasks of a DAG, and how many of its runs they are of. */
export interface TaskStatsOfRuns {
  readonly runs: number;
  readonly tasks: readonly TaskStats[];
}

interface Gathered {
  success: number;
  failed: number;
  skipped: number;
  retries: number;
  readonly durations: number[];
  readonly waits: number[];
}

/**
 * The figures of the tasks of a DAG over its newest finished runs that were made since an instant, or of all,
 * in the order of their first instances.
 */
export async function collectTaskStats(
  store: Store,
  dagId: string,
  since: number | null,
  most = TASK_RUNS_MAX,
): Promise<TaskStatsOfRuns> {
  const runs = await lookedRuns(store, dagId, since, most);
  const frames = [...(await readFrames(store, runs)).values()];
  const byTask = new Map<string, Gathered>();
  // Runs of one version and scope have the same tasks under the same numbers.
  const alike = Map.groupBy(frames, ({ record }) => JSON.stringify([record.versionNo, record.scope]));
  for (const some of alike.values()) {
    const { graph, selected } = some[0] as (typeof frames)[number];
    const ranges = some.flatMap((frame) => nodeRanges(frame).filter(({ isWanted }) => isWanted));
    const counts = await store.overview.tookCounts(ranges);
    for (const { template, state, instances, retries, took, waited } of counts.toSorted(byTemplate)) {
      if (graph.kind[template] !== TASK || selected[template] !== 1) continue;
      const { path } = taskAt(graph, template);
      const one = byTask.get(path) ?? newGathered();
      byTask.set(path, one);
      if (state === S.success) one.success += instances;
      else if (state === S.failed) one.failed += instances;
      else if (state === S.skipped) one.skipped += instances;
      one.retries += retries;
      addLengths(one.durations, took);
      addLengths(one.waits, waited);
    }
  }
  return { runs: runs.length, tasks: [...byTask].map(([taskId, one]) => figures(taskId, one)) };
}

async function lookedRuns(
  store: Store,
  dagId: string,
  since: number | null,
  most: number,
): Promise<readonly RunRecord[]> {
  const newest = await store.runs({
    dagId,
    states: ['success', 'failed', 'cancelled'],
    limit: most,
    ...(since === null ? {} : { since }),
  });
  const counts = await store.runCounts(newest.map(({ runNo }) => runNo));
  let left = INSTANCES_MAX;
  return newest.filter(({ runNo }, at) => {
    left -= Object.values(counts.get(runNo) ?? {}).reduce((sum, instances) => sum + instances, 0);
    return at === 0 || left >= 0;
  });
}

function byTemplate(a: { readonly template: number }, b: { readonly template: number }): number {
  return a.template - b.template;
}

function addLengths(to: number[], text: string | null): void {
  for (const length of lengthsOf(text)) to.push(Math.max(0, length));
}

function newGathered(): Gathered {
  return { success: 0, failed: 0, skipped: 0, retries: 0, durations: [], waits: [] };
}

function figures(taskId: string, gathered: Gathered): TaskStats {
  const { success, failed, skipped, retries, durations, waits } = gathered;
  return {
    taskId,
    instances: success + failed,
    success,
    failed,
    skipped,
    successRate: success + failed === 0 ? null : success / (success + failed),
    durationMs: spreadOf(durations),
    queueMs: spreadOf(waits),
    retries,
  };
}
