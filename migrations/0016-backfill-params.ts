import type { Migration } from './migration.ts';

/** Params of the new runs of a backfill. */
export const backfillParams: Migration = {
  number: 16,
  name: 'backfill-params',
  async up(db) {
    await db.schema
      .alterTable('backfill')
      .addColumn('params', 'text', (column) => column.notNull().defaultTo('{}'))
      .execute();
  },
};
