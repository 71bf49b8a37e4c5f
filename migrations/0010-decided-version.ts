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
    // A version that was stored after the last decision has decided nothing: the one before it has.
    const before = sql`select max(version_no) from dag_version as v
      where v.dag_id = dag.dag_id and v.created_at <= dag.cursor_at`;
    const createdAt = sql`(select created_at from dag_version as v where v.version_no = dag.version_no)`;
    await sql`update dag set decided_no = case when ${createdAt} <= cursor_at then version_no
      else coalesce((${before}), version_no) end where cursor_at is not null`.execute(db);
  },
};
