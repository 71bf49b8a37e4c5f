/**
 * Wakes whoever waits. `wait` resolves with the next ring; a ring while nobody waits is remembered for the
 * next waiter of the same ear, so that nothing between looking and waiting is missed.
 */
export class Bell {
  readonly #ears = new Set<Ear>();

  ring(): void {
    for (const ear of this.#ears) ear.hear();
  }

  /** An ear of one listener; close it when done. */
  listen(): Ear {
    const ear = new Ear(() => this.#ears.delete(ear));
    this.#ears.add(ear);
    return ear;
  }
}

/** One listener of a bell. */
export class Ear {
  readonly #leave: () => void;
  #rung = false;
  #wake: (() => void) | null = null;

  constructor(leave: () => void) {
    this.#leave = leave;
  }

  hear(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Whether there was a ring since the last one that was waited for; it counts as waited for then. */
  takeRing(): boolean {
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Resolves with the next ring, at the latest after `mostMs`, or when the signal aborts. */
  async wait(mostMs: number, signal?: AbortSignal): Promise<void> {
    if (!this.#rung && !signal?.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, mostMs);
        const done = (): void => {
          clearTimeout(timer);
          resolve();
        };
        this.#wake = done;
        signal?.addEventListener('abort', done, { once: true });
      });
      this.#wake = null;
    }
    this.#rung = false;
  }

  close(): void {
    this.#leave();
    this.#wake?.();
  }
}
