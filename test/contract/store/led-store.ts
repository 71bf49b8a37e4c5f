import { afterEach, beforeEach, expect } from 'vitest';
import type { Store } from '../../../core/store/store.ts';
import type { StorePlace } from './databases.ts';
import { Leader } from './fixture.ts';

/** A store that leads, in a place of its own. */
export interface LedStore {
  readonly place: StorePlace;
  readonly store: Store;
  readonly leader: Leader;
}

/**
 * Gives every test of the block around it a store that leads. Its rows are checked at the end of the test,
 * but for `damaged` ones.
 */
export function useLedStore(
  newPlace: () => Promise<StorePlace>,
  use: (led: LedStore) => void,
  rows: 'sound' | 'damaged' = 'sound',
): void {
  let led: LedStore;
  beforeEach(async () => {
    const place = await newPlace();
    const store = await place.open();
    led = { place, store, leader: await Leader.of(store) };
    use(led);
  });
  afterEach(async () => {
    try {
      if (rows === 'sound') expect(await led.store.checkIntegrity()).toEqual([]);
    } finally {
      await led.place.close();
    }
  });
}
