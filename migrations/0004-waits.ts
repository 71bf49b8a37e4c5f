import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** What task instances that are put off carry from one attempt to the next. */
export const waits: Migration = {
  number: 4,
  name: 'waits',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    const table = db.schema
      .createTable('task_wait')
      .addColumn('run_no', 'integer', (c) => c.notNull())
      .addColumn('node_no', 'integer', (c) => c.notNull())
      .addColumn('since_at', big)
      .addColumn('calls', 'integer', (c) => c.notNull().check(sql`calls >= 0`))
      .addColumn('state', 'text')
      .addPrimaryKeyConstraint('task_wait_pk', ['run_no', 'node_no'])
      .addCheckConstraint('task_wait_over', sql`since_at is not null or (calls = 0 and state is null)`);
    await (isSqlite ? table.modifyEnd(sql`strict, without rowid`) : table).execute();
  },
};
