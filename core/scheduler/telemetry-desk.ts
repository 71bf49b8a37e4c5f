import { DeliveryError } from '../channels/delivery-error.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { RetryPolicy } from '../model/dag.ts';
import { chanceOf, retryDelay } from '../planner/retry.ts';
import type { Receiver, Told } from '../store/scheduler-facts.ts';
import type { Lease, Store } from '../store/store.ts';
import type { Occurrence } from '../telemetry/occurrence.ts';
import { Lookout } from './lookout.ts';
import { asError } from './quarantine.ts';
import { TelemetryReader } from './telemetry-reader.ts';

/** The journal is looked at so long after a tick: what happens together is sent together. */
const LOOK_AFTER_MS = 1_000;
/** However long a receiver wants to be left alone. */
const RETRY_AFTER_MAX_MS = 300_000;
/** Lines of the journal that wait at most for a receiver that is away; older ones are passed over. */
const BACKLOG_MAX = 200_000;
const RETRIES: RetryPolicy = {
  max: 0,
  delayMs: 1_000,
  backoff: 'exponential',
  factor: 2,
  maxDelayMs: 60_000,
  jitter: 0.2,
};

/** What of something that was sent did not get there for good, and why. */
export interface Refusal {
  readonly count: number;
  readonly why: string;
}

export interface TelemetryDeskOptions {
  readonly receiver: Receiver;
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether tasks are told with the assets that they read and make. */
  readonly withAssets: boolean;
  /**
   * Sends what happened, all of it or again from the beginning.
   * @throws DeliveryError when it may get there later
   */
  readonly deliver: (occurrences: readonly Occurrence[], signal: AbortSignal) => Promise<Refusal | null>;
  /** Absent: {@link BACKLOG_MAX}. */
  readonly backlogMax?: number;
}

/**
 * Tells one receiver what happens. The journal is the queue: it is read from where the receiver was told
 * last, a batch at a time, and how far that was is stored once the receiver has answered. So one that is
 * away, slow or broken costs no memory and no waiting elsewhere, and after a crash or under another leader it
 * misses nothing, though it may be told something twice.
 */
export class TelemetryDesk {
  readonly #options: TelemetryDeskOptions;
  readonly #reader: TelemetryReader;
  readonly #lookout: Lookout;
  readonly #ended = new AbortController();
  #told: Told | null = null;
  /** Tries in a row that did not get there. */
  #failures = 0;
  #triesAt = 0;
  /** Dropped since that was said last. */
  #dropped = 0;
  #isSaid = false;

  constructor(options: TelemetryDeskOptions) {
    this.#options = options;
    this.#reader = new TelemetryReader(options.store, options.withAssets);
    this.#lookout = new Lookout(options.clock, () => this.#tellAll());
  }

  /** Begins with what is written from now on, or where it was left off. */
  async start(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      this.#warn(error, 'the journal cannot be read yet; it is tried again');
    }
    this.look();
  }

  /** Something was written. */
  look(): void {
    const { clock } = this.#options;
    this.#lookout.within(Math.max(LOOK_AFTER_MS, this.#triesAt - clock.mono()));
  }

  /** Tells what was written by now. */
  drain(): Promise<void> {
    return this.#lookout.now();
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#lookout.close();
  }

  async #tellAll(): Promise<void> {
    try {
      while (!this.#lookout.isClosed && (await this.#tellSome()));
    } catch (error) {
      if (!this.#lookout.isClosed) this.#putOff(error);
    }
  }

  /** Whether there is more. */
  async #tellSome(): Promise<boolean> {
    const { store, lease, receiver, deliver } = this.#options;
    const before = this.#told ?? (await this.#open());
    const upTo = await store.live.lastSeq();
    if (upTo <= before.seq) return false;
    this.#told = this.#passOver(before, upTo);
    const { occurrences, told, isMore } = await this.#reader.read(this.#told, upTo);
    // What nobody is told of needs no write: it is read again after a crash.
    if (occurrences.length > 0) {
      this.#noteAnswer(await deliver(occurrences, this.#ended.signal));
      await store.operations.facts.saveTold(lease, receiver, told);
    }
    this.#told = told;
    return isMore;
  }

  async #open(): Promise<Told> {
    const { store, lease, receiver } = this.#options;
    const stored = await store.operations.facts.told(receiver);
    const told = stored ?? { seq: await store.live.lastSeq(), reopened: {} };
    if (stored === null) await store.operations.facts.saveTold(lease, receiver, told);
    this.#told = told;
    return told;
  }

  /** Of what waits no more than a backlog is told. */
  #passOver(told: Told, upTo: number): Told {
    const { backlogMax = BACKLOG_MAX } = this.#options;
    const over = upTo - backlogMax - told.seq;
    if (over <= 0) return told;
    this.#drop({ count: over, why: `more than ${backlogMax} lines of the journal waited` });
    return { ...told, seq: told.seq + over };
  }

  #putOff(error: unknown): void {
    const { receiver, log, clock } = this.#options;
    const isAway = error instanceof DeliveryError;
    // What is in memory may not be what is stored.
    if (!isAway) this.#told = null;
    this.#failures++;
    if (this.#failures === 1 && isAway)
      log.warn(
        { receiver, error: error.message },
        'what happens cannot be sent now: it waits in the journal',
      );
    else if (this.#failures === 1) this.#warn(error, 'what happens cannot be read now; it is tried again');
    const asked = Math.min(isAway ? (error.retryAfterMs ?? 0) : 0, RETRY_AFTER_MAX_MS);
    const ms = retryDelay(RETRIES, this.#failures, chanceOf(`${receiver}/${this.#failures}`));
    this.#triesAt = clock.mono() + Math.max(asked, ms);
    this.#lookout.notBefore(Math.max(asked, ms));
  }

  #noteAnswer(refusal: Refusal | null): void {
    const { receiver, log } = this.#options;
    const wasAway = this.#failures > 0;
    this.#failures = 0;
    if (refusal !== null) return this.#drop(refusal);
    if (wasAway || this.#isSaid) log.info({ receiver, dropped: this.#dropped }, 'what happens is sent again');
    this.#dropped = 0;
    this.#isSaid = false;
  }

  /** Counts, and says so the first time until all is well again. */
  #drop({ count, why }: Refusal): void {
    const { receiver, log } = this.#options;
    this.#dropped += count;
    if (this.#isSaid) return;
    this.#isSaid = true;
    log.warn({ receiver, dropped: count, error: why }, 'what happened is not sent: it is dropped');
  }

  #warn(error: unknown, message: string): void {
    const { receiver, log } = this.#options;
    log.warn({ receiver, err: asError(error) }, message);
  }
}
