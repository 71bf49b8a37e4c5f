/** Every search may take this long. */
const BASE_MS = 2_000;
/** A sound pattern matches many times as many characters in a millisecond. */
const CHARS_PER_MS = 10_000;

/**
 * How long the matching of a search may take: a base, and more with every character that is searched. So a
 * long log is searched to its end, and a pattern whose time grows faster than its text is not.
 */
export class MatchBudget {
  #leftMs = BASE_MS;

  /** Milliseconds that the next characters may take; at least one, as a timer wants it. */
  allow(chars: number): number {
    this.#leftMs += chars / CHARS_PER_MS;
    return Math.max(1, Math.ceil(this.#leftMs));
  }

  spend(ms: number): void {
    this.#leftMs -= ms;
  }
}
