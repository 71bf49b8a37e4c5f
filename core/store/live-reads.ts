import type { Kysely } from 'kysely';
import { BECAUSE_CODES, type Because, type BecauseCode, because } from '../model/because.ts';
import type { NodeNo, RunNo, RunUid, VersionNo } from '../model/ids.ts';
import type { ObservedAttempt, ObservedLine } from '../telemetry/observed.ts';
import { journalAttempts } from './journal-attempts.ts';
import { readFirstStart, readObservedLines } from './observed-lines.ts';
import { becauseOf, named } from './records.ts';
import type { Database } from './tables.ts';

/** What a run is called, without what it is about. */
export interface RunName {
  readonly uid: RunUid;
  readonly dagId: string;
  readonly versionNo: VersionNo;
}

/** A line of the journal as figures are made of it. States are codes, -1 for none. */
export interface StateChange {
  readonly seq: number;
  readonly at: number;
  readonly runNo: RunNo | null;
  readonly nodeNo: NodeNo | null;
  readonly from: number;
  readonly to: number;
  readonly because: BecauseCode;
  /** `null`: it is about no run, or the run is gone. */
  readonly dagId: string | null;
  readonly versionNo: VersionNo | null;
  /** Of the attempt that it is about, as far as it is known. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** What is read again and again by whoever follows the journal of all runs. */
export class LiveReads {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** The number of the last line of the journal; lines are committed in the order of their numbers. */
  async lastSeq(): Promise<number> {
    const row = await this.#db
      .selectFrom('lease')
      .select('seq')
      .where('id', '=', 1)
      .executeTakeFirstOrThrow();
    return row.seq;
  }

  /** Changes of states after a line of the journal, by the number of the line, with what they are about. */
  async changes(afterSeq: number, limit: number): Promise<readonly StateChange[]> {
    const rows = await changesQuery(this.#db, afterSeq, limit).execute();
    return rows.map((row) => ({
      seq: row.seq,
      at: row.at,
      runNo: row.run_no as RunNo | null,
      nodeNo: row.node_no as NodeNo | null,
      from: row.from_state,
      to: row.to_state,
      because: named(BECAUSE_CODES, row.because),
      dagId: row.dag_id,
      versionNo: row.version_no as VersionNo | null,
      startedAt: row.past_started_at ?? row.started_at,
      endedAt: row.past_ended_at ?? row.ended_at,
    }));
  }

  /** What {@link readObservedLines} gives. */
  observed(afterSeq: number, upToSeq: number, limit: number): Promise<readonly ObservedLine[]> {
    return readObservedLines(this.#db, afterSeq, upToSeq, limit);
  }

  /** What {@link readFirstStart} gives. */
  firstStart(runNo: RunNo, attempt: ObservedAttempt): Promise<number | null> {
    return readFirstStart(this.#db, runNo, attempt);
  }

  /** The last line of the journal about a run, and of whose lead it is; `null`: there is none. */
  async lastLine(runNo: RunNo): Promise<{ readonly epoch: number; readonly because: Because } | null> {
    const row = await this.#db
      .selectFrom('journal')
      .select(['epoch', 'because', 'facts'])
      // In the order of the index by run: another one has lines by their number alone.
      .where('run_no', '>=', runNo)
      .where('run_no', '<=', runNo)
      .orderBy('run_no', 'desc')
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    return { epoch: row.epoch, because: becauseOf(row.because, row.facts) ?? because('none') };
  }

  /** The names of some runs; those that are gone are absent. */
  async runNames(runNos: readonly RunNo[]): Promise<ReadonlyMap<RunNo, RunName>> {
    if (runNos.length === 0) return new Map();
    const rows = await this.#db
      .selectFrom('dag_run')
      .select(['run_no', 'uid', 'dag_id', 'version_no'])
      .where('run_no', 'in', runNos)
      .execute();
    return new Map(
      rows.map((row) => [
        row.run_no as RunNo,
        { uid: row.uid as RunUid, dagId: row.dag_id, versionNo: row.version_no as VersionNo },
      ]),
    );
  }
}

/** The rows behind `changes`: each line with its run and its attempt, by their keys. */
export function changesQuery(db: Kysely<Database>, afterSeq: number, limit: number) {
  return journalAttempts(db)
    .leftJoin('dag_run', 'dag_run.run_no', 'journal.run_no')
    .where('journal.seq', '>', afterSeq)
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
      'dag_run.dag_id',
      'dag_run.version_no',
      'task_instance.started_at',
      'task_instance.ended_at',
      'task_attempt.started_at as past_started_at',
      'task_attempt.ended_at as past_ended_at',
    ]);
}
