import type { Kysely } from 'kysely';
import type { Database } from '../tables.ts';
import type { SqliteConnection } from './connection.ts';
import { at, prepare } from './prepare.ts';

const ENTRY_COLUMNS = [
  'key',
  'dag_id',
  'instance',
  'run_uid',
  'at',
  'expires_at',
  'json',
  'sha256',
  'bytes',
  'artifacts',
  'parts',
] as const;
const ASK_COLUMNS = ['run_no', 'node_no', 'version_no', 'key', 'parts', 'because', 'facts'] as const;

/** The statements that write the cache, and what was asked of it. */
export function prepareCache(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** The row in the order of its columns. */
    putEntry: prepare(connection, () =>
      db
        .insertInto('cache_entry')
        .columns(ENTRY_COLUMNS)
        .values(placed(ENTRY_COLUMNS) as never)
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((row) => excluded(ENTRY_COLUMNS.slice(1), row.ref) as never),
        ),
    ),
    /** The row in the order of its columns. */
    putAsk: prepare(connection, () =>
      db
        .insertInto('task_cache')
        .columns(ASK_COLUMNS)
        .values(placed(ASK_COLUMNS) as never)
        .onConflict((conflict) =>
          conflict
            .columns(['run_no', 'node_no'])
            .doUpdateSet((row) => excluded(ASK_COLUMNS.slice(2), row.ref) as never),
        ),
    ),
  };
}

/** The columns of a row that is given in their order. */
function placed(columns: readonly string[]): object {
  return Object.fromEntries(columns.map((name, index) => [name, at(index)]));
}

/** Gives columns what was to be inserted. */
function excluded(columns: readonly string[], ref: (name: never) => unknown): object {
  return Object.fromEntries(columns.map((name) => [name, ref(`excluded.${name}` as never)]));
}
