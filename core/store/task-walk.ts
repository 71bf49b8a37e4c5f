import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { NO_MAX } from '../model/ids.ts';
import { indexRange } from './index-range.ts';
import { FIRST_OVER, FIRST_OVER_SQL } from './run-codes.ts';
import type { Database } from './tables.ts';
import {
  conditionsOf,
  isTaskFinished,
  needsInstance,
  QUEUE_STATES,
  runCodesOf,
  type TaskFilter,
  WITH_INSTANCE,
} from './task-filter.ts';

/** What tasks can be sorted by. */
export const TASK_SORTS = ['createdAt', 'priority', 'type', 'name', 'startedAt', 'finishedAt'] as const;
export type TaskSort = (typeof TASK_SORTS)[number];

/** In which order tasks are wanted. */
export interface TaskOrder {
  readonly by: TaskSort;
  readonly descending: boolean;
}

/** Where a page of tasks begins: behind the task with this value of what is sorted by, and this number. */
export interface TaskPlace {
  readonly value: number | string;
  readonly runNo: number;
}

/** The places of the tasks of a page, and behind which one the next page begins; `null`: this is the last. */
export interface Walked {
  readonly places: readonly TaskPlace[];
  readonly next: TaskPlace | null;
}

/** So many tasks are looked at for one page. */
const LOOKED_MAX = 5_000;
/** By their start so many are sorted: each is looked up in two tables. */
const SORTED_MAX = 2_000;
/** States in which a task has ended. */
const ENDS = QUEUE_STATES.filter(isTaskFinished).length;
/** A list is put together of so many ranges of an index at most. */
const PARTS_MAX = 50;
/** By so much a clock may be set back without a task being missed that was made since an instant. */
const CLOCK_SLACK_MS = 3_600_000;

/** What the indexes of tasks have in order, then by number. When a task started stands with its instance. */
const KEYS: { readonly [sort in Exclude<TaskSort, 'startedAt'>]: RawBuilder<unknown> } = {
  createdAt: sql`r.created_at`,
  priority: sql`r.priority`,
  type: sql`r.dag_id`,
  name: sql`r.task_name`,
  finishedAt: sql`coalesce(r.ended_at, 0)`,
};
const IS_TASK = sql`r.task_name is not null`;
const STARTED_AT = sql`coalesce(i.started_at, 0)`;

type Alike = readonly (readonly [column: string, value: string | number])[];

/** A range of an index that has tasks in the order of a list. */
interface Range {
  readonly where: readonly RawBuilder<unknown>[];
  readonly order: RawBuilder<unknown>;
}

/** Goes along indexes that have tasks in the order of a list, and looks at so many of them at most. */
export class TaskWalk {
  readonly #db: Kysely<Database>;
  readonly #dialect: DialectName;
  readonly #filter: TaskFilter;
  readonly #order: TaskOrder;
  readonly #way: RawBuilder<unknown>;
  /** What is alike in each range of tasks by number; `null`: the one range is by what is sorted by. */
  readonly #parts: readonly Alike[] | null;

  constructor(db: Kysely<Database>, dialect: DialectName, filter: TaskFilter, order: TaskOrder) {
    this.#db = db;
    this.#dialect = dialect;
    this.#filter = filter;
    this.#order = order;
    this.#way = order.descending ? sql`desc` : sql`asc`;
    this.#parts = order.by === 'createdAt' ? partsOf(filter) : null;
  }

  /** The next tasks behind a place: fewer than wanted, or none, if enough others were looked at. */
  async next(
    after: TaskPlace | null,
    limit: number,
    looked = this.#order.by === 'startedAt' ? SORTED_MAX : LOOKED_MAX,
  ): Promise<Walked> {
    if (this.#filter.types?.length === 0 || this.#filter.states?.length === 0)
      return { places: [], next: null };
    const rest = conditionsOf(this.#unsaid());
    const isStarted = this.#order.by === 'startedAt';
    const last = rest.length === 0 || isStarted ? null : await this.#lastToLookAt(after, looked);
    const found = isStarted
      ? await this.#ask(this.#byStart(after, rest, limit + 1, looked))
      : await this.#find(this.#ranges(after, last), rest, limit + 1);
    const places = found.slice(0, limit);
    return { places, next: found.length > limit ? (places.at(-1) ?? null) : last };
  }

  /** The task at which a page ends though it may have found too few; `null`: the list ends before. */
  async #lastToLookAt(after: TaskPlace | null, looked: number): Promise<TaskPlace | null> {
    const ranges = this.#ranges(after, null);
    const each = Math.max(1, Math.floor(looked / ranges.length));
    // The nearest end of a range: no task behind it may come before one of that range.
    const [nearest] = await this.#find(ranges, [], 1, each - 1);
    return nearest ?? null;
  }

  #find(
    ranges: readonly Range[],
    rest: readonly RawBuilder<unknown>[],
    limit: number,
    offset = 0,
  ): Promise<TaskPlace[]> {
    const value = this.#parts === null ? KEYS[this.#order.by as keyof typeof KEYS] : KEYS.createdAt;
    const isOpen = rest.length > 0 && needsInstance(this.#filter);
    const parts = ranges.map(
      ({ where, order }) => sql`select r.run_no, ${value} as value from dag_run as r
        ${isOpen ? WITH_INSTANCE : sql``}
        where ${sql.join([IS_TASK, ...where, ...rest], sql` and `)}
        order by ${order} limit ${limit} offset ${offset}`,
    );
    if (parts.length === 1) return this.#ask(parts[0] as RawBuilder<unknown>);
    const all = parts.map((part) => sql`select * from (${part}) as part`);
    return this.#ask(sql`select * from (${sql.join(all, sql` union all `)}) as one
      order by run_no ${this.#way} limit ${limit}`);
  }

  /** Of the newest tasks those that a filter has, sorted: there is no index of starts. */
  #byStart(
    after: TaskPlace | null,
    rest: readonly RawBuilder<unknown>[],
    limit: number,
    looked: number,
  ): RawBuilder<unknown> {
    const behind = after === null ? [] : [this.#beyond(STARTED_AT, after, false)];
    return sql`select r.run_no, ${STARTED_AT} as value from (select * from dag_run
        where task_name is not null order by created_at desc, run_no desc limit ${looked}) as r
      ${WITH_INSTANCE} where ${sql.join([IS_TASK, ...rest, ...behind], sql` and `)}
      order by 2 ${this.#way}, 1 ${this.#way} limit ${limit}`;
  }

  async #ask(query: RawBuilder<unknown>): Promise<TaskPlace[]> {
    const { rows } = (await query.execute(this.#db)) as {
      rows: { readonly run_no: number; readonly value: string | number }[];
    };
    return rows.map(({ run_no, value }) => ({ value, runNo: run_no }));
  }

  /** What of the filter the ranges do not say by themselves. */
  #unsaid(): TaskFilter {
    const { types, states, since, ...rest } = this.#filter;
    const said = new Set(this.#parts?.[0]?.map(([column]) => column));
    return {
      ...rest,
      ...(types === undefined || said.has('r.dag_id') ? {} : { types }),
      // Of what is open the state of its run says too little.
      ...(states === undefined || (said.has('r.state') && !needsInstance(this.#filter)) || this.#isHistory()
        ? {}
        : { states }),
      ...(since === undefined || this.#order.by === 'createdAt' ? {} : { since }),
    };
  }

  /** Whether the list has all that have ended by their ends: in their index they are one range. */
  #isHistory(): boolean {
    const { states = [] } = this.#filter;
    const ends = new Set(states.filter(isTaskFinished));
    return this.#order.by === 'finishedAt' && ends.size === new Set(states).size && ends.size === ENDS;
  }

  /** The ranges of the list, from behind one place up to another. */
  #ranges(after: TaskPlace | null, last: TaskPlace | null): readonly Range[] {
    const { since } = this.#filter;
    if (this.#parts === null) {
      const key = KEYS[this.#order.by as keyof typeof KEYS];
      const ends = [
        ...(since === undefined || key !== KEYS.createdAt ? [] : [sql`r.created_at >= ${since}`]),
        ...(this.#isHistory() ? [sql`${key} > 0`] : []),
        ...(after === null ? [] : [this.#beyond(key, after, false)]),
        ...(last === null ? [] : [this.#beyond(key, last, true)]),
      ];
      return [{ where: ends, order: sql`${key} ${this.#way}, r.run_no ${this.#way}` }];
    }
    const { descending } = this.#order;
    const [low, high] = descending ? [last?.runNo, after?.runNo] : [after?.runNo, last?.runNo];
    const least = low === undefined ? 0 : low + (descending ? 0 : 1);
    const most = high === undefined ? NO_MAX : high - (descending ? 1 : 0);
    const from = since === undefined ? sql`${least}` : this.#firstSince(since, least);
    const also = since === undefined ? [] : [sql`+r.created_at >= ${since}`];
    return this.#parts.map((alike) => {
      const ends = { alike, column: 'r.run_no', from, to: sql`${most}` };
      const { where, order } = indexRange(this.#dialect, { ...ends, order: descending ? 'desc' : 'asc' });
      // Both are in an index of what has ended alone.
      const isEnded = alike.length === 2 ? [sql`r.state >= ${FIRST_OVER_SQL}`] : [];
      return { where: [...isEnded, where, ...also], order };
    });
  }

  #firstSince(since: number, least: number): RawBuilder<unknown> {
    const first = sql`(select run_no from dag_run where created_at >= ${since - CLOCK_SLACK_MS}
      order by created_at, run_no limit 1)`;
    return sql`(select case when first < ${least} then ${least} else first end
      from (select ${first} as first) as made)`;
  }

  /** What lies beyond a place, or on this side of it, that place included. */
  #beyond(key: RawBuilder<unknown>, { value, runNo }: TaskPlace, isThisSide: boolean): RawBuilder<unknown> {
    const than = this.#order.descending === isThisSide ? sql`>` : sql`<`;
    const to = isThisSide ? sql`${than}=` : than;
    // A number of a cursor may be too great for the type of its column.
    const end = typeof value === 'string' ? sql`${value}` : sql`cast(${value} as bigint)`;
    if (this.#dialect === 'postgres') return sql`(${key}, r.run_no) ${to} (${end}, ${runNo})`;
    return sql`${key} ${than}= ${end} and (${key} ${than} ${end} or r.run_no ${to} ${runNo})`;
  }
}

/** What is alike in the ranges of the tasks of some types and states; `null`: of all, or of too many. */
function partsOf({ types, states }: TaskFilter): readonly Alike[] | null {
  const codes = states === undefined ? null : runCodesOf(states);
  const byState = codes?.map((code): Alike => [['r.state', code]]) ?? null;
  if (types === undefined) return byState;
  const byType = [...new Set(types)].map((type): Alike => [['r.dag_id', type]]);
  if (codes === null) return byType.length > PARTS_MAX ? null : byType;
  const both = byType.flatMap(([one]) => codes.map((code): Alike => [one as Alike[0], ['r.state', code]]));
  const areFinished = codes.every((code) => code >= FIRST_OVER);
  return areFinished && both.length <= PARTS_MAX ? both : byState;
}
