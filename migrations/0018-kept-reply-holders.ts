import type { Migration } from './migration.ts';

/** Which process answers a request with a key. */
export const keptReplyHolders: Migration = {
  number: 18,
  name: 'kept-reply-holders',
  async up(db) {
    await db.schema.alterTable('kept_reply').addColumn('holder', 'text').execute();
  },
};
