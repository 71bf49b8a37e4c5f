import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { TaskError } from '../model/attempt.ts';
import { PRIORITY_LEVELS, type PriorityLevel } from '../model/dag.ts';
import { NO_MAX, type RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { REASONS, type Reason, RUN_STATES } from '../model/states.ts';
import { indexRange } from './index-range.ts';
import { named, toRun } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
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

/** How many tasks of a type are in a state, and how long those of them that ran took. */
export interface TaskCount {
  readonly state: QueueState;
  readonly tasks: number;
  readonly avgMs: number | null;
  readonly minMs: number | null;
  readonly maxMs: number | null;
}

/** The newest tasks of a type by their state. */
export interface TypeCounts {
  readonly type: string;
  readonly counts: readonly TaskCount[];
  /** When the oldest of them was made; `null`: there are no others. */
  readonly since: number | null;
}

/** How many unfinished tasks of a level are in a state, and since when the oldest waits. */
export interface QueueCount {
  readonly type: string;
  readonly priority: PriorityLevel;
  readonly state: QueueState;
  readonly tasks: number;
  readonly oldestAt: number;
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

/** So many tasks are counted, of all types together and of each. */
const COUNTED = { all: 10_000, each: 5_000 } as const;
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

  /** The newest tasks by type and state. */
  async counts(
    { types, since }: Pick<TaskFilter, 'types' | 'since'>,
    most: { readonly all: number; readonly each: number } = COUNTED,
  ): Promise<readonly TypeCounts[]> {
    const wanted = (await this.#types()).filter((type) => types?.includes(type) ?? true);
    const each = Math.min(most.each, Math.ceil(most.all / Math.max(1, wanted.length)));
    const found: TypeCounts[] = [];
    for (const type of wanted) {
      const rows = await this.#countsOf(type, since ?? 0, each);
      const isAll = rows.reduce((sum, { tasks }) => sum + tasks, 0) < each;
      const counts = rows.map(({ oldest: _, ...count }) => count);
      const oldest = Math.min(...rows.map((row) => row.oldest));
      if (rows.length > 0) found.push({ type, counts, since: isAll ? null : oldest });
    }
    return found;
  }

  async #countsOf(type: string, since: number, most: number) {
    const { where, order } = indexRange(this.#dialect, {
      alike: [['dag_id', type]],
      column: 'run_no',
      ...{ from: sql`0`, to: sql.lit(NO_MAX), order: 'desc' },
    });
    const took = sql`i.ended_at - i.started_at`;
    const { rows } = await sql<TaskCount & { readonly oldest: number }>`
      select ${STATE} as state, count(*) as tasks, cast(avg(${took}) as double precision) as "avgMs",
        min(${took}) as "minMs", max(${took}) as "maxMs", min(r.created_at) as oldest
      from (select run_no, state, created_at from dag_run where task_name is not null and ${where}
        order by ${order} limit ${most}) as r ${WITH_INSTANCE}
      where r.created_at >= ${since} group by 1`.execute(this.#db);
    return rows;
  }

  /** The types that have tasks, each found by one step through the index. */
  async #types(): Promise<readonly string[]> {
    const after = (place: RawBuilder<unknown>) => sql`(select dag_id from dag_run
      where task_name is not null and dag_id > ${place} order by dag_id limit 1)`;
    const { rows } = await sql<{ readonly type: string }>`
      with recursive known (type) as (select ${after(sql`''`)}
        union all select ${after(sql`known.type`)} from known where known.type is not null)
      select type from known where type is not null`.execute(this.#db);
    return rows.map(({ type }) => type);
  }

  /** Unfinished tasks by type, level and state. */
  async queue({ types }: Pick<TaskFilter, 'types'>): Promise<readonly QueueCount[]> {
    if (types?.length === 0) return [];
    const ofTypes = types === undefined ? sql`` : sql`and r.dag_id in (${sql.join(types)})`;
    const counted = sql`count(*) as tasks, min(r.created_at) as "oldestAt"`;
    const open = sql`r.task_name is not null and r.state < ${FIRST_OVER_SQL}`;
    const inState = (state: 'queued' | 'paused') => sql`select r.dag_id as type, r.priority,
        cast(${state} as text) as state, ${counted}
      from dag_run as r where ${open} and r.state = ${sql.lit(RUN_STATES.indexOf(state))} ${ofTypes}
      group by 1, 2`;
    const { rows } = await sql<Omit<QueueCount, 'priority'> & { readonly priority: number }>`
      ${inState('queued')} union all ${inState('paused')}
      union all select r.dag_id as type, r.priority, ${STATE} as state, ${counted}
        from dag_run as r ${WITH_INSTANCE}
        where ${open} and r.state = ${sql.lit(RUN_STATES.indexOf('running'))} ${ofTypes}
        group by 1, 2, 3`.execute(this.#db);
    return rows.map((row) => ({ ...row, priority: named(PRIORITY_LEVELS, row.priority) }));
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
