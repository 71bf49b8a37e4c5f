import { quantile } from '../model/quantile.ts';
import type { DurationHistory, TaskTimes } from '../planner/forecast.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Store } from '../store/store.ts';
import { readDurations, tellingRuns } from '../store/task-history.ts';
import type { Feed, Reading } from './feeds.ts';
import type { Leader } from './leader.ts';

/** Of a task that succeeded fewer times nothing is foretold. */
const SAMPLES_LEAST = 3;
/** The times are read again for runs that take long. */
const AGAIN_MS = 3_600_000;

/** Reads for runs with a deadline how long the tasks of their DAG took before. */
export class HistoryFeed implements Feed {
  readonly about = 'the times of earlier runs';
  readonly #store: Store;
  readonly #leader: Leader;
  readonly #asked = new WeakSet<RunWorld>();

  constructor(store: Store, leader: Leader) {
    this.#store = store;
    this.#leader = leader;
  }

  *wanted(): Iterable<Reading> {
    const runs = new Map<string, RunWorld[]>();
    for (const run of this.#leader.world.timed.values()) {
      if (run.graph.spec.deadlineMs === undefined || this.#asked.has(run)) continue;
      this.#asked.add(run);
      const { dagId } = run.record;
      runs.set(dagId, [...(runs.get(dagId) ?? []), run]);
    }
    for (const [dagId, ofDag] of runs) yield this.#reading(dagId, ofDag);
  }

  /** Reads once for all runs of a DAG that have begun since. */
  #reading(dagId: string, runs: readonly RunWorld[]): Reading {
    return {
      read: async () => {
        const history = await readTimes(this.#store, dagId);
        return { event: { type: 'history', dagId, history }, staleAfterMs: AGAIN_MS };
      },
      release: () => {
        for (const run of runs) this.#asked.delete(run);
      },
    };
  }
}

/** The median and the 95th percentile of the times in which tasks succeeded, by path. */
async function readTimes(store: Store, dagId: string): Promise<DurationHistory> {
  const samples = await readDurations(store, await tellingRuns(store, dagId));
  const times = new Map<string, TaskTimes>();
  for (const [path, ms] of samples) {
    if (ms.length >= SAMPLES_LEAST) times.set(path, { p50Ms: quantile(ms, 0.5), p95Ms: quantile(ms, 0.95) });
  }
  return times;
}
