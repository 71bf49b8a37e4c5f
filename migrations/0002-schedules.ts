import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** What became of the slots of DAGs, how far that goes, and which files could not be loaded. */
export const schedules: Migration = {
  number: 2,
  name: 'schedules',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    await db.schema
      .alterTable('dag')
      .addColumn('present', small, (c) => c.notNull().defaultTo(1).check(sql`present in (0, 1)`))
      .execute();
    await db.schema.alterTable('dag').addColumn('since_at', big).execute();
    await db.schema.alterTable('dag').addColumn('cursor_at', big).execute();
    const span = db.schema
      .createTable('slot_span')
      .addColumn('dag_id', id, (c) => c.notNull().references('dag.dag_id'))
      .addColumn('first_at', big, (c) => c.notNull())
      .addColumn('last_at', big, (c) => c.notNull())
      .addColumn('disposition', small, (c) => c.notNull().check(sql`disposition between 0 and 4`))
      .addColumn('run_no', 'integer')
      .addColumn('decided_at', big, (c) => c.notNull())
      .addColumn('because', small, (c) => c.notNull())
      .addColumn('facts', 'text')
      .addPrimaryKeyConstraint('slot_span_pk', ['dag_id', 'first_at'])
      .addCheckConstraint('slot_span_order', sql`first_at <= last_at`)
      .addCheckConstraint(
        'slot_span_run',
        sql`disposition <> 0 or (run_no is not null and first_at = last_at)`,
      );
    await (isSqlite ? span.modifyEnd(sql`strict, without rowid`) : span).execute();
    const broken = db.schema
      .createTable('broken_file')
      .addColumn('file', id, (c) => c.primaryKey().notNull())
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('diagnostics', 'text', (c) => c.notNull());
    await (isSqlite ? broken.modifyEnd(sql`strict`) : broken).execute();
  },
};
