import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Hooks that are due or were run, and what was told of the deadlines of runs. */
export const hooks: Migration = {
  number: 6,
  name: 'hooks',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const job = db.schema
      .createTable('hook_job')
      .addColumn('run_no', 'integer', (c) => c.notNull())
      .addColumn('hook_no', 'integer', (c) => c.notNull().check(sql`hook_no > 0`))
      .addColumn('node_no', 'integer')
      .addColumn('hook', small, (c) => c.notNull())
      .addColumn('position', small, (c) => c.notNull())
      .addColumn('event', 'text', (c) => c.notNull())
      .addColumn('state', small, (c) => c.notNull().check(sql`state between 0 and 3`))
      .addColumn('tries', 'integer', (c) => c.notNull())
      .addColumn('created_at', big, (c) => c.notNull())
      .addColumn('due_at', big, (c) => c.notNull())
      .addColumn('started_at', big)
      .addColumn('ended_at', big)
      .addColumn('error', 'text')
      .addColumn('log_segment', 'integer')
      .addColumn('log_offset', big)
      .addColumn('log_length', big)
      .addPrimaryKeyConstraint('hook_job_pk', ['run_no', 'hook_no']);
    await (isSqlite ? job.modifyEnd(sql`strict, without rowid`) : job).execute();
    await db.schema
      .createIndex('hook_job_open')
      .on('hook_job')
      .columns(['due_at'])
      .where(sql.ref('state'), '<', sql.lit(2))
      .execute();
    const told = db.schema
      .createTable('run_deadline')
      .addColumn('run_no', 'integer', (c) => c.notNull())
      .addColumn('stage', small, (c) => c.notNull().check(sql`stage between 0 and 2`))
      .addColumn('at', big, (c) => c.notNull())
      .addPrimaryKeyConstraint('run_deadline_pk', ['run_no', 'stage']);
    await (isSqlite ? told.modifyEnd(sql`strict, without rowid`) : told).execute();
  },
};
