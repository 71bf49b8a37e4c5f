import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** The version by whose schedule the slots of a DAG were decided last. */
export const decidedVersion: Migration = {
  number: 10,
  name: 'decided-version',
  async up(db) {
    await db.schema
      .alterTable('dag')
      .addColumn('decided_no', 'integer', (c) => c.references('dag_version.version_no'))
      .execute();
    await sql`update dag set decided_no = version_no where cursor_at is not null`.execute(db);
  },
};
