import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { TaskError } from '../model/attempt.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { REASONS, type Reason } from '../model/states.ts';
import { type QueueCount, readQueue, readTypeCounts, type TypeCounts } from './queue-counts.ts';
import { named, toRun } from './records.ts';
import { readText } from './stored-text.ts';
import type { DagRunTable, Database } from './tables.ts';
import { type QueueState, STATE, type TaskFilter, WITH_INSTANCE } from './task-filter.ts';
import { type TaskOrder, type TaskPlace, TaskWalk } from './task-walk.ts';

/** A task of the queue: a run of a task type, with what is known of its one instance. */
export interface TaskRecord {
  readonly run: RunRecord & Required<Pick<RunRecord, 'taskName' | 'priority'>>;
  readonly state: QueueState;
  readonly attempts: number;
  readonly reason: Reason | null;
  readonly error: TaskError | null;
  /** Of its last attempt. */
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly progress: { readonly done: number; readonly total: number; readonly step: string | null } | null;
  readonly updatedAt: number;
}

/** Tasks of a page, and behind which one the next page begins; `null`: this is the last one. */
export interface TaskPage {
  readonly tasks: readonly TaskRecord[];
  readonly next: TaskPlace | null;
}

interface TaskRow extends Omit<DagRunTable, 'counts'> {
  readonly task_state: QueueState;
  readonly tries: number | null;
  readonly reason: number | null;
  readonly error: string | null;
  readonly began_at: number | null;
  readonly done: number | null;
  readonly total: number | null;
  readonly step: string | null;
  readonly updated_at: number | null;
}

/** Of the last line about a run: an index by run has them in this order, another one by number alone. */
const UPDATED_AT = sql`(select j.at from journal as j where j.run_no >= r.run_no and j.run_no <= r.run_no
  order by j.run_no desc, j.seq desc limit 1)`;

/** What the store tells of the tasks of the queue. */
export class TaskReads {
  readonly #db: Kysely<Database>;
  readonly #dialect: DialectName;

  constructor(db: Kysely<Database>, dialect: DialectName) {
    this.#db = db;
    this.#dialect = dialect;
  }

  /**
   * Tasks in an order, from a place on. A page has fewer than wanted, or none, where enough others were
   * looked at.
   */
  async list(
    filter: TaskFilter,
    order: TaskOrder,
    after: TaskPlace | null,
    limit: number,
    looked?: number,
  ): Promise<TaskPage> {
    const walk = new TaskWalk(this.#db, this.#dialect, filter, order);
    const { places, next } = await walk.next(after, limit, looked);
    const byNo = new Map(
      (await this.#read(places.map(({ runNo }) => runNo))).map((row) => [row.run_no, row]),
    );
    const rows = places.flatMap(({ runNo }) => byNo.get(runNo) ?? []);
    return { tasks: rows.map(toTask), next };
  }

  /** One task; `null` if the run is none. */
  async task(runNo: RunNo): Promise<TaskRecord | null> {
    const [row] = await this.#read([runNo]);
    return row === undefined ? null : toTask(row);
  }

  async #read(runNos: readonly number[]): Promise<readonly TaskRow[]> {
    if (runNos.length === 0) return [];
    const { rows } = await sql<TaskRow>`select r.*, ${STATE} as task_state, i.try_no as tries,
        i.reason as reason, i.error as error, i.started_at as began_at, p.done, p.total, p.step,
        ${UPDATED_AT} as updated_at
      from dag_run as r ${WITH_INSTANCE}
      left join task_progress as p on p.run_no = r.run_no and p.node_no = 0
      where r.run_no in (${sql.join(runNos)}) and r.task_name is not null`.execute(this.#db);
    return rows;
  }

  /** What {@link readTypeCounts} gives. */
  counts(filter: Pick<TaskFilter, 'types' | 'since'>): Promise<readonly TypeCounts[]> {
    return readTypeCounts(this.#db, this.#dialect, filter);
  }

  /** What {@link readQueue} gives. */
  queue(filter: Pick<TaskFilter, 'types'>): Promise<readonly QueueCount[]> {
    return readQueue(this.#db, this.#dialect, filter);
  }
}

function toTask(row: TaskRow): TaskRecord {
  const run = toRun(row) as TaskRecord['run'];
  const { done, total, step } = row;
  const isExplained = row.task_state === 'failed' || row.task_state === 'cancelled';
  return {
    run,
    state: row.task_state,
    attempts: row.tries ?? 0,
    reason: isExplained && row.reason ? named(REASONS, row.reason - 1) : null,
    error: readText<TaskError>('task_instance.error', row.error),
    startedAt: row.began_at,
    finishedAt: run.endedAt,
    progress: done === null || total === null ? null : { done, total, step },
    updatedAt: row.updated_at ?? run.createdAt,
  };
}
