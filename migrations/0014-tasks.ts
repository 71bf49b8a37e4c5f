import { type ColumnDataType, type RawBuilder, sql } from 'kysely';
import type { Migration } from './migration.ts';

type Type = ColumnDataType | RawBuilder<unknown>;

/** Tasks of the queue: their names, who asked for runs and how urgent they are; checkpoints of attempts. */
export const tasks: Migration = {
  number: 14,
  name: 'tasks',
  async up(db, dialect) {
    const isSqlite = dialect === 'sqlite';
    const small: Type = isSqlite ? 'integer' : 'smallint';
    const big: Type = isSqlite ? 'integer' : 'bigint';
    await db.schema
      .alterTable('dag_run')
      .addColumn('priority', small, (c) => c.check(sql`priority between 0 and 3`))
      .execute();
    await db.schema.alterTable('dag_run').addColumn('task_name', 'text').execute();
    await db.schema.alterTable('dag_run').addColumn('created_by', 'text').execute();
    await db.schema
      .createIndex('dag_run_task')
      .on('dag_run')
      .columns(['created_at', 'run_no'])
      .where(sql.ref('task_name'), 'is not', null)
      .execute();
    const table = db.schema
      .createTable('task_checkpoint')
      .addColumn('run_no', 'integer', (c) => c.notNull())
      .addColumn('node_no', 'integer', (c) => c.notNull())
      .addColumn('try_no', small, (c) => c.notNull())
      .addColumn('at', big, (c) => c.notNull())
      .addColumn('state', 'text')
      .addPrimaryKeyConstraint('task_checkpoint_pk', ['run_no', 'node_no']);
    await (isSqlite ? table.modifyEnd(sql`strict, without rowid`) : table).execute();
  },
};
