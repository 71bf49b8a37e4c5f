import type { RunRecord } from '../model/run.ts';
import { type Spread, spreadOf } from '../model/spread.ts';
import { isRunFinished } from '../model/states.ts';
import { readFrames } from './state-tables.ts';
import type { Store } from './store.ts';
import { samplesOf } from './task-history.ts';

/** Of a DAG so many of its newest finished runs are looked at: their instances are read one by one. */
export const TASK_RUNS_MAX = 200;

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

interface Gathered {
  success: number;
  failed: number;
  skipped: number;
  retries: number;
  readonly durations: number[];
  readonly waits: number[];
}

/** The figures of the tasks of a DAG over its newest finished runs, in the order of their first instances. */
export async function collectTaskStats(
  store: Store,
  runs: readonly RunRecord[],
  most = TASK_RUNS_MAX,
): Promise<TaskStats[]> {
  const byTask = new Map<string, Gathered>();
  const looked = runs.filter(({ state }) => isRunFinished(state)).slice(0, most);
  const frames = await readFrames(store, looked);
  for (const [runNo, frame] of frames) {
    for (const { path, row } of samplesOf(frame, await store.instances(runNo))) {
      const one = byTask.get(path) ?? newGathered();
      byTask.set(path, one);
      if (row.state === 'success') one.success++;
      else if (row.state === 'failed') one.failed++;
      else if (row.state === 'skipped') one.skipped++;
      one.retries += Math.max(0, row.tryNo - 1);
      if (row.startedAt === null || row.endedAt === null) continue;
      one.durations.push(Math.max(0, row.endedAt - row.startedAt));
      if (row.queuedAt !== null) one.waits.push(Math.max(0, row.startedAt - row.queuedAt));
    }
  }
  return [...byTask].map(([taskId, one]) => figures(taskId, one));
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
