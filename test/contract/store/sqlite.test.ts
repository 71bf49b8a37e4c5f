import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../../core/model/clock.ts';
import { openStore } from '../../../core/store/open-store.ts';
import type { Store } from '../../../core/store/store.ts';
import type { StorePlace } from './fixture.ts';
import { storeContract } from './store.contract.ts';

storeContract('SQLite', async (): Promise<StorePlace> => {
  const folder = mkdtempSync(join(tmpdir(), 'orch-store-'));
  const path = join(folder, 'orch.db');
  const stores: Store[] = [];
  return {
    open: async (options = {}) => {
      const store = await openStore({
        kind: 'sqlite',
        path,
        durability: 'normal',
        clock: systemClock,
        ...options,
      });
      stores.push(store);
      return store;
    },
    freeLead: async () => unlinkSync(join(folder, 'leader.lock')),
    execute: async (sql) => {
      const database = new DatabaseSync(path, { timeout: 5000 });
      database.exec(sql);
      database.close();
    },
    close: async () => {
      for (const store of stores) await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
