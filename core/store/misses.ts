import type { RunNo } from '../model/ids.ts';
import type { CommitResult } from './store.ts';

/** Runs and requests whose rows were not as a tick expected. */
export interface Misses {
  readonly runs: Set<RunNo>;
  readonly requests: Set<number>;
}

export function newMisses(): Misses {
  return { runs: new Set(), requests: new Set() };
}

/** The result of a commit with misses; `null` if there are none. */
export function staleResult(misses: Misses): CommitResult | null {
  if (misses.runs.size === 0 && misses.requests.size === 0) return null;
  return { ok: false, why: 'stale', runs: [...misses.runs], requests: [...misses.requests] };
}
