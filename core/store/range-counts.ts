import { sql } from 'kysely';
import type { RunNo } from '../model/ids.ts';
import type { NodeRange } from './node-ranges.ts';

/** Nodes of which instances are counted that have a row. */
export interface CountedRange extends NodeRange {
  /** Position in `TASK_STATES`: instances in this state are left out; absent: none are. */
  readonly but?: number;
}

/** How many instances of a template node a run has in a state. */
export interface StateCount {
  readonly runNo: RunNo;
  readonly template: number;
  /** Position in `TASK_STATES`. */
  readonly state: number;
  readonly instances: number;
}

/** How those instances of a template node went that are in a state, of all runs together. */
export interface TookCount extends Omit<StateCount, 'runNo'> {
  /** Attempts beyond the first ones. */
  readonly retries: number;
  /** Numbers with commas between them: how long the last attempt of each took, in milliseconds. */
  readonly took: string | null;
  /** The same of how long it waited from when it had its slot. */
  readonly waited: string | null;
}

/** The rows in some ranges, found by the key of the table: SQLite joins in the order that is written. */
function rowsIn(ranges: readonly CountedRange[]) {
  const values = ranges.map(
    ({ runNo, from, to, first, size, but = -1 }) => `(${[runNo, from, to, first, size, but].join()})`,
  );
  return {
    span: sql`with span (run_no, from_no, to_no, first_no, size, but) as (values ${sql.raw(values.join())})`,
    rows: sql`from span cross join task_instance as one
      where one.run_no = span.run_no and one.node_no >= span.from_no and one.node_no < span.to_no
        and one.state <> span.but`,
    template: sql`span.first_no + (one.node_no - span.from_no) % span.size`,
  };
}

/** Where each template has one node: a row for each state and not for each node, which takes a fifth. */
export function statesQuery(ranges: readonly CountedRange[]) {
  const { span, rows } = rowsIn(ranges);
  return sql<{ readonly runNo: RunNo; readonly state: number; readonly templates: string }>`
    ${span} select one.run_no as "runNo", one.state,
      string_agg(cast(span.first_no + one.node_no - span.from_no as text), ',') as templates
    ${rows} group by 1, 2`;
}

/** The instances in some ranges, counted by run, template node and state. */
export function countsQuery(ranges: readonly CountedRange[]) {
  const { span, rows, template } = rowsIn(ranges);
  return sql<StateCount>`
    ${span} select one.run_no as "runNo", ${template} as template, one.state, count(*) as instances
    ${rows} group by 1, 2, 3`;
}

/** How the instances in some ranges of runs of one version went, by template node and state. */
export function tookQuery(ranges: readonly CountedRange[]) {
  const { span, rows, template } = rowsIn(ranges);
  return sql<TookCount>`
    ${span} select ${template} as template, one.state, count(*) as instances,
      sum(case when one.try_no > 1 then one.try_no - 1 else 0 end) as retries,
      string_agg(cast(one.ended_at - one.started_at as text), ',') as took,
      string_agg(cast(case when one.ended_at is not null then one.started_at - one.queued_at end as text),
        ',') as waited
    ${rows} group by 1, 2`;
}
