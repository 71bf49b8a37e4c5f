import { type RawBuilder, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { ALERT_LEVELS, type AlertLevel, type AlertState } from '../model/alert.ts';
import type { AlertTable } from './alert-tables.ts';
import { type IndexRange, inRanges, RANGES_MAX } from './index-range.ts';

/** Which alerts. */
export interface AlertFilter {
  readonly levels?: readonly AlertLevel[];
  readonly states?: readonly AlertState[];
  readonly rule?: string;
  /** Of these DAGs only; absent: of all, and those of none. */
  readonly dagIds?: readonly string[];
  /** Only alerts that began before this one, by their ids. */
  readonly before?: string;
  readonly limit: number;
}

/** As its index has it: an alert that is not over, or of whose end is to be told. */
export const IS_LIVE = sql<boolean>`(resolved_at is null or closing = 1)`;

/** Greater than every id of an alert. */
const LAST_ID = '\uffff';

/** Alerts by a filter, newest first: of those that are not over, or of the ranges of an index. */
export function alertsQuery(dialect: DialectName, filter: AlertFilter): RawBuilder<AlertTable> {
  const { levels, states, rule, dagIds, before, limit } = filter;
  const rest: RawBuilder<unknown>[] = [];
  // The signs keep indexes away that have not the order of the list.
  if (levels !== undefined) rest.push(sql`+level in (${sql.join(levels.map(codeOf))})`);
  if (rule !== undefined) rest.push(sql`rule || '' = ${rule}`);
  if (dagIds !== undefined) rest.push(sql`dag_id || '' in (${sql.join(dagIds)})`);
  if (before !== undefined) rest.push(sql`alert_id < ${before}`);
  if (states !== undefined) rest.push(sql`(${sql.join(states.map(isIn), sql` or `)})`);
  if (states === undefined || states.includes('resolved')) {
    const ranges = rangesOf(filter);
    // Without statistics SQLite takes one by DAG alone for as good.
    const isOfBoth = dialect === 'sqlite' && ranges.every(({ alike }) => alike.length === 2);
    const table = isOfBoth ? sql`alert indexed by alert_dag_rule` : sql`alert`;
    return inRanges<AlertTable>(dialect, table, ranges, { rest, limit });
  }
  // Read as a whole by their index, of which there are few.
  return sql<AlertTable>`with live as materialized (select * from alert where ${IS_LIVE})
    select * from live where ${sql.join(rest, sql` and `)} order by alert_id desc limit ${limit}`;
}

/** Where an index has the alerts of a filter: by DAG and rule, by DAG, by rule, or by level. */
function rangesOf({ levels, rule, dagIds, before }: AlertFilter): readonly IndexRange[] {
  const ofRule: IndexRange['alike'] = rule === undefined ? [] : [['rule', rule]];
  const ofDags =
    dagIds !== undefined && dagIds.length <= RANGES_MAX
      ? [...new Set(dagIds)].map((dagId): IndexRange['alike'] => [['dag_id', dagId], ...ofRule])
      : [ofRule];
  const byLevel = levels !== undefined && ofDags.every((alike) => alike.length === 0);
  const alikes = byLevel
    ? [...new Set(levels)].map((level): IndexRange['alike'] => [['level', codeOf(level)]])
    : ofDags;
  const range = { column: 'alert_id', from: sql`''`, to: sql`${before ?? LAST_ID}`, order: 'desc' } as const;
  return alikes.map((alike) => ({ ...range, alike }));
}

function codeOf(level: AlertLevel): number {
  return ALERT_LEVELS.indexOf(level);
}

function isIn(state: AlertState): RawBuilder<unknown> {
  if (state === 'resolved') return sql`resolved_at is not null`;
  const isTaken = state === 'acknowledged' ? sql`is not null` : sql`is null`;
  return sql`(resolved_at is null and acknowledged_at ${isTaken})`;
}
