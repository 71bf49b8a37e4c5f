import type { EventBatch, LiveEvent } from './live-event.ts';

export interface WindowSize {
  readonly events: number;
  readonly chars: number;
}

/** The last events, as many as fit: what streams that keep up are given without a look at the store. */
export class EventWindow {
  readonly #size: WindowSize;
  readonly #events: LiveEvent[] = [];
  #chars = 0;
  #fromSeq: number;
  #toSeq: number;
  /** Batches that were asked for since the last event: streams that keep up ask for the same one. */
  #batches = new Map<number, EventBatch>();

  /** It begins behind a line of the journal. */
  constructor(seq: number, size: WindowSize) {
    this.#fromSeq = seq;
    this.#toSeq = seq;
    this.#size = size;
  }

  /** The last line that it knows of. */
  get toSeq(): number {
    return this.#toSeq;
  }

  /** Adds what follows on what it has, and forgets the oldest events beyond its size. */
  append({ events, toSeq }: EventBatch): void {
    this.#batches.clear();
    for (const event of events) {
      this.#events.push(event);
      this.#chars += event.text.length;
    }
    this.#toSeq = toSeq;
    let gone = 0;
    while (this.#events.length - gone > this.#size.events || this.#chars > this.#size.chars) {
      const oldest = this.#events[gone++] as LiveEvent;
      this.#chars -= oldest.text.length;
      this.#fromSeq = oldest.seq;
    }
    this.#events.splice(0, gone);
  }

  /** What follows on a line, up to so many characters; `null` if that has been forgotten. */
  after(seq: number, charsMax: number): EventBatch | null {
    if (seq < this.#fromSeq) return null;
    const batch = this.#batches.get(seq) ?? this.#take(seq, charsMax);
    this.#batches.set(seq, batch);
    return batch;
  }

  #take(seq: number, charsMax: number): EventBatch {
    const events: LiveEvent[] = [];
    let chars = 0;
    for (let at = this.#firstAfter(seq); at < this.#events.length; at++) {
      const event = this.#events[at] as LiveEvent;
      if (events.length > 0 && chars + event.text.length > charsMax)
        return { events, toSeq: (events.at(-1) as LiveEvent).seq };
      events.push(event);
      chars += event.text.length;
    }
    return { events, toSeq: Math.max(seq, this.#toSeq) };
  }

  #firstAfter(seq: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle] as LiveEvent).seq > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
