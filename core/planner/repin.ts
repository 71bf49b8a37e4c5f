import type { VersionNo } from '../model/ids.ts';
import { keepAsk } from './cache.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** Who has a run go on with another version, and which one it has in the store. */
export interface Repinning {
  readonly from: VersionNo;
  readonly by: string;
}

/** Stores that a run, loaded with another version of its DAG and its params as they are there, goes on so. */
export function repinRun(turn: Turn, run: RunWorld, { from, by }: Repinning): void {
  const { versionNo: to, params, state } = run.record;
  // Attempts that are still to come have other code than the one that was asked with.
  for (const node of [...run.cacheAsks.keys()]) if (run.isOpen(node)) keepAsk(turn, run, node, null);
  turn.changeRun(run, state, 'repinned', { from, to, by }, { repin: { from, to, params } });
}
