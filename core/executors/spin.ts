/**
 * Polls for events instead of sleeping, until a time or until told to stop: waking a process that sleeps
 * costs more than many polls.
 */
export class Spin {
  #untilMs = 0;
  #scheduled = false;
  readonly #poll = (): void => {
    this.#scheduled = false;
    if (performance.now() < this.#untilMs) this.#schedule();
  };

  /** Polls from now on for so many microseconds. */
  start(spinUs: number): void {
    this.#untilMs = performance.now() + spinUs / 1000;
    this.#schedule();
  }

  stop(): void {
    this.#untilMs = 0;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#poll);
  }
}
