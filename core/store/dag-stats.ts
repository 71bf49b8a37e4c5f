import type { RunRecord } from '../model/run.ts';
import { type Spread, spreadOf } from '../model/spread.ts';
import type { Store } from './store.ts';

const PAGE = 500;

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
  /** The runs, newest first. */
  readonly of: readonly RunRecord[];
}

/**
 * The figures of every DAG, or of one, over the runs that were made since an instant, or all; of these at
 * most so many, the newest.
 */
export async function collectDagStats(
  store: Store,
  dagId: string | undefined,
  since: number | null,
  most = Number.POSITIVE_INFINITY,
): Promise<DagStats[]> {
  let left = most;
  const byDag = new Map<string, RunRecord[]>();
  let page: readonly RunRecord[] = [];
  do {
    const before = page.at(-1)?.runNo;
    page = await store.runs({
      limit: Math.min(PAGE, left),
      ...(dagId === undefined ? {} : { dagId }),
      ...(since === null ? {} : { since }),
      ...(before === undefined ? {} : { before }),
    });
    for (const run of page) {
      const known = byDag.get(run.dagId);
      if (known === undefined) byDag.set(run.dagId, [run]);
      else known.push(run);
    }
    left -= page.length;
  } while (page.length === PAGE && left > 0);
  return [...byDag].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, runs]) => statsOf(id, runs));
}

function statsOf(dagId: string, runs: readonly RunRecord[]): DagStats {
  const count = (state: RunRecord['state']): number => runs.filter((run) => run.state === state).length;
  const success = count('success');
  const failed = count('failed');
  const started = runs.filter((run) => run.startedAt !== null);
  const spans = started.flatMap(({ startedAt, endedAt }) =>
    endedAt === null ? [] : [endedAt - (startedAt ?? 0)],
  );
  const waits = started.map(({ createdAt, startedAt }) => Math.max(0, (startedAt ?? 0) - createdAt));
  return {
    dagId,
    runs: runs.length,
    success,
    failed,
    cancelled: count('cancelled'),
    successRate: success + failed === 0 ? null : success / (success + failed),
    durationMs: spreadOf(spans),
    queueMs: spreadOf(waits),
    lastAt: runs[0]?.createdAt ?? 0,
    of: runs,
  };
}
