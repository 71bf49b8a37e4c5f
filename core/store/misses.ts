import type { RunNo } from '../model/ids.ts';
import type { CommitResult } from './store.ts';

/** Runs, requests and DAGs whose rows were not as a tick expected. */
export interface Misses {
  readonly runs: Set<RunNo>;
  readonly requests: Set<number>;
  readonly dags: Set<string>;
}

export function newMisses(dags: Iterable<string> = []): Misses {
  return { runs: new Set(), requests: new Set(), dags: new Set(dags) };
}

/** The result of a commit with misses; `null` if there are none. */
export function staleResult(misses: Misses): CommitResult | null {
  const { runs, requests, dags } = misses;
  if (runs.size + requests.size + dags.size === 0) return null;
  return { ok: false, why: 'stale', runs: [...runs], requests: [...requests], dags: [...dags] };
}
