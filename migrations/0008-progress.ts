import type { Migration } from './migration.ts';

/** When the leader last said that it gets on: a loop that stands still can be told from one that rests. */
export const progress: Migration = {
  number: 8,
  name: 'progress',
  async up(db, dialect) {
    const big = dialect === 'sqlite' ? 'integer' : 'bigint';
    await db.schema
      .alterTable('lease')
      .addColumn('progress_at', big, (c) => c.notNull().defaultTo(0))
      .execute();
  },
};
