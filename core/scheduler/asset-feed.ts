import type { Logger } from '../log/logger.ts';
import { EVENTS_PER_ASSET_MAX } from '../model/asset.ts';
import type { ScheduledDag } from '../planner/agenda.ts';
import type { AwaitedEvents } from '../planner/awaited-events.ts';
import type { Store } from '../store/store.ts';
import type { Leader } from './leader.ts';
import { asError } from './quarantine.ts';

/** A store that does not answer is asked again after this time. */
const READ_AGAIN_MS = 1_000;

export interface AssetFeedOptions {
  readonly store: Store;
  readonly leader: Leader;
  readonly log: Logger;
}

/**
 * Reads for DAGs that have come on the agenda the events of assets that were stored before. Later ones reach
 * the planner by themselves: it decides about them.
 */
export class AssetFeed {
  readonly #options: AssetFeedOptions;
  readonly #asked = new WeakSet<AwaitedEvents>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: AssetFeedOptions) {
    this.#options = options;
  }

  /** Looks which DAGs want events; cheap where none does. */
  look(): void {
    const { agenda } = this.#options.leader.world;
    if (agenda === null || this.#closed) return;
    for (const dagId of agenda.unread) {
      const dag = agenda.dags.get(dagId);
      if (!dag || this.#asked.has(dag.awaited)) continue;
      this.#asked.add(dag.awaited);
      void this.#read(dag, dag.awaited);
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #read(dag: ScheduledDag, awaited: AwaitedEvents): Promise<void> {
    const { store, leader, log } = this.#options;
    const { dagId } = dag.entry;
    const { uris, eventNo: afterNo } = awaited;
    try {
      const events = await store.assetEvents({ uris, afterNo, limit: EVENTS_PER_ASSET_MAX });
      if (!this.#closed) leader.tell({ type: 'asset.events', dagId, awaited, events });
    } catch (error) {
      log.warn({ err: asError(error), dag: dagId }, 'the events of assets cannot be read now');
      this.#asked.delete(awaited);
      this.#lookLater();
    }
  }

  #lookLater(): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.look();
    }, READ_AGAIN_MS);
    this.#timer.unref();
  }
}
