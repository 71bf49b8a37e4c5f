import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';
import type { SqliteConnection } from './connection.ts';
import { at, prepare } from './prepare.ts';

/** Where the schedule of each DAG stands, and what became of its slots. */
export function prepareSchedules(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** paused, present, sinceAt, cursorAt, versionNo, dagId, fromCursorAt */
    changeDag: prepare(connection, () =>
      db
        .updateTable('dag')
        .set((row) => ({
          paused: at(0),
          present: at(1),
          since_at: at(2),
          cursor_at: at(3),
          decided_no: row.fn.coalesce(row.val(at(4)), row.ref('decided_no')),
        }))
        .where('dag_id', '=', at(5))
        .where('cursor_at', 'is not distinct from', at(6)),
    ),
    /**
     * dagId, firstAt, lastAt, disposition, runNo, decidedAt, because, facts, dagId, firstAt; writes nothing
     * where the cursor is at or after the first slot
     */
    insertSpan: prepare(connection, () =>
      db
        .insertInto('slot_span')
        .columns(['dag_id', 'first_at', 'last_at', 'disposition', 'run_no', 'decided_at', 'because', 'facts'])
        .expression(
          db
            .selectFrom('dag')
            .select([0, 1, 2, 3, 4, 5, 6, 7].map((index) => sql`${at(index)}`.as(`c${index}`)))
            .where('dag_id', '=', at(8))
            .where((dag) => dag.or([dag('cursor_at', 'is', null), dag('cursor_at', '<', at(9))])),
        )
        .onConflict((conflict) => conflict.doNothing()),
    ),
  };
}

/** The columns of a backfill, in the order of its row. */
const BACKFILL_COLUMNS = [
  'backfill_no',
  'dag_id',
  'first_at',
  'last_at',
  'which',
  'reverse',
  'scope',
  'max_active_runs',
  'state',
  'cursor_at',
  'slots',
  'decided',
  'spared',
  'created_at',
  'created_by',
  'ended_at',
  'params',
] as const;

export function prepareBackfills(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** The row in the order of its columns. */
    insertBackfill: prepare(connection, () =>
      db
        .insertInto('backfill')
        .columns(BACKFILL_COLUMNS)
        .values(Object.fromEntries(BACKFILL_COLUMNS.map((name, index) => [name, at(index)])) as never)
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** state, cursorAt, decided, spared, endedAt, backfillNo, expected state, expected cursorAt */
    changeBackfill: prepare(connection, () =>
      db
        .updateTable('backfill')
        .set({ state: at(0), cursor_at: at(1), decided: at(2), spared: at(3), ended_at: at(4) })
        .where('backfill_no', '=', at(5))
        .where('state', '=', at(6))
        .where('cursor_at', 'is not distinct from', at(7)),
    ),
  };
}
