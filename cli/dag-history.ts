import type { DagSpec } from '../core/model/dag.ts';
import { quantile } from '../core/model/quantile.ts';
import type { Store } from '../core/store/store.ts';
import { addDurations, readRunSamples, tellingRuns } from '../core/store/task-history.ts';

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
  for (const runNo of await tellingRuns(store, id)) {
    const samples = await readRunSamples(store, runNo);
    addDurations(times, samples?.tasks ?? []);
    for (const [path, list] of samples?.keys ?? []) if (!keys.has(path)) keys.set(path, list);
  }
  return { durations: new Map([...times].map(([path, all]) => [path, quantile(all, 0.5)])), keys };
}
