import { EVENTS_PER_ASSET_MAX } from '../model/asset.ts';
import type { ScheduledDag } from '../planner/agenda.ts';
import type { AwaitedEvents } from '../planner/awaited-events.ts';
import type { Store } from '../store/store.ts';
import type { Feed, Reading } from './feeds.ts';
import type { Leader } from './leader.ts';

/**
 * Reads for DAGs that have come on the agenda the events of assets that were stored before. Later ones reach
 * the planner by themselves: it decides about them.
 */
export class AssetFeed implements Feed {
  readonly about = 'the events of assets';
  readonly #store: Store;
  readonly #leader: Leader;
  readonly #asked = new WeakSet<AwaitedEvents>();

  constructor(store: Store, leader: Leader) {
    this.#store = store;
    this.#leader = leader;
  }

  *wanted(): Iterable<Reading> {
    const { agenda } = this.#leader.world;
    if (agenda === null) return;
    for (const dagId of agenda.unread) {
      const dag = agenda.dags.get(dagId);
      if (!dag || this.#asked.has(dag.awaited)) continue;
      this.#asked.add(dag.awaited);
      yield this.#reading(dag, dag.awaited);
    }
  }

  #reading({ entry: { dagId } }: ScheduledDag, awaited: AwaitedEvents): Reading {
    const { uris, eventNo: afterNo } = awaited;
    return {
      read: async () => {
        const events = await this.#store.assetEvents({ uris, afterNo, limit: EVENTS_PER_ASSET_MAX });
        return { event: { type: 'asset.events', dagId, awaited, events } };
      },
      release: () => void this.#asked.delete(awaited),
    };
  }
}
