import { type Kysely, sql } from 'kysely';
import type { TaskError } from '../model/attempt.ts';
import { type Because, because, becauseNumber } from '../model/because.ts';
import type { NodeNo, RunNo, VersionNo } from '../model/ids.ts';
import { RUN_STATES, S } from '../model/states.ts';
import { journalAttempts } from './journal-attempts.ts';
import { becauseOf, reasonOf } from './records.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** A line of the journal that rules of alerts look at, with what it is about. */
export interface AlertLine {
  readonly seq: number;
  readonly at: number;
  readonly runNo: RunNo;
  readonly runUid: string;
  readonly dagId: string;
  readonly versionNo: VersionNo;
  /** `null`: it is about the run. */
  readonly nodeNo: NodeNo | null;
  /** The state of the instance or the run after it; `note`: it changes none. */
  readonly to: 'success' | 'failed' | 'note';
  readonly because: Because;
  readonly reason: string | null;
  readonly error: TaskError | null;
  /** How long the attempt took. */
  readonly durationMs: number | null;
}

/** Notes about runs that rules look at. */
const NOTES = ['deadline_passed', 'deadline_at_risk', 'quarantined'] as const;

/** Ends of instances and runs, and some notes, after a line of the journal and up to one, in its order. */
export async function readAlertLines(
  db: Kysely<Database>,
  afterSeq: number,
  upToSeq: number,
  limit: number,
): Promise<readonly AlertLine[]> {
  const rows = await linesQuery(db, afterSeq, upToSeq, limit).execute();
  return rows.map((row) => {
    const isNote = row.to_state < 0 || row.from_state === row.to_state;
    const isGood = row.to_state === (row.node_no === null ? RUN_STATES.indexOf('success') : S.success);
    const error = row.error ?? row.past_error;
    const [startedAt, endedAt] = [row.started_at ?? row.past_started_at, row.ended_at ?? row.past_ended_at];
    return {
      seq: row.seq,
      at: row.at,
      runNo: row.run_no as RunNo,
      runUid: row.uid,
      dagId: row.dag_id,
      versionNo: row.version_no as VersionNo,
      nodeNo: row.node_no as NodeNo | null,
      to: isNote ? 'note' : isGood ? 'success' : 'failed',
      because: becauseOf(row.because, row.facts) ?? because('none'),
      reason: reasonOf(row.reason ?? row.past_reason ?? 0),
      error: readText<TaskError>('task_instance.error', error),
      durationMs: startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt),
    };
  });
}

/** The rows behind it: each line with its run and its attempt, by their keys. */
export function linesQuery(db: Kysely<Database>, afterSeq: number, upToSeq: number, limit: number) {
  const ended = [S.success, S.failed];
  const over = [RUN_STATES.indexOf('success'), RUN_STATES.indexOf('failed')];
  const notes = NOTES.map(becauseNumber);
  return journalAttempts(db)
    .innerJoin('dag_run', 'dag_run.run_no', 'journal.run_no')
    .where('journal.seq', '>', afterSeq)
    .where('journal.seq', '<=', upToSeq)
    .where(
      sql<boolean>`case when journal.node_no is not null then journal.to_state in (${sql.join(ended)})
        else journal.to_state in (${sql.join(over)}) or journal.because in (${sql.join(notes)}) end`,
    )
    .orderBy('journal.seq')
    .limit(limit)
    .select([
      'journal.seq',
      'journal.at',
      'journal.run_no',
      'journal.node_no',
      'journal.from_state',
      'journal.to_state',
      'journal.because',
      'journal.facts',
      'dag_run.uid',
      'dag_run.dag_id',
      'dag_run.version_no',
      'task_instance.reason',
      'task_instance.error',
      'task_instance.started_at',
      'task_instance.ended_at',
      'task_attempt.reason as past_reason',
      'task_attempt.error as past_error',
      'task_attempt.started_at as past_started_at',
      'task_attempt.ended_at as past_ended_at',
    ]);
}
