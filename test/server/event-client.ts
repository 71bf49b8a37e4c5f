/** An event as a client of Server-Sent Events reads it. */
export interface SentEvent {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: Record<string, unknown>;
}

/** A client of a stream of events, over HTTP or over the body of a response. */
export class EventClient {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = '';

  constructor(response: Response) {
    if (response.body === null) throw new Error('the response has no body');
    this.#reader = response.body.getReader();
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventClient> {
    const response = await fetch(url, { headers });
    if (response.status !== 200) throw new Error(`answered with ${response.status}`);
    return new EventClient(response);
  }

  /** The next block, comments and fields alone included; `null` at the end. */
  async block(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const { done, value } = await this.#reader.read();
      if (done) return null;
      this.#text += this.#decoder.decode(value, { stream: true });
    }
  }

  /** The next event; `null` at the end. */
  async next(): Promise<SentEvent | null> {
    for (let block = await this.block(); block !== null; block = await this.block()) {
      const data = fieldOf(block, 'data');
      if (data === null) continue;
      const parsed = JSON.parse(data) as Record<string, unknown>;
      return { id: fieldOf(block, 'id'), event: fieldOf(block, 'event'), data: parsed };
    }
    return null;
  }

  /** Events up to the first that is as wanted, that one included. */
  async until(isLast: (event: SentEvent) => boolean): Promise<SentEvent[]> {
    const events: SentEvent[] = [];
    for (let event = await this.next(); event !== null; event = await this.next()) {
      events.push(event);
      if (isLast(event)) return events;
    }
    throw new Error(`the stream ended after ${events.length} events`);
  }

  close(): Promise<void> {
    return this.#reader.cancel();
  }
}

function fieldOf(block: string, name: string): string | null {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? null;
}

/** Whether an event says that a run has succeeded. */
export function isSuccess({ event, data }: SentEvent): boolean {
  return event === 'run.changed' && data['to'] === 'success';
}
