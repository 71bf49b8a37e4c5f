import type { Migration } from '../../migrations/migration.ts';
import type { Clock } from '../model/clock.ts';
import type { Store } from './store.ts';

/** Where a store lives. */
export type StoreOptions =
  | {
      readonly kind: 'sqlite';
      /** The database file, or `:memory:`. The leader's lock lies beside it. */
      readonly path: string;
      /** `normal` survives the crash of any process, `full` also the loss of power. */
      readonly durability: 'normal' | 'full';
      readonly clock: Clock;
      readonly migrations?: readonly Migration[];
    }
  | {
      readonly kind: 'postgres';
      /** `postgres://user:password@host:port/database`. */
      readonly url: string;
      /** The schema of the tables, `orch` by default; made if it is missing. */
      readonly schema?: string;
      readonly clock: Clock;
      /** How long the lead stays with a process that no longer answers; 3.5 s by default. */
      readonly leaseTtlMs?: number;
      /** How long what such a process has started may live on; 15 s by default. */
      readonly leaseHoldMs?: number;
      readonly migrations?: readonly Migration[];
    };

/**
 * Opens a store. Nothing is read yet and the schema is as it was: call `migrate()` or `tryLead()` next.
 * The driver of the other database is never loaded.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  if (options.kind === 'sqlite') {
    const { SqliteStore } = await import('./sqlite/sqlite-store.ts');
    return SqliteStore.open(options);
  }
  const { PostgresStore } = await import('./postgres/postgres-store.ts');
  return PostgresStore.open(options);
}
