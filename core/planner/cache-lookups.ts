import type { CacheAsk, CacheEntry } from '../model/cache.ts';
import type { Json } from '../model/json.ts';
import type { RunWorld } from './run-world.ts';

/** What was read of the cache for an instance. */
export interface CacheAnswer {
  /** {@link CacheLookup.id} of what was asked. */
  readonly id: number;
  readonly ask: CacheAsk;
  /** The success that stands for it; `null`: it runs. */
  readonly hit: CacheEntry | null;
  /** The value of the output where expressions read it; absent: it is in the row, or nobody does. */
  readonly value?: Json;
}

/** An instance that is ready and waits until the cache was read for it. */
export interface CacheLookup {
  readonly id: number;
  readonly run: RunWorld;
  readonly node: number;
  /** Filled while it is decided about. */
  answer: CacheAnswer | null;
}

/**
 * What is to be read of the cache. An answer counts for the very question: whatever makes a run decide anew
 * about what has not started forgets its questions, and they are asked again.
 */
export class CacheLookups {
  /** Questions that nobody has begun to answer. */
  readonly unread = new Set<CacheLookup>();
  readonly #byRun = new Map<RunWorld, Map<number, CacheLookup>>();
  readonly #byId = new Map<number, CacheLookup>();
  #lastId = 0;

  /** The question of an instance, asked if it is not yet. */
  of(run: RunWorld, node: number): CacheLookup {
    const known = this.#byRun.get(run)?.get(node);
    if (known) return known;
    const lookup: CacheLookup = { id: ++this.#lastId, run, node, answer: null };
    const ofRun = this.#byRun.get(run) ?? new Map();
    this.#byRun.set(run, ofRun.set(node, lookup));
    this.#byId.set(lookup.id, lookup);
    this.unread.add(lookup);
    return lookup;
  }

  /** The question that an answer belongs to; `undefined` if it is forgotten. */
  find(id: number): CacheLookup | undefined {
    return this.#byId.get(id);
  }

  /** A question is settled. */
  close({ id, run, node }: CacheLookup): void {
    const ofRun = this.#byRun.get(run);
    ofRun?.delete(node);
    if (ofRun?.size === 0) this.#byRun.delete(run);
    const lookup = this.#byId.get(id);
    if (lookup) this.unread.delete(lookup);
    this.#byId.delete(id);
  }

  /** Forgets every question of a run. */
  forget(run: RunWorld): void {
    for (const lookup of [...(this.#byRun.get(run)?.values() ?? [])]) this.close(lookup);
  }
}
