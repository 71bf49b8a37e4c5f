import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { PRIORITY_LEVELS, type PriorityLevel } from '../model/dag.ts';
import { NO_MAX } from '../model/ids.ts';
import { RUN_STATES, type RunState } from '../model/states.ts';
import { indexRange } from './index-range.ts';
import { named } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
import { lengthsOf } from './run-outcomes.ts';
import type { Database } from './tables.ts';
import { type QueueState, STATE, type TaskFilter, WITH_INSTANCE } from './task-filter.ts';

/** How many tasks of a type are in a state, and how long the newest took that succeeded or failed. */
export interface TaskCount {
  readonly state: QueueState;
  readonly tasks: number;
  readonly avgMs: number | null;
  readonly minMs: number | null;
  readonly maxMs: number | null;
}

/** The tasks of a type by their state. */
export interface TypeCounts {
  readonly type: string;
  readonly counts: readonly TaskCount[];
  /** The beginning of the day from which on they were made; `null`: all. */
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

/** A row of the tally, or with a state tasks under way in it. */
interface CountedRow {
  readonly type: string;
  readonly state: QueueState | null;
  readonly tasks: number;
  readonly queued: number;
  readonly paused: number;
  readonly success: number;
  readonly failed: number;
  readonly cancelled: number;
}

type EndState = (typeof ENDS)[number];

/** How long the newest tasks of a type took that ended in a state. */
interface Took {
  readonly type: string;
  readonly state: EndState;
  readonly tookMs: readonly number[];
}

const DAY_MS = 86_400_000;
/** The states in which a task has ended by itself. */
const ENDS = ['success', 'failed'] as const;
/** Columns of the tally; what is under way is counted by its instances. */
const SETTLED = ['queued', 'paused', ...ENDS, 'cancelled'] as const;
/** Of so many tasks it is looked up how long they took: of all types together, and of each in a state. */
const TIMED = { all: 1_000, each: 100 } as const;

/**
 * Tasks by type and state: all, or those that were made on the day of an instant (UTC) or later. What they
 * took is of the newest that succeeded, and that failed.
 */
export async function readTypeCounts(
  db: Kysely<Database>,
  dialect: DialectName,
  { types, since }: Pick<TaskFilter, 'types' | 'since'>,
): Promise<readonly TypeCounts[]> {
  if (types?.length === 0) return [];
  const day = since === undefined ? null : Math.floor(since / DAY_MS);
  const from = day === null ? null : day * DAY_MS;
  const byType = new Map<string, Map<QueueState, number>>();
  for (const row of await readCounted(db, types, day ?? 0)) {
    const counts = byType.get(row.type) ?? new Map<QueueState, number>();
    byType.set(row.type, counts);
    const found =
      row.state === null
        ? SETTLED.map((state) => [state, row[state]] as const)
        : [[row.state, row.tasks] as const];
    for (const [state, tasks] of found) if (tasks > 0) counts.set(state, (counts.get(state) ?? 0) + tasks);
  }
  const all = [...byType].filter(([, counts]) => counts.size > 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const ended = all.flatMap(([type, counts]) =>
    ENDS.filter((state) => counts.has(state)).map((state) => ({ type, state })),
  );
  const took = await readTook(db, dialect, ended, from ?? 0);
  return all.map(([type, counts]) => ({
    type,
    counts: [...counts].map(([state, tasks]) => {
      const tookMs = took.find((one) => one.type === type && one.state === state)?.tookMs ?? [];
      const avgMs = tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length;
      return tookMs.length === 0
        ? { state, tasks, avgMs: null, minMs: null, maxMs: null }
        : { state, tasks, avgMs, minMs: Math.min(...tookMs), maxMs: Math.max(...tookMs) };
    }),
    since: from,
  }));
}

/** In one statement, so that a task that ends meanwhile is counted once. */
async function readCounted(
  db: Kysely<Database>,
  types: readonly string[] | undefined,
  day: number,
): Promise<readonly CountedRow[]> {
  const sums = SETTLED.map((state) => sql`${total(state)} as ${sql.ref(state)}`);
  const { rows } = await sql<CountedRow>`select q.dag_id as type, null as state, 0 as tasks, ${sql.join(sums)}
      from queue_tally as q where q.day >= ${day} ${ofTypes(sql`q.dag_id`, types)} group by q.dag_id
    union all select r.dag_id, ${STATE}, count(*), 0, 0, 0, 0, 0
      from dag_run as r ${WITH_INSTANCE} where ${inState('running')} and r.created_at >= ${day * DAY_MS}
        ${ofTypes(sql`r.dag_id`, types)} group by 1, 2`.execute(db);
  return rows;
}

/** How long the newest tasks took that ended, by their type and state. */
async function readTook(
  db: Kysely<Database>,
  dialect: DialectName,
  ended: readonly Pick<Took, 'type' | 'state'>[],
  since: number,
): Promise<readonly Took[]> {
  if (ended.length === 0) return [];
  const each = Math.min(TIMED.each, Math.ceil(TIMED.all / ended.length));
  const places = ended.map(
    ({ type, state }) => sql`(cast(${type} as text), ${sql.lit(RUN_STATES.indexOf(state))})`,
  );
  const { where, order } = indexRange(dialect, {
    alike: [
      ['dag_id', sql.ref('e.type')],
      ['state', sql.ref('e.state')],
    ],
    column: 'run_no',
    ...{ from: sql.lit(0), to: sql.lit(NO_MAX), order: 'desc' },
  });
  const { rows } = await sql<{ readonly type: string; readonly state: number; readonly took: string | null }>`
    with e (type, state) as (values ${sql.join(places)})
    select e.type, e.state, (select string_agg(cast(i.ended_at - i.started_at as text), ',')
      from (select run_no, created_at from dag_run
        where state >= ${FIRST_OVER_SQL} and ${where} order by ${order} limit ${each}) as r
      ${WITH_INSTANCE} where r.created_at >= ${since}) as took
    from e`.execute(db);
  return rows.map(({ type, state, took }) => ({
    type,
    state: named(RUN_STATES, state) as EndState,
    tookMs: lengthsOf(took).map((length) => Math.max(0, length)),
  }));
}

/** Unfinished tasks by type, level and state. */
export async function readQueue(
  db: Kysely<Database>,
  dialect: DialectName,
  { types }: Pick<TaskFilter, 'types'>,
): Promise<readonly QueueCount[]> {
  if (types?.length === 0) return [];
  const waiting = (state: 'queued' | 'paused') => sql`select q.type, q.priority,
      cast(${state} as text) as state, q.${sql.ref(state)} as tasks, ${oldest(dialect, state)} as "oldestAt"
    from tally as q where q.${sql.ref(state)} > 0`;
  const { rows } = await sql<Omit<QueueCount, 'priority'> & { readonly priority: number }>`
    with tally as (select q.dag_id as type, q.priority, ${total('queued')} as queued,
      ${total('paused')} as paused from queue_tally as q where true ${ofTypes(sql`q.dag_id`, types)}
      group by q.dag_id, q.priority)
    ${waiting('queued')} union all ${waiting('paused')}
    union all select r.dag_id, r.priority, ${STATE}, count(*), min(r.created_at)
      from dag_run as r ${WITH_INSTANCE} where ${inState('running')} ${ofTypes(sql`r.dag_id`, types)}
      group by 1, 2, 3`.execute(db);
  return rows.map((row) => ({ ...row, priority: named(PRIORITY_LEVELS, row.priority) }));
}

function total(state: RunState): RawBuilder<unknown> {
  return sql`cast(sum(q.${sql.ref(state)}) as bigint)`;
}

/** When the oldest of the tasks `q` in a state was made: the first one in their range of the index. */
function oldest(dialect: DialectName, state: RunState): RawBuilder<unknown> {
  const { where, order } = indexRange(dialect, {
    alike: [
      ['w.state', sql.lit(RUN_STATES.indexOf(state))],
      ['w.dag_id', sql.ref('q.type')],
      ['w.priority', sql.ref('q.priority')],
    ],
    column: 'w.created_at',
    ...{ from: sql.lit(0), to: sql.lit(Number.MAX_SAFE_INTEGER), order: 'asc' },
  });
  return sql`(select w.created_at from dag_run as w
    where w.task_name is not null and w.state < ${FIRST_OVER_SQL} and ${where} order by ${order} limit 1)`;
}

function inState(state: RunState): RawBuilder<unknown> {
  return sql`r.task_name is not null and r.state < ${FIRST_OVER_SQL}
    and r.state = ${sql.lit(RUN_STATES.indexOf(state))}`;
}

function ofTypes(type: RawBuilder<unknown>, types: readonly string[] | undefined): RawBuilder<unknown> {
  return types === undefined ? sql`` : sql`and ${type} in (${sql.join(types)})`;
}
