import type { Logger } from '../log/logger.ts';
import type { TidingsEvent } from '../planner/plan.ts';
import type { VersionRecord } from '../store/store.ts';
import type { Leader } from './leader.ts';
import { asError } from './quarantine.ts';

/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 1_000;

/** What the planner is told of what was read. */
export interface Answer {
  readonly event: TidingsEvent;
  /** Versions of the runs that the event brings along. */
  readonly versions?: readonly VersionRecord[];
  /** What was read may be another by then, and nobody tells: it is released and looked at again. */
  readonly staleAfterMs?: number;
}

/** One thing that the planner wants to know, from the moment somebody reads it. */
export interface Reading {
  /** Resolves with `null` if there is nothing to tell. */
  read(): Promise<Answer | null>;
  /** Nobody reads it any more: it is wanted again. */
  release(): void;
}

/** Knows what the planner wants to have read of one kind. */
export interface Feed {
  /** What is read, for the log. */
  readonly about: string;
  /** What is wanted and read by nobody yet; from now on it counts as read. Cheap where nothing is wanted. */
  wanted(): Iterable<Reading>;
}

/**
 * Reads from the store what the planner wants to know, and tells it. What was read for a world that has been
 * forgotten since is dropped: its successor asks by itself.
 */
export class Feeds {
  readonly #leader: Leader;
  readonly #log: Logger;
  readonly #feeds: Feed[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isToLook = false;
  #closed = false;

  constructor(leader: Leader, log: Logger) {
    this.#leader = leader;
    this.#log = log;
  }

  add(...feeds: readonly Feed[]): void {
    this.#feeds.push(...feeds);
  }

  /** Looks what is wanted; to be called after every turn. */
  look(): void {
    if (this.#closed) return;
    for (const feed of this.#feeds) {
      for (const reading of feed.wanted()) void this.#read(feed, reading);
    }
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #read({ about }: Feed, reading: Reading): Promise<void> {
    const { generation } = this.#leader;
    try {
      const answer = await reading.read();
      if (answer === null || generation !== this.#leader.generation || this.#closed) return;
      this.#leader.tell(answer.event, answer.versions);
      if (answer.staleAfterMs !== undefined) this.#in(answer.staleAfterMs, () => reading.release());
    } catch (error) {
      this.#log.warn({ err: asError(error) }, `${about} cannot be read now`);
      reading.release();
      if (this.#isToLook) return;
      this.#isToLook = true;
      this.#in(READ_AGAIN_MS, () => {
        this.#isToLook = false;
      });
    }
  }

  #in(ms: number, act: () => void): void {
    if (this.#closed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
      this.look();
    }, ms);
    this.#timers.add(timer);
  }
}
