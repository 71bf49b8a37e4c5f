import { type Kysely, sql } from 'kysely';
import type { RunCause } from '../model/asset.ts';
import type { TaskError } from '../model/attempt.ts';
import { because } from '../model/because.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../model/ids.ts';
import { TRIGGER_KINDS } from '../model/run.ts';
import { FIRST_FINISHED, RUN_STATES, S, TASK_STATES } from '../model/states.ts';
import { foreignSpan } from '../telemetry/derived-ids.ts';
import type { ObservedAttempt, ObservedLine } from '../telemetry/observed.ts';
import { journalAttempts } from './journal-attempts.ts';
import { becauseOf, named, reasonOf } from './records.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

type Row = Awaited<ReturnType<ReturnType<typeof observedQuery>['execute']>>[number];

/**
 * Beginnings and ends of runs, task instances and attempts, after a line of the journal and up to one, in its
 * order. Of what is deleted by now there are none.
 */
export async function readObservedLines(
  db: Kysely<Database>,
  afterSeq: number,
  upToSeq: number,
  limit: number,
): Promise<readonly ObservedLine[]> {
  return (await observedQuery(db, afterSeq, upToSeq, limit).execute()).map(toObserved);
}

/** When the first of some attempts of an instance began, as far as rows still tell; `null` if none did. */
export async function readFirstStart(
  db: Kysely<Database>,
  runNo: RunNo,
  { nodeNo, tryNo, tryBase, startedAt }: ObservedAttempt,
): Promise<number | null> {
  // Attempts that only put the instance off are not kept, but when the first of them began is.
  const rows = await Promise.all([
    db
      .selectFrom('task_attempt')
      .select((row) => row.fn.min('started_at').as('at'))
      .where('run_no', '=', runNo)
      .where('node_no', '=', nodeNo)
      .where('try_no', '>', tryBase)
      .where('try_no', '<', tryNo)
      .executeTakeFirst(),
    db
      .selectFrom('task_wait')
      .select('since_at as at')
      .where('run_no', '=', runNo)
      .where('node_no', '=', nodeNo)
      .executeTakeFirst(),
  ]);
  const known = [startedAt, ...rows.map((row) => row?.at ?? null)].filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** The rows behind it: each line with its run and its attempt, by their keys. */
export function observedQuery(db: Kysely<Database>, afterSeq: number, upToSeq: number, limit: number) {
  return journalAttempts(db)
    .innerJoin('dag_run', 'dag_run.run_no', 'journal.run_no')
    .where('journal.seq', '>', afterSeq)
    .where('journal.seq', '<=', upToSeq)
    .where('journal.to_state', '>=', 0)
    .where((row) =>
      row.or([
        row('journal.node_no', 'is', null),
        row('journal.to_state', '>=', S.running),
        row('journal.from_state', 'in', [S.queued, S.running]),
      ]),
    )
    .orderBy('journal.seq')
    .limit(limit)
    .select((row) => [
      'journal.seq',
      'journal.at',
      'journal.node_no',
      'journal.try_no',
      'journal.from_state',
      'journal.to_state',
      'journal.because',
      'journal.facts',
      'dag_run.run_no',
      'dag_run.uid',
      'dag_run.dag_id',
      'dag_run.version_no',
      'dag_run.trigger_kind',
      'dag_run.logical_at',
      'dag_run.interval_start_at',
      'dag_run.interval_end_at',
      'dag_run.created_at',
      'dag_run.started_at as run_started_at',
      sql<string | null>`case when journal.node_no is null then dag_run.cause end`.as('cause'),
      'task_instance.queued_at',
      'task_instance.started_at',
      'task_instance.ended_at',
      'task_instance.reason',
      'task_instance.error',
      'task_attempt.started_at as past_started_at',
      'task_attempt.ended_at as past_ended_at',
      'task_attempt.reason as past_reason',
      'task_attempt.error as past_error',
      // An attempt that is kept in a finished state was the last one of its time: a retry by hand came after.
      row
        .selectFrom('task_attempt as earlier')
        .select((one) => one.fn.max('earlier.try_no').as('no'))
        .whereRef('earlier.run_no', '=', 'journal.run_no')
        .whereRef('earlier.node_no', '=', 'journal.node_no')
        .where('earlier.state', '>=', FIRST_FINISHED)
        .where((one) =>
          one.or([
            one('earlier.try_no', '<', one.ref('journal.try_no')),
            one.and([
              one('earlier.try_no', '=', one.ref('journal.try_no')),
              one('journal.from_state', '=', S.none),
            ]),
          ]),
        )
        .as('try_base'),
    ]);
}

function toObserved(row: Row): ObservedLine {
  const { seq, at } = row;
  const cause = readText<RunCause>('dag_run.cause', row.cause);
  const line = {
    seq,
    at,
    run: {
      runNo: row.run_no as RunNo,
      uid: row.uid as RunUid,
      dagId: row.dag_id,
      versionNo: row.version_no as VersionNo,
      trigger: named(TRIGGER_KINDS, row.trigger_kind),
      logicalAt: row.logical_at,
      intervalStartAt: row.interval_start_at,
      intervalEndAt: row.interval_end_at,
      createdAt: row.created_at,
      startedAt: row.run_started_at,
      events: cause?.events ?? [],
      askedBy: cause?.traceparent === undefined ? null : foreignSpan(cause.traceparent),
    },
    because: becauseOf(row.because, row.facts) ?? because('none'),
  };
  if (row.node_no === null) {
    const from = row.from_state < 0 ? null : named(RUN_STATES, row.from_state);
    return { ...line, attempt: null, from, to: named(RUN_STATES, row.to_state) };
  }
  const from = row.from_state < 0 ? 'none' : named(TASK_STATES, row.from_state);
  return { ...line, attempt: attemptOf(row, row.node_no), from, to: named(TASK_STATES, row.to_state) };
}

function attemptOf(row: Row, nodeNo: number): ObservedAttempt {
  const error = row.past_error ?? row.error;
  const startedAt = row.past_started_at ?? row.started_at;
  // The start of the attempt before stays where the next one was taken back before it began.
  const { try_no: tryNo, queued_at: queuedAt } = row;
  const isOfBefore = Number(tryNo) > 1 && startedAt !== null && startedAt < Number(queuedAt);
  return {
    nodeNo: nodeNo as NodeNo,
    tryNo: (tryNo ?? 0) as TryNo,
    tryBase: row.try_base ?? 0,
    startedAt: isOfBefore ? null : startedAt,
    endedAt: row.past_ended_at ?? row.ended_at,
    reason: reasonOf(row.past_reason ?? row.reason ?? 0),
    error: readText<TaskError>('task_instance.error', error),
  };
}
