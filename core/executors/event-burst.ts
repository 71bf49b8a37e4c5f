import type { AttemptEvent } from '../model/attempt.ts';

/**
 * Collects the events of a turn of the event loop and hands them over in one go, after everything that came
 * in was read: whoever decides then decides once.
 */
export class EventBurst {
  readonly #deliver: (event: AttemptEvent) => void;
  #events: AttemptEvent[] = [];
  readonly #flush = (): void => {
    const events = this.#events;
    this.#events = [];
    for (const event of events) this.#deliver(event);
  };

  constructor(deliver: (event: AttemptEvent) => void) {
    this.#deliver = deliver;
  }

  add(event: AttemptEvent): void {
    if (this.#events.length === 0) setImmediate(this.#flush);
    this.#events.push(event);
  }
}
