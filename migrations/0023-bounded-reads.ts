import { type Kysely, sql } from 'kysely';
import type { Migration } from './migration.ts';

/** States of runs in stored order, each with the column in which tasks in it are counted. */
const STATES = ['queued', 'running', 'paused', 'success', 'failed', 'cancelled'];
const KEY = 'dag_id, priority, day';
const COLUMNS = STATES.join(', ');

/**
 * A tally of the tasks of the queue, and indexes of what lists and details went through until they had
 * enough: runs that are not over by state and DAG (in place of one of tasks alone), and those of backfills;
 * alerts, messages and the audit log by what they are filtered by.
 */
export const boundedReads: Migration = {
  number: 23,
  name: 'bounded-reads',
  async up(db, dialect) {
    await makeTally(db, dialect === 'sqlite');
    await run(db, 'drop index dag_run_task_open');
    for (const text of INDEXES) await run(db, `create index ${text}`);
  },
};

const INDEXES = [
  'dag_run_open on dag_run (state, dag_id, priority, created_at) where state < 3',
  'dag_run_backfill_open on dag_run (backfill_no) where state < 3 and backfill_no is not null',
  'alert_level on alert (level, alert_id)',
  'alert_dag_rule on alert (dag_id, rule, alert_id)',
  'alert_delivery_channel on alert_delivery (channel, state, delivery_no)',
  'audit_entry_actor_action on audit_entry (actor, action, audit_no)',
];

/**
 * Tasks by type, level and the day on which they were made (UTC), counted by state. Triggers keep it, so that
 * it is right whatever writes runs; runs that are no tasks do not reach it.
 */
async function makeTally(db: Kysely<unknown>, isSqlite: boolean): Promise<void> {
  const whole = isSqlite ? 'integer' : 'bigint';
  const counts = STATES.map((state) => `${state} ${whole} not null`).join(', ');
  await run(
    db,
    `create table queue_tally (dag_id text${isSqlite ? '' : ' collate "C"'} not null,
      priority ${isSqlite ? 'integer' : 'smallint'} not null, day ${whole} not null, ${counts},
      constraint queue_tally_pk primary key (${KEY})) ${isSqlite ? 'strict, without rowid' : ''}`,
  );
  await run(
    db,
    `insert into queue_tally (${KEY}, ${COLUMNS}) select ${keyOf('r')}, ${counted('r')}
      from dag_run as r where task_name is not null group by 1, 2, 3`,
  );
  for (const text of isSqlite ? SQLITE : POSTGRES) await run(db, text);
}

async function run(db: Kysely<unknown>, text: string): Promise<void> {
  await sql.raw(text).execute(db);
}

/** Where a run is counted. */
function keyOf(run: string): string {
  return `${run}.dag_id, coalesce(${run}.priority, 1), ${run}.created_at / 86400000`;
}

/** Runs of a group by state; `by`: how much each of them counts. */
function counted(run: string, by = '1'): string {
  return STATES.map((_, code) => `sum(case when ${run}.state = ${code} then ${by} else 0 end)`).join(', ');
}

const INTO = `insert into queue_tally (${KEY}, ${COLUMNS})`;
/** Adds to what is counted already. */
const ADDED = `on conflict (${KEY}) do update
  set ${STATES.map((state) => `${state} = queue_tally.${state} + excluded.${state}`).join(', ')}`;
const IS_EMPTY = STATES.map((state) => `${state} = 0`).join(' and ');

const HAS_MOVED = 'coalesce(old.priority, 1) <> coalesce(new.priority, 1)';
const OF_OLD = `where (${KEY}) = (${keyOf('old')})`;
const ONE_LESS = `update queue_tally
  set ${STATES.map((state, code) => `${state} = ${state} - (old.state = ${code})`).join(', ')} ${OF_OLD}`;
const NEW = STATES.map((_, code) => `new.state = ${code}`).join(', ');
const ONE_MORE = `${INTO} values (${keyOf('new')}, ${NEW}) ${ADDED}`;
const TURNED = `update queue_tally set ${STATES.map(
  (state, code) => `${state} = ${state} + (new.state = ${code}) - (old.state = ${code})`,
).join(', ')} ${OF_OLD}`;

const SQLITE = [
  `create trigger queue_tally_made after insert on dag_run when new.task_name is not null
    begin ${ONE_MORE}; end`,
  `create trigger queue_tally_turned after update of state on dag_run
    when new.task_name is not null and old.state <> new.state and not (${HAS_MOVED}) begin ${TURNED}; end`,
  `create trigger queue_tally_moved after update of priority on dag_run
    when new.task_name is not null and ${HAS_MOVED} begin ${ONE_LESS}; ${ONE_MORE}; end`,
  `create trigger queue_tally_gone after delete on dag_run when old.task_name is not null
    begin ${ONE_LESS}; delete from queue_tally ${OF_OLD} and ${IS_EMPTY}; end`,
];

const BOTH = `(select dag_id, priority, created_at, state, task_name, 1 as by from made
  union all select dag_id, priority, created_at, state, task_name, -1 from gone) as r`;
/** Once for each statement, however many tasks it writes; where it writes none, it looks at its rows. */
const POSTGRES = [
  `create function orch_tally() returns trigger language plpgsql as $$
    begin
      if tg_op = 'DELETE' then
        if exists (select from gone where task_name is not null) then
          ${INTO} select ${keyOf('r')}, ${counted('r', '-1')} from gone as r
            where task_name is not null group by 1, 2, 3 ${ADDED};
          delete from queue_tally where ${IS_EMPTY} and (${KEY}) in (select ${keyOf('r')} from gone as r);
        end if;
      elsif exists (select from made where task_name is not null) then
        if tg_op = 'INSERT' then
          ${INTO} select ${keyOf('r')}, ${counted('r')} from made as r
            where task_name is not null group by 1, 2, 3 ${ADDED};
        else
          ${INTO} select ${keyOf('r')}, ${counted('r', 'r.by')} from ${BOTH}
            where task_name is not null group by 1, 2, 3 ${ADDED};
        end if;
      end if;
      return null;
    end $$`,
  `create trigger queue_tally_made after insert on dag_run referencing new table as made
    for each statement execute function orch_tally()`,
  `create trigger queue_tally_turned after update on dag_run referencing old table as gone new table as made
    for each statement execute function orch_tally()`,
  `create trigger queue_tally_gone after delete on dag_run referencing old table as gone
    for each statement execute function orch_tally()`,
];
