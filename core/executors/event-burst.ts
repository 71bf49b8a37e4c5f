import type { AttemptEvent } from '../model/attempt.ts';

/**
 * Collects the events of a turn of the event loop and hands them over in one go, after everything that came
 * in was read: whoever decides then decides once.
 */
export class EventBurst {
  readonly #deliver: (event: AttemptEvent) => void;
  readonly #mayMoreCome: () => boolean;
  #events: AttemptEvent[] = [];
  readonly #flush = (): void => {
    const events = this.#events;
    this.#events = [];
    for (const event of events) this.#deliver(event);
  };

  /** `mayMoreCome`: whether anything else could come in this turn; if not, there is nothing to wait for. */
  constructor(deliver: (event: AttemptEvent) => void, mayMoreCome: () => boolean = () => true) {
    this.#deliver = deliver;
    this.#mayMoreCome = mayMoreCome;
  }

  add(event: AttemptEvent): void {
    this.#events.push(event);
    if (this.#events.length > 1) return;
    if (this.#mayMoreCome()) setImmediate(this.#flush);
    else queueMicrotask(this.#flush);
  }
}
