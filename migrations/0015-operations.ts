import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** What a scheduler says of itself, figures of the past, and schedules that no DAG file declares. */
export const operations: Migration = {
  number: 15,
  name: 'operations',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    const end = isSqlite ? sql`strict, without rowid` : sql``;
    await db.schema
      .createTable('scheduler_fact')
      .addColumn('name', id, (c) => c.primaryKey().notNull())
      .addColumn('value', 'text', (c) => c.notNull())
      .modifyEnd(end)
      .execute();
    await db.schema
      .createTable('metric_sample')
      .addColumn('step_ms', big, (c) => c.notNull())
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('figures', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('metric_sample_pk', ['step_ms', 'at'])
      .modifyEnd(end)
      .execute();
    await db.schema
      .createTable('ad_hoc_schedule')
      .addColumn('schedule_id', id, (c) => c.primaryKey().notNull())
      .addColumn('dag_id', id, (c) => c.notNull())
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('plan', 'text', (c) => c.notNull())
      .addColumn('paused', small, (c) => c.notNull().check(sql`paused in (0, 1)`))
      .addColumn('cursor_at', big, (c) => c.notNull())
      .addColumn('last', 'text')
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .modifyEnd(end)
      .execute();
  },
};
