import type { Logger } from '../log/logger.ts';
import { isRunFinished } from '../model/states.ts';
import type { RunPast } from '../planner/pasts.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Store } from '../store/store.ts';
import type { Leader } from './leader.ts';
import { asError } from './quarantine.ts';
import { readPast } from './read-past.ts';

/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 1_000;
/** So is a run before another one that is not finished and that this process does not lead. */
const UNLED_AGAIN_MS = 5_000;

export interface PastFeedOptions {
  readonly store: Store;
  readonly leader: Leader;
  readonly log: Logger;
}

/** Reads the runs before a run for the planner, once for each run whose tasks look at them. */
export class PastFeed {
  readonly #options: PastFeedOptions;
  #timer: NodeJS.Timeout | null = null;
  readonly #timers = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(options: PastFeedOptions) {
    this.#options = options;
  }

  /** Looks which runs want it; cheap where none does. */
  look(): void {
    const { unread } = this.#options.leader.world.pasts;
    if (unread.size === 0 || this.#closed) return;
    for (const past of unread) {
      if (past.isOffered) continue;
      past.isOffered = true;
      void this.#offer(past).catch((error: unknown) => {
        this.#options.log.warn({ err: asError(error) }, 'the runs before a run cannot be read now');
        past.isOffered = false;
        this.#lookLater();
      });
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #lookLater(): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.look();
    }, READ_AGAIN_MS);
  }

  /** What waits for a run that nobody here decides about is told by nobody when that run goes on. */
  #readLater(past: RunPast): void {
    const { pasts } = this.#options.leader.world;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      pasts.readAgain(past);
      this.look();
    }, UNLED_AGAIN_MS);
    this.#timers.add(timer);
  }

  async #offer(past: RunPast): Promise<void> {
    const { run } = past;
    const { leader, store } = this.#options;
    const { generation, world } = leader;
    const changes = world.pasts.changesOf(run.record.dagId);
    const read = await readPast(store, run, world.runs);
    if (generation !== leader.generation || this.#closed) return;
    leader.tell({ type: 'past', offer: { ...read, changes } });
    const isUnled = ({ record }: RunWorld): boolean =>
      !isRunFinished(record.state) && !world.runs.has(record.runNo);
    if (read.runs.some(isUnled)) this.#readLater(past);
  }
}
