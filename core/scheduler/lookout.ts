import type { Clock } from '../model/clock.ts';

/** Timers of Node hold 31 bits. */
const SLEEP_MAX_MS = 3_600_000;

/**
 * Does one thing again and again, one at a time, when it is asked to: now or in a while. Whoever asks while
 * it is done is answered after it was done once more.
 */
export class Lookout {
  readonly #clock: Clock;
  readonly #act: () => Promise<void>;
  #timer: NodeJS.Timeout | null = null;
  #timerAt = Number.POSITIVE_INFINITY;
  #acting: Promise<void> | null = null;
  #isAsked = false;
  #closed = false;

  /** @param act rejects never */
  constructor(clock: Clock, act: () => Promise<void>) {
    this.#clock = clock;
    this.#act = act;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** At the latest after so long. */
  within(ms: number): void {
    const at = this.#clock.mono() + ms;
    if (this.#closed || (this.#timer && this.#timerAt <= at)) return;
    this.#clear();
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        void this.now();
      },
      Math.min(Math.max(0, ms), SLEEP_MAX_MS),
    );
    this.#timer.unref();
  }

  /** Not before so long has passed: what was asked for is put off. */
  notBefore(ms: number): void {
    this.#clear();
    this.within(ms);
  }

  /** At once; resolves when that is done. */
  async now(): Promise<void> {
    this.#isAsked = true;
    this.#acting ??= this.#actWhileAsked().finally(() => {
      this.#acting = null;
    });
    await this.#acting;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#clear();
    await this.#acting;
  }

  async #actWhileAsked(): Promise<void> {
    while (this.#isAsked && !this.#closed) {
      this.#isAsked = false;
      await this.#act();
    }
  }

  #clear(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
