import type { DagSpec } from '../core/model/dag.ts';
import { quantile } from '../core/model/quantile.ts';
import type { Store } from '../core/store/store.ts';
import { readRunSamples } from '../core/store/task-history.ts';

/** So many of the newest finished runs of a DAG are looked at. */
const RUNS_MAX = 30;

/** What past runs of a DAG tell about the next ones. */
export interface DagHistory {
  /** Median time of the successes of each task that has any, by its path, in milliseconds. */
  readonly durations: ReadonlyMap<string, number>;
  /** Keys that each fan-out had in the newest run that had some, by its path. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/** Reads what the newest finished runs of a DAG tell. */
export async function readDagHistory(store: Store, { id }: DagSpec): Promise<DagHistory> {
  const times = new Map<string, number[]>();
  const keys = new Map<string, readonly string[]>();
  const runs = await store.runs({ dagId: id, states: ['success', 'failed'], limit: RUNS_MAX });
  for (const { runNo } of runs) {
    const samples = await readRunSamples(store, runNo);
    for (const { path, row } of samples?.tasks ?? []) {
      if (row.state !== 'success' || row.startedAt === null || row.endedAt === null) continue;
      const known = times.get(path) ?? [];
      known.push(Math.max(0, row.endedAt - row.startedAt));
      times.set(path, known);
    }
    for (const [path, list] of samples?.keys ?? []) if (!keys.has(path)) keys.set(path, list);
  }
  return { durations: new Map([...times].map(([path, all]) => [path, quantile(all, 0.5)])), keys };
}
