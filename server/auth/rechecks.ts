import type { Clock } from '../../core/model/clock.ts';
import type { Principal } from '../principal.ts';

/** For so long what was found is taken for true. */
const FRESH_MS = 250;
/** Answers that are kept before old ones are looked for. */
const KEPT = 1_000;

/**
 * Looks again at who asks, for streams that stay open: all streams of one token or login together cost one
 * look at the store in a while.
 */
export class Rechecks {
  readonly #clock: Clock;
  readonly #recent = new Map<
    string,
    { readonly atMono: number; readonly found: Promise<Principal | null> }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks who a key stands for now; `null`: nobody any more. `find` looks, if nobody has just now. */
  again(key: string, find: () => Promise<Principal | null>): () => Promise<Principal | null> {
    return () => this.#of(key, find);
  }

  #of(key: string, find: () => Promise<Principal | null>): Promise<Principal | null> {
    const now = this.#clock.mono();
    const recent = this.#recent.get(key);
    if (recent !== undefined && now - recent.atMono < FRESH_MS) return recent.found;
    if (this.#recent.size >= KEPT) this.#forgetOld(now);
    const found = find();
    found.catch(() => this.#recent.delete(key));
    this.#recent.set(key, { atMono: now, found });
    return found;
  }

  #forgetOld(now: number): void {
    for (const [key, { atMono }] of this.#recent) if (now - atMono >= FRESH_MS) this.#recent.delete(key);
  }
}
