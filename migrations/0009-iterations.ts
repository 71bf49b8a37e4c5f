import { sql } from 'kysely';
import type { Migration } from './migration.ts';

/** How many iterations of a loop are over, beside its calls: a call that puts the loop off is none. */
export const iterations: Migration = {
  number: 9,
  name: 'iterations',
  async up(db) {
    await db.schema
      .alterTable('task_wait')
      .addColumn('iterations', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    // Loops under way: until now each of their calls counted.
    await sql`update task_wait set iterations = calls`.execute(db);
  },
};
