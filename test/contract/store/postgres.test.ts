import pg from 'pg';
import { afterAll, describe, it } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { openStore } from '../../../core/store/open-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { startPostgres } from '../../postgres/embedded-postgres.ts';
import type { StorePlace } from './fixture.ts';
import { postgresFaults } from './postgres-faults.contract.ts';
import { storeContract } from './store.contract.ts';

const server = await startPostgres({ fsync: false });
let places = 0;

if ('unavailable' in server) {
  describe.skip(`the store on PostgreSQL: PostgreSQL cannot be started here: ${server.unavailable}`, () => {
    it('keeps its contract', () => {});
  });
} else {
  afterAll(() => server.stop());
  storeContract('PostgreSQL', () => newPlace(server.url));
  describe('the store on PostgreSQL: faults', () => postgresFaults(server.url));
}

async function newPlace(url: string): Promise<StorePlace> {
  places += 1;
  const schema = `place_${places}`;
  const stores: Store[] = [];
  const admin = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await admin.connect();
  return {
    open: async (options = {}) => {
      const store = await openStore({ kind: 'postgres', url, schema, clock: systemClock, ...options });
      stores.push(store);
      return store;
    },
    freeLead: async () => {
      await admin.query('update lease set expires_at = 0');
    },
    execute: async (sql) => {
      await admin.query(sql);
    },
    close: async () => {
      for (const store of stores) await store.close();
      await admin.end();
    },
  };
}
