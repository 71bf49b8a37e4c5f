import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** The audit log, alerts and backfills by what they are filtered by, each in the order of its list. */
export const filteredLists: Migration = {
  number: 22,
  name: 'filtered-lists',
  async up(db) {
    await sql`create index audit_entry_actor on audit_entry (actor, audit_no)`.execute(db);
    await sql`create index audit_entry_action on audit_entry (action, audit_no)`.execute(db);
    await sql`create index alert_rule on alert (rule, alert_id)`.execute(db);
    await sql`create index alert_dag on alert (dag_id, alert_id)`.execute(db);
    await sql`create index backfill_dag on backfill (dag_id, backfill_no)`.execute(db);
  },
};
