import { backfillWorld } from '../planner/backfill-world.ts';
import type { World } from '../planner/world.ts';
import type { Store } from '../store/store.ts';

/** Takes the backfills that are not over into memory, before their runs: these count for them from then. */
export async function takeBackfills(store: Store, world: World): Promise<void> {
  for (const record of await store.openBackfills())
    world.backfills.set(record.backfillNo, backfillWorld(record));
}
