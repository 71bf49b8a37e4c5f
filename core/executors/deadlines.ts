import type { Clock } from '../model/clock.ts';

/** Calls back for what is due, with one timer for all. */
export class Deadlines<Id> {
  readonly #clock: Clock;
  readonly #onDue: (id: Id) => void;
  readonly #dueAtMono = new Map<Id, number>();
  #timer: NodeJS.Timeout | null = null;
  #timerAtMono = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, onDue: (id: Id) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  add(id: Id, afterMs: number): void {
    const at = this.#clock.mono() + afterMs;
    this.#dueAtMono.set(id, at);
    if (at < this.#timerAtMono) this.#arm(at);
  }

  /** How long it is until something is due, in ms; it is not any more. */
  delete(id: Id): number | null {
    const at = this.#dueAtMono.get(id);
    this.#dueAtMono.delete(id);
    return at === undefined ? null : Math.max(0, at - this.#clock.mono());
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueAtMono.clear();
  }

  #arm(at: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timerAtMono = at;
    // Node's timers take 31 bits of milliseconds: a later one is armed again.
    const delayMs = Math.min(Math.max(0, at - this.#clock.mono()), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#look(), Math.ceil(delayMs));
    this.#timer.unref();
  }

  #look(): void {
    this.#timer = null;
    this.#timerAtMono = Number.POSITIVE_INFINITY;
    const now = this.#clock.mono();
    let next = Number.POSITIVE_INFINITY;
    for (const [id, at] of this.#dueAtMono) {
      if (at > now) next = Math.min(next, at);
      else {
        this.#dueAtMono.delete(id);
        this.#onDue(id);
      }
    }
    if (next < this.#timerAtMono) this.#arm(next);
  }
}
