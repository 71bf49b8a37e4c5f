import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '../model/action.ts';
import type { RunNo } from '../model/ids.ts';
import type { CommitResult, Lease, Store } from '../store/store.ts';

/** Actions of one transaction: few enough that it holds the writer for some milliseconds only. */
const ACTIONS_MAX = 1_000;
/** Waits between tries while the database is busy or away. */
const RETRY_MS = { first: 10, most: 1_000 };

/** What became of the actions of a tick. */
export interface Committed {
  /** Number of the last tick that was written. */
  readonly tick: number;
  readonly why: null | 'fenced' | 'stale';
  /** Runs and DAGs that the store has otherwise. */
  readonly runs: readonly RunNo[];
  readonly dags: readonly string[];
}

interface Target {
  readonly store: Store;
  readonly lease: Lease;
}

/**
 * Writes actions, in several transactions when there are many: each leaves the store in a state from which a
 * new leader goes on. Waits as long as the database is busy or away. Synchronous when the store is and one
 * transaction is enough.
 */
export function commitTick(
  target: Target,
  tick: number,
  at: number,
  actions: readonly Action[],
): Committed | Promise<Committed> {
  if (actions.length > ACTIONS_MAX) return commitMany(target, tick, at, actions);
  const result = target.store.commit(target.lease, { no: tick + 1, at, actions });
  if (result instanceof Promise || (!result.ok && result.why === 'retry')) {
    return commitPatiently(target, tick + 1, at, actions, result);
  }
  return conclude(tick, result);
}

async function commitMany(
  target: Target,
  tick: number,
  at: number,
  actions: readonly Action[],
): Promise<Committed> {
  let last = tick;
  for (const part of transactions(actions)) {
    const result = target.store.commit(target.lease, { no: last + 1, at, actions: part });
    const done = await commitPatiently(target, last + 1, at, part, result);
    last = done.tick;
    if (done.why !== null) return done;
    await new Promise(setImmediate);
  }
  return { tick: last, why: null, runs: [], dags: [] };
}

/** Actions that belong to the next one: an output to its success, a hook to what it is about, and so on. */
const BEFORE_ANOTHER: ReadonlySet<Action['type']> = new Set([
  'artifact',
  'output',
  'cache.put',
  'run.create',
  'slots',
  'asset.event',
  'hook',
]);

/** Actions in groups for one transaction each; what belongs together stays together. */
function* transactions(actions: readonly Action[]): Iterable<readonly Action[]> {
  for (let from = 0; from < actions.length; ) {
    let to = Math.min(from + ACTIONS_MAX, actions.length);
    while (to < actions.length && BEFORE_ANOTHER.has((actions[to - 1] as Action).type)) to++;
    yield actions.slice(from, to);
    from = to;
  }
}

async function commitPatiently(
  target: Target,
  no: number,
  at: number,
  actions: readonly Action[],
  first: CommitResult | Promise<CommitResult>,
): Promise<Committed> {
  let result = await first;
  for (
    let waitMs = RETRY_MS.first;
    !result.ok && result.why === 'retry';
    waitMs = Math.min(waitMs * 2, RETRY_MS.most)
  ) {
    await sleep(waitMs);
    result = await target.store.commit(target.lease, { no, at, actions });
  }
  return conclude(no - 1, result);
}

function conclude(tick: number, result: CommitResult): Committed {
  if (result.ok) return { tick: tick + 1, why: null, runs: [], dags: [] };
  if (result.why === 'stale') return { tick, why: 'stale', runs: result.runs, dags: result.dags };
  return { tick, why: 'fenced', runs: [], dags: [] };
}
