import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Backfills, the runs that belong to them, and the rule that a slot has one run for ever. */
export const backfills: Migration = {
  number: 3,
  name: 'backfills',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const id: Type = isSqlite ? 'text' : sql`text collate "C"`;
    const table = db.schema
      .createTable('backfill')
      .addColumn('backfill_no', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('dag_id', id, (c) => c.notNull().references('dag.dag_id'))
      .addColumn('first_at', big, (c) => c.notNull())
      .addColumn('last_at', big, (c) => c.notNull())
      .addColumn('which', small, (c) => c.notNull().check(sql`which between 0 and 2`))
      .addColumn('reverse', small, (c) => c.notNull().check(sql`reverse in (0, 1)`))
      .addColumn('scope', 'text', (c) => c.notNull())
      .addColumn('max_active_runs', 'integer', (c) => c.notNull().check(sql`max_active_runs > 0`))
      .addColumn('state', small, (c) => c.notNull().check(sql`state between 0 and 3`))
      .addColumn('cursor_at', big)
      .addColumn('slots', 'integer', (c) => c.notNull())
      .addColumn('decided', 'integer', (c) => c.notNull())
      .addColumn('spared', 'integer', (c) => c.notNull())
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('created_by', 'text', (c) => c.notNull())
      .addColumn('ended_at', big)
      .addCheckConstraint('backfill_order', sql`first_at <= last_at`)
      .addCheckConstraint('backfill_counts', sql`spared between 0 and decided`)
      .addCheckConstraint('backfill_ended', sql`(state >= 2) = (ended_at is not null)`);
    await (isSqlite ? table.modifyEnd(sql`strict`) : table).execute();
    await db.schema
      .createIndex('backfill_unfinished')
      .on('backfill')
      .column('backfill_no')
      .where(sql.ref('state'), '<', sql.lit(2))
      .execute();
    await db.schema.alterTable('dag_run').addColumn('backfill_no', 'integer').execute();
    await db.schema
      .createIndex('dag_run_backfill')
      .on('dag_run')
      .columns(['backfill_no', 'run_no'])
      .where(sql.ref('backfill_no'), 'is not', null)
      .execute();
    // A slot is known by the instant that it is about, whatever made its run.
    await db.schema.dropIndex('dag_run_slot').execute();
    await db.schema
      .createIndex('dag_run_slot')
      .unique()
      .on('dag_run')
      .columns(['dag_id', 'logical_at'])
      .where(sql`trigger_kind`, 'in', sql`(1, 2)`)
      .execute();
  },
};
