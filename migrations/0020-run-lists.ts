import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/**
 * Runs that ended by their state, runs since an instant, and lines of the journal by run, each in the order
 * of its number.
 */
export const runLists: Migration = {
  number: 20,
  name: 'run-lists',
  async up(db, dialect) {
    // Only a finished run has an entry, so that it costs one when the run ends and none before.
    await sql`create index dag_run_ended on dag_run (state, run_no) where state >= 3`.execute(db);
    await sql`create index dag_run_ended_dag on dag_run (dag_id, state, run_no) where state >= 3`.execute(db);
    await sql`create index dag_run_created on dag_run (created_at, run_no)`.execute(db);
    // SQLite ends every index with the key of its table.
    if (dialect === 'sqlite') return;
    await sql`drop index journal_run`.execute(db);
    await sql`create index journal_run on journal (run_no, seq)`.execute(db);
  },
};
