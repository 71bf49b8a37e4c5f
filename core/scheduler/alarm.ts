import type { Clock } from '../model/clock.ts';

/** The longest sleep of a loop that has nothing to wait for; timers of Node hold 31 bits. */
export const SLEEP_MAX_MS = 60_000;

/** Wakes a loop at the next moment that something is due, or somewhat earlier. */
export class Alarm {
  readonly #clock: Clock;
  readonly #onRing: () => void;
  #timer: NodeJS.Timeout | null = null;
  #dueAtMono = 0;

  constructor(clock: Clock, onRing: () => void) {
    this.#clock = clock;
    this.#onRing = onRing;
  }

  /**
   * Sets it, in monotonic time. One that is due earlier stays: waking for nothing now and then costs less
   * than a timer a turn.
   */
  set(dueAtMono: number): void {
    if (this.#timer && this.#dueAtMono <= dueAtMono) return;
    this.clear();
    if (!Number.isFinite(dueAtMono)) return;
    const ms = Math.ceil(dueAtMono - this.#clock.mono());
    this.#dueAtMono = dueAtMono;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#onRing();
      },
      Math.min(Math.max(0, ms), SLEEP_MAX_MS),
    );
  }

  clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
