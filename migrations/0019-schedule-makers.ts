import type { Migration } from './migration.ts';

/** Whose right an ad-hoc schedule runs by. */
export const scheduleMakers: Migration = {
  number: 19,
  name: 'schedule-makers',
  async up(db) {
    await db.schema.alterTable('ad_hoc_schedule').addColumn('maker', 'text').execute();
  },
};
