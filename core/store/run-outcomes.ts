import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import { NO_MAX } from '../model/ids.ts';
import { RUN_STATES, type RunState } from '../model/states.ts';
import { named } from './records.ts';
import { runsQuery } from './run-lists.ts';
import type { RunFilter } from './store.ts';
import type { Database } from './tables.ts';

/** How those runs of a DAG went that are in one state. */
export interface RunOutcome {
  readonly dagId: string;
  readonly state: RunState;
  readonly runs: number;
  /** When the newest of them was made. */
  readonly lastAt: number;
  /** How long each took that has ended, in milliseconds, in no order. */
  readonly tookMs: readonly number[];
  /** How long each waited that has begun. */
  readonly waitedMs: readonly number[];
}

interface OutcomeRow {
  readonly dag_id: string;
  readonly state: number;
  readonly runs: number;
  readonly last_at: number;
  readonly took: string | null;
  readonly waited: string | null;
}

/**
 * How the runs of a filter went, by DAG and state. Of each run two numbers come from the database, all of
 * them in one text: rows take many times as long.
 */
export async function readOutcomes(
  db: Kysely<Database>,
  dialect: DialectName,
  filter: RunFilter,
): Promise<readonly RunOutcome[]> {
  const runs = runsQuery(dialect, { limit: NO_MAX, ...filter });
  if (runs === null) return [];
  const { rows } = await sql<OutcomeRow>`select dag_id, state, count(*) as runs, max(created_at) as last_at,
      string_agg(cast(ended_at - started_at as text), ',') as took,
      string_agg(cast(started_at - created_at as text), ',') as waited
    from (${runs}) as r group by dag_id, state`.execute(db);
  return rows.map((row) => ({
    dagId: row.dag_id,
    state: named(RUN_STATES, row.state),
    runs: row.runs,
    lastAt: row.last_at,
    tookMs: lengthsOf(row.took),
    waitedMs: lengthsOf(row.waited).map((length) => Math.max(0, length)),
  }));
}

/** The numbers of a text that `string_agg` has made of them; `null`: there were none. */
export function lengthsOf(text: string | null): number[] {
  return text === null ? [] : text.split(',').map(Number);
}
