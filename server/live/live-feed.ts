import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Clock } from '../../core/model/clock.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Bell, Ear } from '../../core/scheduler/bell.ts';
import { EventStream, type Listener, type Tap } from './event-stream.ts';
import { EventWindow, type WindowSize } from './event-window.ts';
import { bySystemTimer, type EverySecond } from './every-second.ts';
import { EventSource, type EventStore } from './live-event.ts';

/** Streams that may be open at once. */
const STREAMS_MAX = 2_000;
/** What streams that keep up are given from memory. */
const WINDOW = { events: 4_000, chars: 2_000_000 } as const;
/** A batch of one stream. */
const BATCH = { lines: 200, chars: 64_000 } as const;
/** Lines that the tail reads at once. */
const TAIL_LINES = 1_000;
/** Streams behind the window that read the store at once. */
const READERS_MAX = 4;
/** The tail looks again after this time, though nobody says that there is something. */
const LOOK_AGAIN_MS = 5_000;
/** So many streams are written to before others are answered. */
const TOLD_AT_ONCE = 100;
/** All streams are told again after so long; once that took much of late, as long as it took. */
const REST = { leastMs: 5, mostMs: 100, burstMs: 40 } as const;

export interface LiveFeedOptions {
  readonly store: EventStore;
  /** Rings when something may have been written. */
  readonly bell: Bell;
  readonly clock: Clock;
  /** Absent: a timer of this machine. */
  readonly everySecond?: EverySecond;
  /** How much is remembered for streams that keep up. */
  readonly window?: WindowSize;
}

/**
 * What changes, for everybody who listens: one reader of the journal for all streams, which works only while
 * there are any. A stream that is behind what it remembers reads the store by itself.
 */
export class LiveFeed {
  readonly #source: EventSource;
  readonly #bell: Bell;
  readonly #clock: Clock;
  readonly #everySecond: EverySecond;
  readonly #windowSize: WindowSize;
  readonly #streams = new Set<EventStream>();
  readonly #readers = pLimit(READERS_MAX);
  #window: EventWindow | null = null;
  #ear: Ear | null = null;
  #stopChecks: () => void = () => {};
  /** When all streams were told last, and how much longer that took of late than they were left alone. */
  #toldAt = 0;
  #owedMs = 0;
  #isClosed = false;

  constructor({ store, bell, clock, everySecond = bySystemTimer, window = WINDOW }: LiveFeedOptions) {
    this.#source = new EventSource(store);
    this.#bell = bell;
    this.#clock = clock;
    this.#everySecond = everySecond;
    this.#windowSize = window;
  }

  /** Streams that are open. */
  get open(): number {
    return this.#streams.size;
  }

  /**
   * A stream of events.
   * @throws AppError `unavailable` if there are too many, or the server ends.
   */
  listen(listener: Listener): ReadableStream<Uint8Array> {
    if (this.#isClosed) throw new AppError('unavailable', 'the server ends');
    if (this.#streams.size >= STREAMS_MAX) throw new AppError('unavailable', 'too many streams are open');
    return new EventStream(this.#tap, this.#clock, listener).readable();
  }

  /** Ends all streams, and takes no new ones. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#streams) stream.end();
  }

  readonly #tap: Tap = {
    lastSeq: () => this.#source.lastSeq(),
    after: async (seq) =>
      this.#window?.after(seq, BATCH.chars) ??
      (await this.#readers(() => this.#source.after(seq, BATCH.lines))),
    joined: (stream) => {
      this.#streams.add(stream);
      if (this.#isClosed) stream.end();
      else if (this.#streams.size === 1) this.#begin();
    },
    left: (stream) => {
      if (this.#streams.delete(stream) && this.#streams.size === 0) this.#stop();
    },
  };

  #begin(): void {
    this.#stopChecks = this.#everySecond(() => {
      for (const stream of this.#streams) void stream.check();
    });
    this.#ear = this.#bell.listen();
    void this.#follow(this.#ear);
  }

  #stop(): void {
    this.#stopChecks();
    this.#ear?.close();
    this.#ear = null;
    this.#window = null;
  }

  /** Reads what comes, until its ear is not the one of the feed any more. */
  async #follow(ear: Ear): Promise<void> {
    let toldSeq: number | null = null;
    while (this.#ear === ear) {
      await this.#look(ear);
      if (this.#ear !== ear) return;
      const seq: number | null = this.#window?.toSeq ?? toldSeq;
      if (seq === toldSeq) await ear.wait(LOOK_AGAIN_MS);
      else {
        toldSeq = seq;
        await this.#tell(ear);
      }
    }
  }

  /**
   * Tells all streams that there is something. Between them it is looked for more, which those that come
   * later are sent in the same write. Afterwards they are left alone: others want to be answered too.
   */
  async #tell(ear: Ear): Promise<void> {
    const begun = this.#clock.mono();
    const restedMs = begun - this.#toldAt;
    let told = 0;
    for (const stream of this.#streams) {
      stream.hear();
      if (++told % TOLD_AT_ONCE > 0) continue;
      await nextTurn();
      if (this.#ear === ear && ear.takeRing()) await this.#look(ear);
    }
    await nextTurn();
    this.#toldAt = this.#clock.mono();
    this.#owedMs = Math.max(0, this.#owedMs - restedMs) + this.#toldAt - begun;
    await pause(Math.min(REST.mostMs, Math.max(REST.leastMs, this.#owedMs - REST.burstMs)));
  }

  /** Takes what follows on the window into it. A store that is away is looked at again later. */
  async #look(ear: Ear): Promise<void> {
    const window = this.#window;
    try {
      if (window === null) {
        const begun = new EventWindow(await this.#source.lastSeq(), this.#windowSize);
        if (this.#ear === ear) this.#window = begun;
      } else {
        const batch = await this.#source.after(window.toSeq, TAIL_LINES);
        if (batch.toSeq > window.toSeq) window.append(batch);
      }
    } catch {
      // Streams stay open meanwhile.
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
