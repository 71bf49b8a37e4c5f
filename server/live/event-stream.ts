import type { Clock } from '../../core/model/clock.ts';
import type { Access } from '../access.ts';
import type { Connection } from './connection.ts';
import { type EventBatch, eventText } from './live-event.ts';
import { type EventFilter, sentOf } from './sent-events.ts';

/** A comment goes out after so long without an event, so that nothing between takes the line for dead. */
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long loses its connection: others need its place. */
const STALLED_MS = 60_000;
/** A client that lost its stream comes again after this time. */
const RETRY_MS = 2_000;

/** Who listens, and to what. */
export interface Listener extends EventFilter {
  /** Goes on behind this line; `null`: with what comes from now on. */
  readonly afterSeq: number | null;
  /** What the listener may see now; `null`: nothing any more. */
  again(): Promise<Access | null>;
  readonly connection: Connection;
}

/** Where streams get their events from. */
export interface Tap {
  lastSeq(): Promise<number>;
  /** What follows on a line, a batch of bounded size. */
  after(seq: number): Promise<EventBatch>;
  joined(stream: EventStream): void;
  left(stream: EventStream): void;
}

/**
 * The events for one listener. There is never more of them in memory than one batch: the next one is read
 * when the last one was taken.
 */
export class EventStream {
  readonly #tap: Tap;
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #encoder = new TextEncoder();
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  /** The last line that it has given or passed over; `null` before it has begun. */
  #cursor: number | null = null;
  #saidAt = 0;
  #isOver = false;
  /** The client has taken all and waits for more. */
  #isAsked = false;
  #isRung = false;
  #wake: (() => void) | null = null;

  constructor(tap: Tap, clock: Clock, listener: Listener) {
    this.#tap = tap;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Its text. It joins the tap when it is first read, and leaves when nobody reads it any more. */
  readable(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#leave() },
      { highWaterMark: 0 },
    );
  }

  /** There may be something new. */
  hear(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /**
   * Ends it if the listener may not listen any more, or takes nothing; has it give a sign of life when one
   * is due.
   */
  async check(): Promise<void> {
    const access = await this.#listener.again().catch(() => undefined);
    if (access === null || this.#isStalled()) this.end();
    else if (this.#isSilent()) this.hear();
  }

  /** Ends it. A client that has not taken the last batch loses its connection: it might never take it. */
  end(): void {
    if (this.#isOver) return;
    this.#leave();
    if (this.#isAsked) return;
    this.#controller?.close();
    this.#listener.connection.hangUp();
  }

  #leave(): void {
    this.#isOver = true;
    this.#tap.left(this);
    this.hear();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#isAsked = true;
    if (this.#controller === null) {
      this.#controller = controller;
      this.#tap.joined(this);
    }
    for (;;) {
      // A store that is away ends the stream: the client comes again, and goes on where it was.
      const bytes = await this.#next().catch(() => null);
      if (bytes === null || this.#isOver) break;
      this.#saidAt = this.#clock.mono();
      const { connection } = this.#listener;
      if (!connection.isOpen) {
        this.#isAsked = false;
        return controller.enqueue(bytes);
      }
      const full = connection.write(bytes);
      if (full === null) continue;
      this.#isAsked = false;
      await full;
      this.#isAsked = true;
    }
    this.#leave();
    closeUnlessCancelled(controller);
  }

  /** What is to be sent next; `null` at the end. Resolves when there is something. */
  async #next(): Promise<Uint8Array | null> {
    if (this.#cursor === null) return this.#greet();
    while (!this.#isOver) {
      const batch = await this.#tap.after(this.#cursor);
      if (batch.toSeq > this.#cursor) {
        const access = await this.#listener.again();
        if (access === null) return null;
        this.#cursor = batch.toSeq;
        const bytes = sentOf(batch, access, this.#listener);
        if (bytes.length > 0) return bytes;
      } else if (this.#isSilent()) {
        // The number alone: a client that only sees few events goes on from here, not from the last of them.
        return this.#encoder.encode(`: nothing new\nid: ${batch.toSeq}\n\n`);
      } else await this.#rung();
    }
    return null;
  }

  /** How it begins. A line that this store does not have yet is of another one: it begins anew. */
  async #greet(): Promise<Uint8Array> {
    const seq = await this.#tap.lastSeq();
    const { afterSeq } = this.#listener;
    const goesOn = afterSeq !== null && afterSeq <= seq;
    this.#cursor = goesOn ? afterSeq : seq;
    const hello = goesOn ? '' : eventText(seq, 'hello', { seq });
    return this.#encoder.encode(`retry: ${RETRY_MS}\n\n${hello}`);
  }

  get #silentMs(): number {
    return this.#clock.mono() - this.#saidAt;
  }

  #isStalled(): boolean {
    return this.#cursor !== null && !this.#isAsked && this.#silentMs >= STALLED_MS;
  }

  #isSilent(): boolean {
    return this.#cursor !== null && this.#silentMs >= HEARTBEAT_MS;
  }

  /** Resolves when it was rung, also if that was since the last time. */
  async #rung(): Promise<void> {
    if (!this.#isRung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    this.#isRung = false;
  }
}

function closeUnlessCancelled(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    // Its reader has cancelled it.
  }
}
