import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { TaskError } from '../model/attempt.ts';
import type { PriorityLevel } from '../model/dag.ts';
import { PRIORITY_LEVELS } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished, REASONS, type Reason, RUN_STATES, type RunState, S } from '../model/states.ts';
import { named, toRun } from './records.ts';
import type { DagRunTable, Database } from './tables.ts';

/** The states of a task of the queue: those of its run, or of its one instance while the run is under way. */
export const QUEUE_STATES = [
  'queued',
  'running',
  'paused',
  'waiting',
  'up_for_retry',
  'success',
  'failed',
  'cancelled',
] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

/** Whether a task in this state has ended. */
export function isTaskFinished(state: QueueState): boolean {
  return (RUN_STATES as readonly string[]).includes(state) && isRunFinished(state as RunState);
}

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

/** What tasks can be sorted by. */
export const TASK_SORTS = ['createdAt', 'priority', 'type', 'name', 'startedAt', 'finishedAt'] as const;
export type TaskSort = (typeof TASK_SORTS)[number];

/** Which tasks are wanted; an absent field admits all of them. */
export interface TaskFilter {
  readonly types?: readonly string[];
  readonly states?: readonly QueueState[];
  readonly priorities?: readonly PriorityLevel[];
  readonly createdBy?: string;
  /** A part of the name. */
  readonly name?: string;
  /** A part of the name, the id, the type, who asked for it, or the params. */
  readonly text?: string;
  /** Created at or after this instant. */
  readonly since?: number;
}

/** Where a page of tasks begins: behind the task with this value of what is sorted by, and this number. */
export interface TaskPlace {
  readonly value: number | string;
  readonly runNo: number;
}

/** How many tasks of a type are in a state, and how long those of them that ran took. */
export interface TaskCount {
  readonly type: string;
  readonly state: QueueState;
  readonly tasks: number;
  readonly avgMs: number | null;
  readonly minMs: number | null;
  readonly maxMs: number | null;
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

const FINISHED_FROM = RUN_STATES.indexOf('success');

/** The state of a task, as text: a fragment over a run `r` and its instance `i`. */
const STATE = sql<QueueState>`case
  when r.state = ${code('queued')} then 'queued' when r.state = ${code('paused')} then 'paused'
  when r.state = ${code('success')} then 'success' when r.state = ${code('failed')} then 'failed'
  when r.state = ${code('cancelled')} then 'cancelled'
  when i.state is null or i.state in (${lit(S.none)}, ${lit(S.scheduled)}) then 'queued'
  when i.state = ${lit(S.waiting)} then 'waiting' when i.state = ${lit(S.up_for_retry)} then 'up_for_retry'
  else 'running' end`;

const FROM = sql`from dag_run as r left join task_instance as i on i.run_no = r.run_no and i.node_no = 0`;

/** Of the last line about a run: an index by run has them in this order, another one by number alone. */
const UPDATED_AT = sql`(select j.at from journal as j where j.run_no >= r.run_no and j.run_no <= r.run_no
  order by j.run_no desc, j.seq desc limit 1)`;

const SORTS: { readonly [sort in TaskSort]: RawBuilder<unknown> } = {
  createdAt: sql`r.created_at`,
  priority: sql`r.priority`,
  type: sql`r.dag_id`,
  name: sql`r.task_name`,
  startedAt: sql`coalesce(i.started_at, 0)`,
  finishedAt: sql`coalesce(r.ended_at, 0)`,
};

/** What the store tells of the tasks of the queue. */
export class TaskReads {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** Tasks in an order, from a place on. */
  async list(
    filter: TaskFilter,
    order: { readonly by: TaskSort; readonly descending: boolean },
    after: TaskPlace | null,
    limit: number,
  ): Promise<readonly TaskRecord[]> {
    const key = SORTS[order.by];
    const [way, than] = order.descending ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
    const behind =
      after === null ? sql`` : sql`and (${key}, r.run_no) ${than} (${after.value}, ${after.runNo})`;
    const { rows } = await sql<TaskRow>`select r.*, ${STATE} as task_state, i.try_no as tries,
        i.reason as reason, i.error as error, i.started_at as began_at, p.done, p.total, p.step,
        ${UPDATED_AT} as updated_at
      ${FROM} left join task_progress as p on p.run_no = r.run_no and p.node_no = 0
      where ${conditions(filter)} ${behind}
      order by ${key} ${way}, r.run_no ${way} limit ${sql.lit(limit)}`.execute(this.#db);
    return rows.map(toTask);
  }

  /** One task; `null` if the run is none. */
  async task(runNo: RunNo): Promise<TaskRecord | null> {
    const { rows } = await sql<TaskRow>`select r.*, ${STATE} as task_state, i.try_no as tries,
        i.reason as reason, i.error as error, i.started_at as began_at, p.done, p.total, p.step,
        ${UPDATED_AT} as updated_at
      ${FROM} left join task_progress as p on p.run_no = r.run_no and p.node_no = 0
      where r.run_no = ${runNo} and r.task_name is not null`.execute(this.#db);
    return rows[0] === undefined ? null : toTask(rows[0]);
  }

  /** Tasks by type and state. */
  async counts(filter: TaskFilter): Promise<readonly TaskCount[]> {
    const took = sql`i.ended_at - i.started_at`;
    const { rows } = await sql<TaskCount>`select r.dag_id as type, ${STATE} as state, count(*) as tasks,
        cast(avg(${took}) as double precision) as "avgMs", min(${took}) as "minMs", max(${took}) as "maxMs"
      ${FROM} where ${conditions(filter)} group by 1, 2 order by 1, 2`.execute(this.#db);
    return rows;
  }

  /** Unfinished tasks by type, level and state. */
  async queue(filter: TaskFilter): Promise<readonly QueueCount[]> {
    const { rows } = await sql<Omit<QueueCount, 'priority'> & { readonly priority: number }>`
      select r.dag_id as type, r.priority, ${STATE} as state, count(*) as tasks,
        min(r.created_at) as "oldestAt"
      ${FROM} where r.state < ${sql.lit(FINISHED_FROM)} and ${conditions(filter)}
      group by 1, 2, 3`.execute(this.#db);
    return rows.map((row) => ({ ...row, priority: named(PRIORITY_LEVELS, row.priority) }));
  }
}

function conditions(filter: TaskFilter): RawBuilder<unknown> {
  const { types, states, priorities, createdBy, name, text, since } = filter;
  const all = [sql`r.task_name is not null`];
  if (types !== undefined) all.push(sql`r.dag_id in (${list(types)})`);
  if (states !== undefined) {
    const codes = new Set(states.map((state) => (isTaskFinished(state) ? state : 'open')));
    // What is open has an index of its own.
    if (!codes.has('open')) all.push(sql`r.state >= ${sql.lit(FINISHED_FROM)}`);
    else if (codes.size === 1) all.push(sql`r.state < ${sql.lit(FINISHED_FROM)}`);
    all.push(sql`${STATE} in (${list(states)})`);
  }
  if (priorities !== undefined)
    all.push(sql`r.priority in (${list(priorities.map((one) => PRIORITY_LEVELS.indexOf(one)))})`);
  if (createdBy !== undefined) all.push(sql`r.created_by = ${createdBy}`);
  if (name !== undefined) all.push(has(sql`r.task_name`, name));
  if (text !== undefined) {
    const places = ['task_name', 'uid', 'dag_id', 'created_by', 'params'];
    const found = places.map((place) => has(sql.ref(`r.${place}`), text));
    all.push(sql`(${sql.join(found, sql` or `)})`);
  }
  if (since !== undefined) all.push(sql`r.created_at >= ${since}`);
  return sql.join(all, sql` and `);
}

/** Whether a text holds another one, whatever its case. */
function has(place: RawBuilder<unknown>, part: string): RawBuilder<unknown> {
  const pattern = `%${part.toLowerCase().replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql`lower(${place}) like ${pattern} escape '\\'`;
}

function list(values: readonly (string | number)[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`null` : sql.join(values);
}

function code(state: RunState): RawBuilder<unknown> {
  return sql.lit(RUN_STATES.indexOf(state));
}

function lit(value: number): RawBuilder<unknown> {
  return sql.lit(value);
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
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
    startedAt: row.began_at,
    finishedAt: run.endedAt,
    progress: done === null || total === null ? null : { done, total, step },
    updatedAt: row.updated_at ?? run.createdAt,
  };
}
