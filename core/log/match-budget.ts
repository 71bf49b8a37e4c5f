/** What a search may take at once, however little it searches. */
const MOST_MS = 2_000;
/** A sound pattern matches many times as many characters in a millisecond, also on a busy machine. */
const CHARS_PER_MS = 1_000;

/**
 * How long the matching of a search may take: two seconds, and a second more for every million characters. So
 * a long log is searched to its end, and a pattern whose time grows faster than its text is not, however it
 * is spread. What was not needed is not saved up: no single batch may take longer than the two seconds.
 */
export class MatchBudget {
  #leftMs = MOST_MS;

  /** Milliseconds that the next characters may take; at least one, as a timer wants it. */
  allow(chars: number): number {
    this.#leftMs = Math.min(MOST_MS, this.#leftMs + chars / CHARS_PER_MS);
    return Math.max(1, Math.ceil(this.#leftMs));
  }

  spend(ms: number): void {
    this.#leftMs -= ms;
  }
}
