import type { Clock } from '../model/clock.ts';

/** The longest sleep of a loop that has nothing to wait for; timers of Node hold 31 bits. */
export const SLEEP_MAX_MS = 60_000;

/** Wakes a loop at the next moment that something is due, or somewhat earlier. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onRing: () => void;
  readonly #pollMs: number;
  #timer: NodeJS.Timeout | null = null;
  #poll: NodeJS.Immediate | null = null;
  #dueAtMono = 0;

  /**
   * @param pollMs a punctual alarm sleeps until so long before it is due, and from then on rings in every
   *   turn of the event loop: timers are late by a millisecond or two
   */
  constructor(clock: Clock, onRing: () => void, pollMs = 0) {
    this.#clock = clock;
    this.#onRing = onRing;
    this.#pollMs = pollMs;
  }

  /**
   * Sets it, in monotonic time. One that is due earlier stays: waking for nothing now and then costs less
   * than a timer a turn.
   */
  set(dueAtMono: number, isPunctual = false): void {
    if ((this.#timer || this.#poll) && this.#dueAtMono <= dueAtMono) return;
    this.clear();
    if (!Number.isFinite(dueAtMono)) return;
    this.#dueAtMono = dueAtMono;
    const leftMs = dueAtMono - this.#clock.mono();
    const pollMs = isPunctual ? this.#pollMs : 0;
    if (leftMs > 0 && leftMs <= pollMs) {
      this.#poll = setImmediate(() => this.#ring());
    } else {
      const ms = Math.min(Math.max(0, Math.ceil(leftMs - pollMs)), SLEEP_MAX_MS);
      this.#timer = setTimeout(() => this.#ring(), ms);
    }
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#poll) clearImmediate(this.#poll);
    this.#timer = null;
    this.#poll = null;
  }

  #ring(): void {
    this.#timer = null;
    this.#poll = null;
    this.#onRing();
  }
}
