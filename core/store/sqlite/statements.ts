import { type Kysely, sql } from 'kysely';
import type { Database } from '../tables.ts';
import { prepareAssets } from './asset-statements.ts';
import { prepareCache } from './cache-statements.ts';
import type { SqliteConnection } from './connection.ts';
import { prepareHooks } from './hook-writes.ts';
import { at, prepare } from './prepare.ts';
import { prepareBackfills, prepareSchedules } from './schedule-statements.ts';

/** Every statement of a commit. */
export type TickStatements = ReturnType<typeof prepareTick>;

/** Every statement of a commit: each builds its SQL once, when a tick first needs it. */
export function prepareTick(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    begin: connection.prepare('begin immediate'),
    commit: connection.prepare('commit'),
    rollback: connection.prepare('rollback'),
    ...prepareLease(connection, db),
    ...prepareSchedules(connection, db),
    ...prepareBackfills(connection, db),
    ...prepareAssets(connection, db),
    ...prepareCache(connection, db),
    ...prepareHooks(connection, db),
    ...prepareRuns(connection, db),
    ...prepareExpansions(connection, db),
    ...prepareInstances(connection, db),
    ...prepareResults(connection, db),
    ...prepareUnderWay(connection, db),
  };
}

function prepareLease(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** tick, seq, runNo, epoch, schemaNo, tick */
    fence: prepare(connection, () =>
      db
        .updateTable('lease')
        .set({ tick: at(0), seq: at(1), run_no: at(2) })
        .where('id', '=', sql.lit(1))
        .where('epoch', '=', at(3))
        .where('schema_no', '=', at(4))
        .where('tick', '<', at(5)),
    ),
    lease: prepare(connection, () =>
      db.selectFrom('lease').select(['epoch', 'schema_no', 'tick']).where('id', '=', sql.lit(1)),
    ),
    /** seq, at, epoch, runNo, nodeNo, tryNo, from, to, because, facts */
    insertLine: prepare(connection, () =>
      db.insertInto('journal').values({
        seq: at(0),
        at: at(1),
        epoch: at(2),
        run_no: at(3),
        node_no: at(4),
        try_no: at(5),
        from_state: at(6),
        to_state: at(7),
        because: at(8),
        facts: at(9),
      }),
    ),
    /** answer, at, inboxId */
    answer: prepare(connection, () =>
      db
        .updateTable('inbox')
        .set({ answer: at(0), answered_at: at(1) })
        .where('inbox_id', '=', at(2))
        .where('answer', 'is', null),
    ),
  };
}

function prepareRuns(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    insertRun: prepare(connection, () =>
      db
        .insertInto('dag_run')
        .values({
          run_no: at(0),
          uid: at(1),
          dag_id: at(2),
          version_no: at(3),
          state: at(4),
          trigger_kind: at(5),
          params: at(6),
          scope: at(7),
          max_parallel: at(8),
          inputs_from: at(9),
          logical_at: at(10),
          interval_start_at: at(11),
          interval_end_at: at(12),
          created_at: at(13),
          started_at: at(14),
          ended_at: at(15),
          because: at(16),
          facts: at(17),
          backfill_no: at(18),
          cause: at(19),
          no_cache: at(20),
          priority: at(21),
          task_name: at(22),
          created_by: at(23),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /**
     * state, because, facts, then pairs of (1 to set, value) of started, ended, counts, maxParallel, version,
     * params, then backfillNo, priority, runNo, from, and (1 to expect it, value) of the version
     */
    updateRun: prepare(connection, () =>
      db
        .updateTable('dag_run')
        .set({
          state: at(0),
          because: at(1),
          facts: at(2),
          started_at: sql<number | null>`iif(${at(3)}, ${at(4)}, started_at)`,
          ended_at: sql<number | null>`iif(${at(5)}, ${at(6)}, ended_at)`,
          counts: sql<string | null>`iif(${at(7)}, ${at(8)}, counts)`,
          max_parallel: sql<number | null>`iif(${at(9)}, ${at(10)}, max_parallel)`,
          version_no: sql<number>`iif(${at(11)}, ${at(12)}, version_no)`,
          params: sql<string>`iif(${at(13)}, ${at(14)}, params)`,
          backfill_no: sql<number | null>`coalesce(${at(15)}, backfill_no)`,
          priority: sql<number | null>`coalesce(${at(16)}, priority)`,
        })
        .where('run_no', '=', at(17))
        .where('state', '=', at(18))
        .where('version_no', '=', sql<number>`iif(${at(19)}, ${at(20)}, version_no)`),
    ),
  };
}

function prepareExpansions(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** runNo, base, fanOut, parentBase, keys, items, gone */
    insertExpansion: prepare(connection, () =>
      db
        .insertInto('run_expansion')
        .values({
          run_no: at(0),
          base: at(1),
          fan_out: at(2),
          parent_base: at(3),
          keys: at(4),
          items: at(5),
          gone: at(6),
        })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** items, gone, runNo, base */
    changeExpansion: prepare(connection, () =>
      db
        .updateTable('run_expansion')
        .set({ items: at(0), gone: at(1) })
        .where('run_no', '=', at(2))
        .where('base', '=', at(3)),
    ),
  };
}

function prepareInstances(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** The new row, then runNo, nodeNo */
    insertInstance: prepare(connection, () =>
      db
        .insertInto('task_instance')
        .values({ ...instanceRow(), run_no: at(15), node_no: at(16) })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** The new row, then runNo, nodeNo, from, fromTry */
    updateInstance: prepare(connection, () =>
      db
        .updateTable('task_instance')
        .set(instanceRow())
        .where('run_no', '=', at(15))
        .where('node_no', '=', at(16))
        .where('state', '=', at(17))
        .where('try_no', '=', at(18)),
    ),
    /** runNo, nodeNo, from, fromTry */
    keepAttempt: prepare(connection, () =>
      db
        .insertInto('task_attempt')
        .columns(ATTEMPT_COLUMNS)
        .expression((row) =>
          row
            .selectFrom('task_instance')
            .select(ATTEMPT_COLUMNS)
            .where('run_no', '=', at(0))
            .where('node_no', '=', at(1))
            .where('state', '=', at(2))
            .where('try_no', '=', at(3)),
        )
        .onConflict((conflict) => conflict.doNothing()),
    ),
  };
}

/** Columns that the instance row and the rows of past attempts share. */
export const ATTEMPT_COLUMNS = [
  'run_no',
  'node_no',
  'state',
  'try_no',
  'reason',
  'because',
  'facts',
  'started_at',
  'ended_at',
  'error',
  'log_segment',
  'log_offset',
  'log_length',
] as const;

function instanceRow() {
  return {
    state: at(0),
    try_no: at(1),
    try_base: at(2),
    lost: at(3),
    reason: at(4),
    because: at(5),
    facts: at(6),
    queued_at: at(7),
    started_at: at(8),
    ended_at: at(9),
    due_at: at(10),
    error: at(11),
    log_segment: at(12),
    log_offset: at(13),
    log_length: at(14),
  };
}

function prepareResults(connection: SqliteConnection, db: Kysely<Database>) {
  const ofAttempt = { run_no: at(0), node_no: at(1), try_no: at(2) };
  return {
    /** runNo, nodeNo, tryNo, json, sha256, bytes */
    insertOutput: prepare(connection, () =>
      db
        .insertInto('task_output')
        .values({ ...ofAttempt, json: at(3), sha256: at(4), bytes: at(5) })
        .onConflict((conflict) => conflict.doNothing()),
    ),
    /** runNo, nodeNo, tryNo, name, value, at */
    putMetric: prepare(connection, () =>
      db
        .insertInto('task_metric')
        .values({ ...ofAttempt, name: at(3), value: at(4), at: at(5) })
        .onConflict((conflict) =>
          conflict.columns(['run_no', 'node_no', 'try_no', 'name']).doUpdateSet((row) => ({
            value: row.ref('excluded.value'),
            at: row.ref('excluded.at'),
          })),
        ),
    ),
    /** runNo, nodeNo, tryNo, name, bytes, mediaType, sha256 */
    putArtifact: prepare(connection, () =>
      db
        .insertInto('artifact')
        .values({ ...ofAttempt, name: at(3), bytes: at(4), media_type: at(5), sha256: at(6) })
        .onConflict((conflict) =>
          conflict.columns(['run_no', 'node_no', 'try_no', 'name']).doUpdateSet((row) => ({
            bytes: row.ref('excluded.bytes'),
            media_type: row.ref('excluded.media_type'),
            sha256: row.ref('excluded.sha256'),
          })),
        ),
    ),
  };
}

/** What an instance that is under way has said, or carries from one attempt to the next. */
function prepareUnderWay(connection: SqliteConnection, db: Kysely<Database>) {
  return {
    /** runNo, nodeNo, sinceAt, calls, iterations, state */
    putWait: prepare(connection, () =>
      db
        .insertInto('task_wait')
        .values({
          run_no: at(0),
          node_no: at(1),
          since_at: at(2),
          calls: at(3),
          iterations: at(4),
          state: at(5),
        })
        .onConflict((conflict) =>
          conflict.columns(['run_no', 'node_no']).doUpdateSet((row) => ({
            since_at: row.ref('excluded.since_at'),
            calls: row.ref('excluded.calls'),
            iterations: row.ref('excluded.iterations'),
            state: row.ref('excluded.state'),
          })),
        ),
    ),
    /** runNo, nodeNo, tryNo, at, state */
    putCheckpoint: prepare(connection, () =>
      db
        .insertInto('task_checkpoint')
        .values({ run_no: at(0), node_no: at(1), try_no: at(2), at: at(3), state: at(4) })
        .onConflict((conflict) =>
          conflict.columns(['run_no', 'node_no']).doUpdateSet((row) => ({
            try_no: row.ref('excluded.try_no'),
            at: row.ref('excluded.at'),
            state: row.ref('excluded.state'),
          })),
        ),
    ),
    /** runNo, nodeNo, done, total, step */
    putProgress: prepare(connection, () =>
      db
        .insertInto('task_progress')
        .values({ run_no: at(0), node_no: at(1), done: at(2), total: at(3), step: at(4) })
        .onConflict((conflict) =>
          conflict.columns(['run_no', 'node_no']).doUpdateSet((row) => ({
            done: row.ref('excluded.done'),
            total: row.ref('excluded.total'),
            step: row.ref('excluded.step'),
          })),
        ),
    ),
  };
}
