import { type Kysely, sql } from 'kysely';
import type { DialectName, Migration } from '../../migrations/migration.ts';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import { describeLeader, toHolder } from './holder.ts';
import type { HolderRecord } from './holder-record.ts';
import type { Database } from './tables.ts';

/** What a database must be to be worked with. */
export interface SchemaPlan {
  readonly dialect: DialectName;
  /** In order, numbered 1, 2, 3... */
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
}

/** The schema number of the code. */
export function newestNumber(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.number ?? 0;
}

/** The schema number of the database; 0 for an empty one. Refuses a database that is newer than the code. */
export async function schemaNumber(db: Kysely<Database>, plan: SchemaPlan): Promise<number> {
  if (!(await hasTable(db, plan.dialect, 'schema_migration'))) return 0;
  const row = await db
    .selectFrom('schema_migration')
    .select((table) => table.fn.max('number').as('number'))
    .executeTakeFirst();
  const found = row?.number ?? 0;
  const known = newestNumber(plan.migrations);
  if (found > known) {
    throw new AppError(
      'conflict',
      `The database has schema ${found}, made by a newer orch; this one knows schemas up to ${known}. ` +
        'Use the newer orch, or another store.',
      { found, known },
    );
  }
  return found;
}

/**
 * Applies what is missing, each migration in a transaction of its own together with its number, so that a
 * crash leaves the old or the new schema. The caller holds the right to lead.
 */
export async function applyMigrations(db: Kysely<Database>, plan: SchemaPlan): Promise<void> {
  const done = await schemaNumber(db, plan);
  for (const migration of plan.migrations) {
    if (migration.number > done)
      await db.transaction().execute((transaction) => applyOne(transaction, plan, migration));
  }
}

/** One migration inside a transaction: its changes, its number, and the number that fences old leaders. */
export async function applyOne(db: Kysely<Database>, plan: SchemaPlan, migration: Migration): Promise<void> {
  if (migration.number === 1) await createMigrationTable(db, plan.dialect);
  await migration.up(db as unknown as Kysely<unknown>, plan.dialect);
  await db
    .insertInto('schema_migration')
    .values({ number: migration.number, name: migration.name, applied_at: plan.clock.now() })
    .execute();
  await db.updateTable('lease').set({ schema_no: migration.number }).where('id', '=', 1).execute();
}

async function createMigrationTable(db: Kysely<Database>, dialect: DialectName): Promise<void> {
  const table = db.schema
    .createTable('schema_migration')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('applied_at', dialect === 'sqlite' ? 'integer' : 'bigint', (column) => column.notNull());
  await (dialect === 'sqlite' ? table.modifyEnd(sql`strict`) : table).execute();
}

async function hasTable(db: Kysely<Database>, dialect: DialectName, name: string): Promise<boolean> {
  const query =
    dialect === 'sqlite'
      ? sql<{
          readonly found: number;
        }>`select count(*) as found from sqlite_schema where type = 'table' and name = ${name}`
      : sql<{ readonly found: number }>`select (to_regclass(${name}) is not null)::int as found`;
  const { rows } = await query.execute(db);
  return (rows[0]?.found ?? 0) > 0;
}

/** The process that took the lead last, as the lease row of any schema says. */
export async function readHolder(db: Kysely<Database>): Promise<HolderRecord | null> {
  const row = await db.selectFrom('lease').select(['epoch', 'holder']).where('id', '=', 1).executeTakeFirst();
  return row === undefined ? null : toHolder(row.epoch, row.holder);
}

/** Why a schema that is too old cannot be brought up to date now. */
export function schemaBusy(found: number, needed: number, leader: HolderRecord | null): AppError {
  return new AppError(
    'unavailable',
    `The database has schema ${found} and this orch needs ${needed}, but ${describeLeader(leader)} ` +
      'leads it with another version: stop that process, then try again.',
    { found, needed, pid: leader?.pid ?? null, host: leader?.host ?? null },
  );
}
