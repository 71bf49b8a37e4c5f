import { type Kysely, sql } from 'kysely';
import { AppError } from '../../model/errors.ts';
import type { Database } from '../tables.ts';
import { sqlState } from './connection.ts';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Makes the schema of the tables, if it is not there: `if not exists` needs the right to make schemas in the
 * database even where there is nothing to make, and who owns the schema needs no more.
 */
export async function makeSchema(db: Kysely<Database>, schema: string): Promise<void> {
  const found = sql`select 1 from pg_namespace where nspname = ${schema}`;
  if ((await found.execute(db)).rows.length > 0) return;
  await sql`create schema ${sql.id(schema)}`.execute(db);
}

/** What to do about a schema that this user of the database may not make or bring up to date. */
export function mayNotChange(schema: string, needed: number, error: unknown): AppError | null {
  if (!(error instanceof AppError) || sqlState(error.cause) !== INSUFFICIENT_PRIVILEGE) return null;
  const text =
    `The database has not the tables of this orch (schema ${needed}) in '${schema}', and this user may not ` +
    "change that, or not see it: run 'orch doctor' once as the user who owns them, then try again.";
  return new AppError('unavailable', text, { needed }, error);
}
