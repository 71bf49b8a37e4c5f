const ON_AFTER_MS = 200;
const LOOK_EVERY_MS = 1_000;

/** Turns the keeper's look at memory on while attempts take long enough for it to matter. */
export class WatchSwitch {
  readonly #needed: () => boolean;
  readonly #set: (on: boolean) => void;
  #on = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(needed: () => boolean, set: (on: boolean) => void) {
    this.#needed = needed;
    this.#set = set;
  }

  /** An attempt has started. */
  wanted(): void {
    if (this.#timer === null && !this.#closed) this.#lookAfter(ON_AFTER_MS);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #lookAfter(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const needed = this.#needed();
      if (needed || this.#on) this.#set(needed);
      this.#on = needed;
      if (needed) this.#lookAfter(LOOK_EVERY_MS);
    }, delayMs);
    this.#timer.unref();
  }
}
