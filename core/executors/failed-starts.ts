import type { GoneFrame } from './protocol.ts';

/** Failures in a row after which another start would fail as well: the process ended by itself. */
const OWN_MAX = 3;
/** The same if others ended it, as a machine does that is short of memory. */
const KILLED_MAX = 10;
/** So many are tried again at once; from then on the waits double. */
const AT_ONCE_MAX = 2;
const FIRST_WAIT_MS = 50;
const WAIT_MAX_MS = 2_000;

/** Starts of processes that failed one after the other: how long to wait, and when to give up. */
export class FailedStarts {
  #own = 0;
  #killed = 0;

  /** One ended before it was ready. */
  add({ signal, why }: Pick<GoneFrame, 'signal' | 'why'>): void {
    if (signal === 'SIGKILL' && why === null) this.#killed += 1;
    else this.#own += 1;
  }

  /** One got ready, or the failures were told. */
  clear(): void {
    this.#own = 0;
    this.#killed = 0;
  }

  get isHopeless(): boolean {
    return this.#own >= OWN_MAX || this.#killed >= KILLED_MAX;
  }

  /** Milliseconds to wait before the next start. */
  get waitMs(): number {
    if (this.#killed <= AT_ONCE_MAX) return 0;
    return Math.min(FIRST_WAIT_MS * 2 ** (this.#killed - AT_ONCE_MAX - 1), WAIT_MAX_MS);
  }
}
