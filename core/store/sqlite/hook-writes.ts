import type { Kysely } from 'kysely';
import type { Action } from '../../model/action.ts';
import { DEADLINE_STAGES } from '../../model/hook.ts';
import { hookRow } from '../hooks.ts';
import type { Misses } from '../misses.ts';
import type { Database } from '../tables.ts';
import type { SqliteConnection } from './connection.ts';
import { at, prepare } from './prepare.ts';
import type { TickStatements } from './statements.ts';

/** The statements that write hooks that are due, and what was told of deadlines. */
export function prepareHooks(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** runNo, hookNo, nodeNo, hook, position, event, state, tries, createdAt, dueAt */
    insertHook: prepare(connection, () =>
      db
        .insertInto('hook_job')
        .values({
          run_no: at(0),
          hook_no: at(1),
          node_no: at(2),
          hook: at(3),
          position: at(4),
          event: at(5),
          state: at(6),
          tries: at(7),
          created_at: at(8),
          due_at: at(9),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** runNo, stage, at */
    insertDeadline: prepare(connection, () =>
      db
        .insertInto('run_deadline')
        .values({ run_no: at(0), stage: at(1), at: at(2) })
        .onConflict((conflict) => conflict.doNothing()),
    ),
  };
}

/** Writes a hook that is due, or what was told of a deadline; what is there already is a miss. */
export function writeHook(
  statements: TickStatements,
  action: Extract<Action, { type: 'hook' | 'deadline' }>,
  misses: Misses,
): void {
  if (action.type === 'deadline') {
    const { runNo, stage, at: toldAt } = action;
    const { changes } = statements.insertDeadline.run(runNo, DEADLINE_STAGES.indexOf(stage), toldAt);
    if (changes !== 1) misses.runs.add(runNo);
    return;
  }
  const row = hookRow(action.job);
  const { changes } = statements.insertHook.run(
    row.run_no,
    row.hook_no,
    row.node_no,
    row.hook,
    row.position,
    row.event,
    row.state,
    row.tries,
    row.created_at,
    row.due_at,
  );
  if (changes !== 1) misses.runs.add(action.job.runNo);
}
