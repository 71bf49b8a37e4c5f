import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/**
 * Tasks of the queue in each order in which they are listed, and what of them is open by all that is counted.
 * Runs that are no tasks have no entry.
 */
export const queueLists: Migration = {
  number: 21,
  name: 'queue-lists',
  async up(db) {
    const isTask = sql`where task_name is not null`;
    await sql`create index dag_run_task_type on dag_run (dag_id, run_no) ${isTask}`.execute(db);
    await sql`create index dag_run_task_state on dag_run (state, run_no) ${isTask}`.execute(db);
    await sql`create index dag_run_task_priority on dag_run (priority, run_no) ${isTask}`.execute(db);
    await sql`create index dag_run_task_name on dag_run (task_name, run_no) ${isTask}`.execute(db);
    await sql`create index dag_run_task_ended on dag_run ((coalesce(ended_at, 0)), run_no)
      ${isTask}`.execute(db);
    await sql`create index dag_run_task_open on dag_run (state, dag_id, priority, created_at)
      ${isTask} and state < 3`.execute(db);
  },
};
