import type { NodeNo, RunNo, TryNo } from '../model/ids.ts';

/** Runs that are remembered. */
const RUNS_MAX = 1_024;
const NODES_AT_FIRST = 64;

/**
 * Remembers which attempts have ended, so that a late second order for one of them is recognised. Attempts of
 * an instance follow each other, so the number of the last one says it for all before it.
 */
export class EndedAttempts {
  /** By run, the last attempt that ended by node. */
  readonly #lastTry = new Map<RunNo, Uint16Array>();

  add(run: RunNo, node: NodeNo, tryNo: TryNo): void {
    const tries = this.#room(run, node);
    tries[node] = Math.max(tries[node] as number, tryNo);
  }

  has(run: RunNo, node: NodeNo, tryNo: TryNo): boolean {
    return tryNo <= (this.#lastTry.get(run)?.[node] ?? 0);
  }

  #room(run: RunNo, node: NodeNo): Uint16Array {
    const known = this.#lastTry.get(run);
    if (known && node < known.length) return known;
    const size = Math.max(NODES_AT_FIRST, node + 1, (known?.length ?? 0) * 2);
    const made = new Uint16Array(size);
    if (known) made.set(known);
    this.#lastTry.set(run, made);
    if (this.#lastTry.size > RUNS_MAX) {
      const [oldest] = this.#lastTry.keys();
      if (oldest !== undefined) this.#lastTry.delete(oldest);
    }
    return made;
  }
}
