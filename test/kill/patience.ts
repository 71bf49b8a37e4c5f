import { setTimeout as delay } from 'node:timers/promises';

/** Between two looks at what a round waits for. */
export const LOOK_EVERY_MS = 4;

/** Waits for what a round is to come to, and no longer than the round may take. */
export class Patience {
  readonly #withinMs: number;
  readonly #until: number;

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
    this.#until = performance.now() + withinMs;
  }

  /**
   * Waits until something is so; whether it came to be in time.
   * @throws Error when the round has taken too long, which gives it up.
   */
  async look(isSo: () => boolean | Promise<boolean>, withinMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (!(await isSo())) {
      if (performance.now() > until) return false;
      if (performance.now() > this.#until)
        throw new Error(`the run is not finished after ${this.#withinMs} ms`);
      await delay(LOOK_EVERY_MS);
    }
    return true;
  }
}
