import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, describe, inject, it, type ProvidedContext } from 'vitest';
import { systemClock } from '../../../core/model/clock.ts';
import { openStore, type StoreOptions } from '../../../core/store/open-store.ts';
import type { Store } from '../../../core/store/store.ts';
import type { Migration } from '../../../migrations/migration.ts';
import { startPostgres } from '../../postgres/embedded-postgres.ts';

/** What the contract needs of a database: an empty place, opened as often as a test likes. */
export interface StorePlace {
  /** Another handle, as another process would have. */
  open(options?: { readonly migrations?: readonly Migration[] }): Promise<Store>;
  /** Frees the lead although its holder lives and does not know it. */
  freeLead(): Promise<void>;
  /** Runs SQL past the store. */
  execute(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** A database that keeps the contract of the store. */
export interface ContractDatabase {
  readonly name: string;
  newPlace(): Promise<StorePlace>;
}

type Server = ProvidedContext['postgres'];

/** The server that the files of a project share; a file that does much to its server has one of its own. */
async function serverOfFile(): Promise<Server> {
  const shared = inject('postgres') as Server | undefined;
  if (shared !== undefined) return shared;
  const own = await startPostgres({ fsync: false });
  if ('stop' in own) afterAll(() => own.stop());
  return own;
}

const server = await serverOfFile();
/** The running PostgreSQL; empty where none can be started. */
export const postgres: readonly { readonly name: string; readonly url: string }[] =
  'url' in server ? [{ name: 'PostgreSQL', url: server.url }] : [];

if ('unavailable' in server) {
  // PostgreSQL cannot be started on this machine: the title says why.
  describe.skip(`on PostgreSQL, which cannot be started here: ${server.unavailable}`, () => {
    it('keeps the contract', () => {});
  });
}

/** Every database that can be had on this machine: SQLite, and PostgreSQL where it starts. */
export const databases: readonly ContractDatabase[] = [
  { name: 'SQLite', newPlace: newSqlitePlace },
  ...postgres.map(({ name, url }) => ({ name, newPlace: () => newPostgresPlace(url) })),
];

/** Opens stores and closes them all. */
function opener(options: StoreOptions): Pick<StorePlace, 'open' | 'close'> {
  const stores: Store[] = [];
  return {
    open: async (more = {}) => {
      const store = await openStore({ ...options, ...more });
      stores.push(store);
      return store;
    },
    close: async () => {
      for (const store of stores) await store.close();
    },
  };
}

async function newSqlitePlace(): Promise<StorePlace> {
  const folder = mkdtempSync(join(tmpdir(), 'orch-store-'));
  const path = join(folder, 'orch.db');
  const { open, close } = opener({ kind: 'sqlite', path, durability: 'normal', clock: systemClock });
  return {
    open,
    freeLead: async () => unlinkSync(join(folder, 'leader.lock')),
    execute: async (sql) => {
      const database = new DatabaseSync(path, { timeout: 5000 });
      database.exec(sql);
      database.close();
    },
    close: async () => {
      await close();
      rmSync(folder, { recursive: true });
    },
  };
}

let places = 0;

async function newPostgresPlace(url: string): Promise<StorePlace> {
  places += 1;
  const schema = `place_${process.pid}_${places}`;
  const { open, close } = opener({ kind: 'postgres', url, schema, clock: systemClock });
  const admin = new pg.Client({ connectionString: url, options: `-c search_path=${schema}` });
  await admin.connect();
  return {
    open,
    freeLead: async () => {
      await admin.query('update lease set holder = null, expires_at = 0');
    },
    execute: async (sql) => {
      await admin.query(sql);
    },
    close: async () => {
      await close();
      await admin.end();
    },
  };
}
