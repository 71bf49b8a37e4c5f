import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Successes that stand for later ones, what was asked of them, and DAGs that use an older version. */
export const cacheAndPins: Migration = {
  number: 7,
  name: 'cache-and-pins',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    const entry = db.schema
      .createTable('cache_entry')
      .addColumn('key', id, (c) => c.primaryKey().notNull())
      .addColumn('dag_id', id, (c) => c.notNull())
      .addColumn('instance', id, (c) => c.notNull())
      .addColumn('run_uid', 'text', (c) => c.notNull())
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('expires_at', big)
      .addColumn('json', 'text')
      .addColumn('sha256', 'text')
      .addColumn('bytes', big)
      .addColumn('artifacts', 'text')
      .addColumn('parts', 'text', (c) => c.notNull())
      .addCheckConstraint(
        'cache_entry_output',
        sql`(sha256 is null) = (bytes is null) and not (json is not null and sha256 is not null)`,
      );
    await (isSqlite ? entry.modifyEnd(sql`strict`) : entry).execute();
    await db.schema
      .createIndex('cache_entry_instance')
      .on('cache_entry')
      .columns(['dag_id', 'instance', 'at'])
      .execute();
    await db.schema.createIndex('cache_entry_at').on('cache_entry').column('at').execute();
    const ask = db.schema
      .createTable('task_cache')
      .addColumn('run_no', 'integer', (c) => c.notNull())
      .addColumn('node_no', 'integer', (c) => c.notNull())
      .addColumn('version_no', 'integer')
      .addColumn('key', 'text')
      .addColumn('parts', 'text')
      .addColumn('because', small, (c) => c.notNull())
      .addColumn('facts', 'text')
      .addPrimaryKeyConstraint('task_cache_pk', ['run_no', 'node_no']);
    await (isSqlite ? ask.modifyEnd(sql`strict, without rowid`) : ask).execute();
    await db.schema
      .alterTable('dag_run')
      .addColumn('no_cache', small, (c) => c.notNull().defaultTo(0).check(sql`no_cache in (0, 1)`))
      .execute();
    const pin = db.schema
      .createTable('dag_pin')
      .addColumn('dag_id', id, (c) => c.primaryKey().notNull().references('dag.dag_id'))
      .addColumn('version_no', 'integer', (c) => c.notNull().references('dag_version.version_no'))
      .addColumn('declared_no', 'integer', (c) => c.notNull().references('dag_version.version_no'))
      .addColumn('held', small, (c) => c.notNull().check(sql`held in (0, 1)`))
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('pinned_by', 'text', (c) => c.notNull())
      .addCheckConstraint('dag_pin_other', sql`version_no <> declared_no`);
    await (isSqlite ? pin.modifyEnd(sql`strict, without rowid`) : pin).execute();
  },
};
