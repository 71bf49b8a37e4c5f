import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import type { NodeNo, RunNo, RunUid, TryNo } from '../model/ids.ts';
import { DISPOSITIONS } from '../model/slot.ts';
import { RUN_STATES, TASK_STATES, type TaskState } from '../model/states.ts';
import { type BrokenFacts, type Place, RULE_NAMES, type Rule, type Violation } from '../model/violation.ts';
import { named } from './records.ts';
import { rowsOf, runScript, type Script } from './script.ts';
import type { Database } from './tables.ts';
import { unreadableTexts } from './unreadable-texts.ts';

/** Rows that a check lists of each broken rule unless it is asked for more. */
export const ROWS_LISTED = 24;

/** Rules that one query cannot check. */
type OwnRule = 'missing_row' | 'damaged_file' | 'unreadable_text';
type QueriedRule = Exclude<Rule, OwnRule>;

interface PlaceColumns {
  readonly dag_id: string | null;
  readonly run_no: number | null;
  readonly uid: string | null;
  readonly node_no: number | null;
  readonly try_no: number | null;
  readonly slot_at: number | null;
}
/** Beside its place a row has the columns that its rule selects. */
interface Columns extends PlaceColumns {
  readonly counter: 'run' | 'line';
  readonly value: number;
  readonly used: number;
  readonly last_try: number | null;
  readonly is_state: number;
  readonly is_try: number;
  readonly said_state: number;
  readonly said_try: number | null;
  readonly last_at: number;
  readonly cursor_at: number | null;
  readonly before_at: number;
  readonly is_repeated: number;
  readonly logical_at: number | null;
  readonly run_dag: string;
  readonly version_dag: string;
}

/** How the rows that break a rule are found, and what they tell. */
interface Query<R extends QueriedRule> {
  readonly rows: RawBuilder<unknown>;
  readonly facts: (row: Columns) => BrokenFacts[R];
}

/** The columns of a {@link Place}; those that are not named are empty. */
function place(columns: { readonly [column in keyof PlaceColumns]?: string }): RawBuilder<unknown> {
  const names = ['run_no', 'node_no', 'try_no', 'dag_id', 'slot_at', 'uid'] as const;
  return sql.raw(names.map((name) => `${columns[name] ?? 'null'} as ${name}`).join(', '));
}

const RUN = { run_no: 'r.run_no', uid: 'r.uid', dag_id: 'r.dag_id' };
const NODE = { ...RUN, node_no: 't.node_no' };
const SLOT = { dag_id: 's.dag_id', slot_at: 's.first_at' };
/** Attempts or outputs beyond those that the instance of their task knows, or without one. */
const orphans = (table: string): RawBuilder<unknown> => {
  const columns = place({ ...RUN, run_no: 'a.run_no', node_no: 'a.node_no', try_no: 'a.try_no' });
  return sql`select ${columns}, t.try_no as last_try from ${sql.table(table)} a
    left join task_instance t on t.run_no = a.run_no and t.node_no = a.node_no
    left join dag_run r on r.run_no = a.run_no
    where t.try_no is null or t.try_no < a.try_no`;
};
const lastAttempt = (row: Columns) => ({ lastAttempt: row.last_try as TryNo | null });

const QUERIES: { readonly [R in QueriedRule]: Query<R> } = {
  counter_behind: {
    rows: sql`select ${place({})}, 'run' as counter, run_no as value, used from lease,
      (select coalesce(max(run_no), 0) as used from dag_run) n where run_no < used
      union all select ${place({})}, 'line' as counter, seq as value, used from lease,
      (select coalesce(max(seq), 0) as used from journal) n where seq < used`,
    facts: (row) => ({
      counter: row.counter,
      value: row.value,
      used: row.used,
    }),
  },
  orphaned_instance: {
    rows: sql`select ${place({ run_no: 't.run_no', node_no: 't.node_no' })} from task_instance t
      where not exists (select 1 from dag_run r where r.run_no = t.run_no)`,
    facts: () => ({}),
  },
  orphaned_attempt: { rows: orphans('task_attempt'), facts: lastAttempt },
  orphaned_output: { rows: orphans('task_output'), facts: lastAttempt },
  instance_unlike_journal: {
    rows: sql`select ${place(NODE)}, t.state as is_state, t.try_no as is_try,
      j.to_state as said_state, j.try_no as said_try from journal j
      join (select max(seq) as seq from journal where node_no is not null and to_state >= 0
        group by run_no, node_no) last
        on last.seq = j.seq
      join task_instance t on t.run_no = j.run_no and t.node_no = j.node_no
      join dag_run r on r.run_no = t.run_no
      where t.state <> j.to_state or t.try_no <> j.try_no`,
    facts: (row) => ({
      state: taskState(row.is_state),
      attempt: row.is_try as TryNo,
      journalState: taskState(row.said_state),
      journalAttempt: row.said_try as TryNo,
    }),
  },
  run_unlike_journal: {
    rows: sql`select ${place(RUN)}, r.state as is_state, j.to_state as said_state from journal j
      join (select max(seq) as seq from journal where node_no is null and to_state >= 0 group by run_no) last
        on last.seq = j.seq
      join dag_run r on r.run_no = j.run_no where r.state <> j.to_state`,
    facts: (row) => ({
      state: named(RUN_STATES, row.is_state),
      journalState: named(RUN_STATES, row.said_state),
    }),
  },
  unfinished_instance: {
    rows: sql`select ${place(NODE)}, t.state as is_state, t.try_no as is_try,
      (select max(j.try_no) from journal j where j.run_no = t.run_no and j.node_no = t.node_no) as said_try
      from dag_run r join task_instance t on t.run_no = r.run_no
      where r.state >= 3 and t.state < 7 and t.state > 0`,
    facts: (row) => ({
      state: taskState(row.is_state),
      attempt: row.is_try as TryNo,
      journalAttempt: row.said_try as TryNo | null,
    }),
  },
  slot_after_cursor: {
    rows: sql`select ${place(SLOT)}, s.last_at as last_at, d.cursor_at as cursor_at
      from slot_span s join dag d on d.dag_id = s.dag_id
      where d.cursor_at is null or d.cursor_at < s.last_at`,
    facts: (row) => ({ lastAt: row.last_at, cursorAt: row.cursor_at }),
  },
  overlapping_slots: {
    // The greatest end before a span tells whether any span overlaps it: one look at each, however many.
    rows: sql`select ${place(SLOT)}, s.last_at as last_at, e.last_at as before_at,
      case when s.last_at <= e.last_at and s.disposition = e.disposition and s.because = e.because
        and coalesce(s.run_no, -1) = coalesce(e.run_no, -1) and coalesce(s.facts, '') = coalesce(e.facts, '')
        then 1 else 0 end as is_repeated
      from (select slot_span.*, max(last_at) over (partition by dag_id order by first_at
        rows between unbounded preceding and 1 preceding) as reach_at from slot_span) s
      join slot_span e on e.dag_id = s.dag_id and e.first_at = (select min(f.first_at) from slot_span f
        where f.dag_id = s.dag_id and f.last_at = s.reach_at)
      where s.reach_at >= s.first_at`,
    facts: (row) => ({
      lastAt: row.last_at,
      earlierLastAt: row.before_at,
      isRepeated: row.is_repeated === 1,
    }),
  },
  slot_of_other_dag: {
    rows: sql`select ${place({ ...RUN, ...SLOT })}, r.dag_id as run_dag
      from slot_span s join dag_run r on r.run_no = s.run_no where r.dag_id <> s.dag_id`,
    facts: (row) => ({ runDagId: row.run_dag }),
  },
  slot_of_other_instant: {
    // A run is due at the instant that it is about, or at the end of the interval that it is about.
    rows: sql`select ${place({ ...RUN, ...SLOT })}, r.logical_at as logical_at
      from slot_span s join dag_run r on r.run_no = s.run_no
      where s.disposition = ${sql.lit(DISPOSITIONS.indexOf('run'))} and r.dag_id = s.dag_id
        and coalesce(r.logical_at <> s.first_at, true) and coalesce(r.interval_end_at <> s.first_at, true)`,
    facts: (row) => ({ logicalAt: row.logical_at }),
  },
  version_of_other_dag: {
    rows: sql`select ${place(RUN)}, v.dag_id as version_dag
      from dag_run r join dag_version v on v.version_no = r.version_no where v.dag_id <> r.dag_id`,
    facts: (row) => ({ versionDagId: row.version_dag }),
  },
};

/** What about no run, task, DAG or slot. */
export const NO_PLACE: Place = {
  dagId: null,
  runNo: null,
  runUid: null,
  nodeNo: null,
  tryNo: null,
  slotAt: null,
};

/** The rules that both databases check with the same queries. */
export function isQueried(rule: Rule): rule is QueriedRule {
  return rule in QUERIES;
}

/** All rows that break a rule. */
export function* brokenRowsScript(db: Kysely<Database>, rule: QueriedRule): Script<Violation> {
  const rows = yield* rowsOf(broken(db, rule));
  return toViolation(rule, rows.length, rows);
}

/** What the rows say that they must not say; of each broken rule at most `listed` rows, all counted. */
export async function checkInvariants(
  db: Kysely<Database>,
  dialect: DialectName,
  listed: number,
): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  for (const rule of RULE_NAMES) {
    if (rule === 'unreadable_text') {
      const rows = await runScript(db, unreadableTexts(db, dialect));
      if (rows.length > 0) found.push({ rule, count: rows.length, rows: rows.slice(0, listed) });
    }
    if (!isQueried(rule)) continue;
    const all = broken(db, rule);
    const counting = all.clearSelect().clearOrderBy().select(sql<number>`count(*)`.as('n'));
    const count = Number((await counting.executeTakeFirst())?.n ?? 0);
    if (count === 0) continue;
    const rows = await (Number.isFinite(listed) ? all.limit(listed) : all).execute();
    found.push(toViolation(rule, count, rows));
  }
  return found;
}

function broken(db: Kysely<Database>, rule: QueriedRule) {
  return db
    .selectFrom(sql<Columns>`(${QUERIES[rule].rows})`.as('broken'))
    .selectAll()
    .orderBy('run_no')
    .orderBy('node_no')
    .orderBy('try_no')
    .orderBy('dag_id')
    .orderBy('slot_at');
}

function toViolation(rule: QueriedRule, count: number, rows: readonly Columns[]): Violation {
  const { facts } = QUERIES[rule];
  return { rule, count, rows: rows.map((row) => ({ ...toPlace(row), ...facts(row) })) } as Violation;
}

function toPlace(row: PlaceColumns): Place {
  return {
    dagId: row.dag_id,
    runNo: row.run_no as RunNo | null,
    runUid: row.uid as RunUid | null,
    nodeNo: row.node_no as NodeNo | null,
    tryNo: row.try_no as TryNo | null,
    slotAt: row.slot_at,
  };
}

function taskState(code: number): TaskState {
  return named(TASK_STATES, code);
}
