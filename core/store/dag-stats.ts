import { type Spread, spreadOf } from '../model/spread.ts';
import type { RunState } from '../model/states.ts';
import type { RunOutcome } from './run-outcomes.ts';
import type { Store } from './store.ts';

/** How the runs of a DAG went. */
export interface DagStats {
  readonly dagId: string;
  readonly runs: number;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Of the runs that ended by themselves; `null` without any. */
  readonly successRate: number | null;
  readonly durationMs: Spread | null;
  /** From when a run was made to its start: it waited for its turn. */
  readonly queueMs: Spread | null;
  readonly lastAt: number;
}

/**
 * The figures of every DAG, or of one, over the runs that were made since an instant, or all; of these at
 * most so many, the newest.
 */
export async function collectDagStats(
  store: Store,
  dagId: string | undefined,
  since: number | null,
  most?: number,
): Promise<DagStats[]> {
  const outcomes = await store.overview.outcomes({
    ...(dagId === undefined ? {} : { dagId }),
    ...(since === null ? {} : { since }),
    ...(most === undefined ? {} : { limit: most }),
  });
  const byDag = Map.groupBy(outcomes, (one) => one.dagId);
  return [...byDag].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, of]) => statsOf(id, of));
}

function statsOf(dagId: string, outcomes: readonly RunOutcome[]): DagStats {
  const count = (state: RunState): number => outcomes.find((one) => one.state === state)?.runs ?? 0;
  const success = count('success');
  const failed = count('failed');
  return {
    dagId,
    runs: outcomes.reduce((sum, { runs }) => sum + runs, 0),
    success,
    failed,
    cancelled: count('cancelled'),
    successRate: success + failed === 0 ? null : success / (success + failed),
    durationMs: spreadOf(outcomes.flatMap(({ tookMs }) => tookMs)),
    queueMs: spreadOf(outcomes.flatMap(({ waitedMs }) => waitedMs)),
    lastAt: outcomes.reduce((at, { lastAt }) => Math.max(at, lastAt), 0),
  };
}
