import type { Kysely } from 'kysely';
import type { Database } from './tables.ts';

/** Lines of the journal, each with the row of its attempt: the newest of its instance, or one before it. */
export function journalAttempts(db: Kysely<Database>) {
  return db
    .selectFrom('journal')
    .leftJoin('task_instance', (join) =>
      join
        .onRef('task_instance.run_no', '=', 'journal.run_no')
        .onRef('task_instance.node_no', '=', 'journal.node_no')
        .onRef('task_instance.try_no', '=', 'journal.try_no'),
    )
    .leftJoin('task_attempt', (join) =>
      join
        .onRef('task_attempt.run_no', '=', 'journal.run_no')
        .onRef('task_attempt.node_no', '=', 'journal.node_no')
        .onRef('task_attempt.try_no', '=', 'journal.try_no'),
    );
}
