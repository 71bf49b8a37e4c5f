import { type Kysely, type RawBuilder, sql } from 'kysely';
import { DISPOSITIONS } from '../model/slot.ts';
import type { Database } from './tables.ts';

/**
 * Rules over several rows or tables that no constraint can hold: each query counts the rows that break one.
 */
const INVARIANTS: readonly { readonly broken: string; readonly count: RawBuilder<{ readonly n: number }> }[] =
  [
    {
      broken: 'finished runs have unfinished task instances',
      count: sql`select count(*) as n from dag_run r join task_instance t on t.run_no = r.run_no
      where r.state >= 3 and t.state < 7 and t.state > 0`,
    },
    {
      broken: 'task instances belong to no run',
      count: sql`select count(*) as n from task_instance t
      where not exists (select 1 from dag_run r where r.run_no = t.run_no)`,
    },
    {
      broken: 'past attempts belong to no task instance, or are newer than its last attempt',
      count: sql`select count(*) as n from task_attempt a where not exists (select 1 from task_instance t
      where t.run_no = a.run_no and t.node_no = a.node_no and t.try_no >= a.try_no)`,
    },
    {
      broken: 'outputs belong to no attempt',
      count: sql`select count(*) as n from task_output o where not exists (select 1 from task_instance t
      where t.run_no = o.run_no and t.node_no = o.node_no and t.try_no >= o.try_no)`,
    },
    {
      broken: 'runs and their versions are of different DAGs',
      count: sql`select count(*) as n from dag_run r join dag_version v on v.version_no = r.version_no
      where v.dag_id <> r.dag_id`,
    },
    {
      broken: 'numbers of runs or journal lines are above the last one given',
      count: sql`select count(*) as n from lease where run_no < (select coalesce(max(run_no), 0) from dag_run)
      or seq < (select coalesce(max(seq), 0) from journal)`,
    },
    {
      broken: 'task instances differ from their last line in the journal',
      count: sql`select count(*) as n from journal j
      join (select max(seq) as seq from journal where node_no is not null and to_state >= 0
        group by run_no, node_no) last
        on last.seq = j.seq
      join task_instance t on t.run_no = j.run_no and t.node_no = j.node_no
      where t.state <> j.to_state or t.try_no <> j.try_no`,
    },
    {
      // Where any spans overlap, two neighbours do: the time of a look at neighbours grows with their number.
      broken: 'slots of a DAG overlap',
      count: sql`select count(*) as n from (select first_at,
        lag(last_at) over (partition by dag_id order by first_at) as before_at from slot_span) s
      where s.before_at >= s.first_at`,
    },
    {
      broken: 'slots are later than the instant up to which those of their DAG are decided',
      count: sql`select count(*) as n from slot_span s join dag d on d.dag_id = s.dag_id
      where d.cursor_at is null or d.cursor_at < s.last_at`,
    },
    {
      broken: 'slots name a run of another DAG',
      count: sql`select count(*) as n from slot_span s join dag_run r on r.run_no = s.run_no
      where r.dag_id <> s.dag_id`,
    },
    {
      // A run is due at the instant that it is about, or at the end of the interval that it is about.
      broken: 'slots name a run that was due at another time',
      count: sql`select count(*) as n from slot_span s join dag_run r on r.run_no = s.run_no
      where s.disposition = ${sql.lit(DISPOSITIONS.indexOf('run'))} and r.dag_id = s.dag_id
        and coalesce(r.logical_at <> s.first_at, true) and coalesce(r.interval_end_at <> s.first_at, true)`,
    },
    {
      broken: 'runs differ from their last line in the journal',
      count: sql`select count(*) as n from journal j
      join (select max(seq) as seq from journal where node_no is null and to_state >= 0 group by run_no) last
        on last.seq = j.seq
      join dag_run r on r.run_no = j.run_no where r.state <> j.to_state`,
    },
  ];

/** What the rows say that they must not say, one sentence for each broken rule. */
export async function checkInvariants(db: Kysely<Database>): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const { broken, count } of INVARIANTS) {
    const { rows } = await count.execute(db);
    const found = Number(rows[0]?.n ?? 0);
    if (found > 0) problems.push(`${found} times: ${broken}.`);
  }
  return problems;
}
