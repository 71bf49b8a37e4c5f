import { type Kysely, sql } from 'kysely';
import type { DialectName } from '../../migrations/migration.ts';
import {
  BACKFILL_STATES,
  BACKFILL_WHICH,
  type BackfillRecord,
  type BackfillState,
} from '../model/backfill.ts';
import { NO_MAX } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { RUN_STATES, type RunState } from '../model/states.ts';
import { inRanges, RANGES_MAX } from './index-range.ts';
import { named, toRun } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
import { readText } from './stored-text.ts';
import type { BackfillTable, Database } from './tables.ts';

/** Which backfills. */
export interface BackfillFilter {
  /** Of these DAGs only. */
  readonly dagIds?: readonly string[];
  /** Only backfills with a smaller number. */
  readonly before?: number;
  readonly limit: number;
}

/** The runs of a backfill in one state. */
export interface BackfillRuns {
  readonly state: RunState;
  readonly count: number;
  /** How long those took together that have started and ended. */
  readonly spentMs: number;
}

/** The number under which the store keeps a state. */
export function backfillStateNumber(state: BackfillState): number {
  return BACKFILL_STATES.indexOf(state);
}

/** A backfill as its row, in the order of the columns. */
export function backfillRow(backfill: BackfillRecord): BackfillTable {
  return {
    backfill_no: backfill.backfillNo,
    dag_id: backfill.dagId,
    first_at: backfill.firstAt,
    last_at: backfill.lastAt,
    which: BACKFILL_WHICH.indexOf(backfill.which),
    reverse: backfill.reverse ? 1 : 0,
    scope: JSON.stringify(backfill.scope),
    max_active_runs: backfill.maxActiveRuns,
    state: backfillStateNumber(backfill.state),
    cursor_at: backfill.cursorAt,
    slots: backfill.slots,
    decided: backfill.decided,
    spared: backfill.spared,
    created_at: backfill.createdAt,
    created_by: backfill.createdBy,
    ended_at: backfill.endedAt,
    params: JSON.stringify(backfill.params),
  };
}

function toBackfill(row: BackfillTable): BackfillRecord {
  return {
    backfillNo: row.backfill_no,
    dagId: row.dag_id,
    firstAt: row.first_at,
    lastAt: row.last_at,
    which: named(BACKFILL_WHICH, row.which),
    reverse: row.reverse === 1,
    scope: readText('backfill.scope', row.scope),
    params: readText('backfill.params', row.params),
    maxActiveRuns: row.max_active_runs,
    state: named(BACKFILL_STATES, row.state),
    cursorAt: row.cursor_at,
    slots: row.slots,
    decided: row.decided,
    spared: row.spared,
    createdAt: row.created_at,
    createdBy: row.created_by,
    endedAt: row.ended_at,
  };
}

/** Newest first. */
export async function readBackfills(
  db: Kysely<Database>,
  dialect: DialectName,
  { dagIds, before = NO_MAX + 1, limit }: BackfillFilter,
): Promise<readonly BackfillRecord[]> {
  if (dagIds?.length === 0) return [];
  const areFew = dagIds !== undefined && dagIds.length <= RANGES_MAX;
  const range = { column: 'backfill_no', from: sql.lit(0), to: sql`${before - 1}`, order: 'desc' } as const;
  const ranges = areFew
    ? [...new Set(dagIds)].map((dagId) => ({ ...range, alike: [['dag_id', dagId] as const] }))
    : [{ ...range, alike: [] }];
  // Joined with nothing so that the index of DAGs stays away, which has not the order of so many.
  const rest = dagIds === undefined || areFew ? [] : [sql`dag_id || '' in (${sql.join(dagIds)})`];
  const query = inRanges<BackfillTable>(dialect, sql`backfill`, ranges, { rest, limit });
  return (await query.execute(db)).rows.map(toBackfill);
}

export async function readBackfill(db: Kysely<Database>, backfillNo: number): Promise<BackfillRecord | null> {
  const row = await db
    .selectFrom('backfill')
    .selectAll()
    .where('backfill_no', '=', backfillNo)
    .executeTakeFirst();
  return row === undefined ? null : toBackfill(row);
}

/** Those that are unfinished themselves, or have an unfinished run; oldest first. */
export async function readOpenBackfills(db: Kysely<Database>): Promise<readonly BackfillRecord[]> {
  const { rows } = await sql<BackfillTable>`select * from backfill where backfill_no in (
      select backfill_no from backfill where state < 2
      union select backfill_no from dag_run where state < ${FIRST_OVER_SQL} and backfill_no is not null
    ) order by backfill_no`.execute(db);
  return rows.map(toBackfill);
}

/** The runs of the slots of a DAG that are about instants between two, both included, whatever made them. */
export async function readSlotRuns(
  db: Kysely<Database>,
  dagId: string,
  fromAt: number,
  toAt: number,
): Promise<readonly RunRecord[]> {
  const rows = await db
    .selectFrom('dag_run')
    .selectAll()
    .where('dag_id', '=', dagId)
    .where('logical_at', '>=', fromAt)
    .where('logical_at', '<=', toAt)
    .where(sql<boolean>`trigger_kind in (1, 2)`)
    .orderBy('logical_at')
    .execute();
  return rows.map(toRun);
}

export async function readBackfillRuns(
  db: Kysely<Database>,
  backfillNo: number,
): Promise<readonly BackfillRuns[]> {
  const rows = await db
    .selectFrom('dag_run')
    .select((row) => [
      'state',
      row.fn.countAll().as('count'),
      sql<number | string | null>`sum(ended_at - started_at)`.as('spent'),
    ])
    .where('backfill_no', '=', backfillNo)
    .groupBy('state')
    .orderBy('state')
    .execute();
  return rows.map(({ state, count, spent }) => ({
    state: named(RUN_STATES, state),
    count: Number(count),
    spentMs: Number(spent ?? 0),
  }));
}
