import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Grant } from '../model/account.ts';
import { BECAUSE_CODES, type Because, because, becauseNumber, type Facts } from '../model/because.ts';
import type { VersionNo } from '../model/ids.ts';
import type { JsonText } from '../model/json.ts';
import { named } from './records.ts';
import { FIRST_OVER_SQL } from './run-codes.ts';
import type { DagRecord } from './store.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** The DAGs that a file has declared, by id: all after an id, or at most so many. */
export async function readDags(
  db: Kysely<Database>,
  afterId = '',
  limit?: number,
): Promise<readonly DagRecord[]> {
  const all = dagsQuery(db).where('dag.dag_id', '>', afterId).orderBy('dag.dag_id');
  return (await (limit === undefined ? all : all.limit(limit)).execute()).map(toDag);
}

/** Whether the DAG of a row is one that some grants are about; `column` holds its id. */
export function isOfGrants(column: RawBuilder<string>, grants: readonly Grant[]): RawBuilder<boolean> {
  if (grants.some(({ dags }) => dags === '*')) return sql<boolean>`1 = 1`;
  const parts = [...new Set(grants.map(({ dags }) => dags))].map((dags) => {
    if (!dags.endsWith('*')) return sql`${column} = ${dags}`;
    const begins = dags.slice(0, -1);
    // Greater than all that ids consist of.
    return sql`(${column} >= ${begins} and ${column} < ${`${begins}~`})`;
  });
  return parts.length === 0 ? sql<boolean>`1 = 0` : sql<boolean>`(${sql.join(parts, sql` or `)})`;
}

/** The ids of the DAGs that some grants are about. */
export async function readDagIds(db: Kysely<Database>, grants: readonly Grant[]): Promise<readonly string[]> {
  const query = db
    .selectFrom('dag')
    .select('dag_id')
    .where(isOfGrants(sql.ref('dag_id'), grants));
  return (await query.orderBy('dag_id').execute()).map(({ dag_id }) => dag_id);
}

/** How much of some things the store has. */
export interface Sizes {
  /** DAGs that a file declares now. */
  readonly dags: number;
  readonly brokenFiles: number;
  readonly unfinishedRuns: number;
  /** Schedules that no DAG file declares. */
  readonly schedules: number;
}

/** Counts them, without reading any. */
export async function readSizes(db: Kysely<Database>): Promise<Sizes> {
  const { rows } = await sql<Sizes>`select
    (select count(*) from dag where present = 1) as dags,
    (select count(*) from broken_file) as "brokenFiles",
    (select count(*) from dag_run where state < ${FIRST_OVER_SQL}) as "unfinishedRuns",
    (select count(*) from ad_hoc_schedule) as schedules`.execute(db);
  return rows[0] as Sizes;
}

/** A DAG with the graph of its version, as stored. */
export interface DeclaredRecord extends DagRecord {
  readonly spec: JsonText;
}

/** Some DAGs by their ids, or the next ones after an id, at most so many. */
export type DeclaredFilter =
  | { readonly ids: readonly string[] }
  | { readonly afterId: string; readonly limit: number };

/** DAGs by id, with their graphs. */
export async function readDeclared(
  db: Kysely<Database>,
  which: DeclaredFilter,
): Promise<readonly DeclaredRecord[]> {
  const all = dagsQuery(db).select('dag_version.spec').orderBy('dag.dag_id');
  const some =
    'ids' in which
      ? all.where('dag.dag_id', 'in', which.ids)
      : all.where('dag.dag_id', '>', which.afterId).limit(which.limit);
  return (await some.execute()).map((row) => ({ ...toDag(row), spec: row.spec }));
}

/** The ids of the DAGs that are paused. */
export async function readPausedDags(db: Kysely<Database>): Promise<readonly string[]> {
  const rows = await db.selectFrom('dag').select('dag_id').where('paused', '=', 1).execute();
  return rows.map((row) => row.dag_id);
}

export async function readDag(db: Kysely<Database>, dagId: string): Promise<DagRecord | null> {
  const row = await dagsQuery(db).where('dag.dag_id', '=', dagId).executeTakeFirst();
  return row === undefined ? null : toDag(row);
}

/** DAGs with what is decided for them. */
function dagsQuery(db: Kysely<Database>) {
  return db
    .selectFrom('dag')
    .innerJoin('dag_version', 'dag_version.version_no', 'dag.version_no')
    .leftJoin('asset_cursor', 'asset_cursor.dag_id', 'dag.dag_id')
    .selectAll('dag')
    .select(['dag_version.graph_hash', 'dag_version.code_hash', 'dag_version.created_at as version_at'])
    .select('asset_cursor.event_no');
}

type DagRow = Awaited<ReturnType<ReturnType<typeof dagsQuery>['execute']>>[number];

function toDag(row: DagRow): DagRecord {
  return {
    dagId: row.dag_id,
    paused: row.paused === 1,
    present: row.present === 1,
    sinceAt: row.since_at,
    cursorAt: row.cursor_at,
    file: row.file,
    versionNo: row.version_no as VersionNo,
    graphHash: row.graph_hash,
    codeHash: row.code_hash,
    versionAt: row.version_at,
    decidedNo: row.decided_no as VersionNo | null,
    eventNo: row.event_no ?? 0,
  };
}

/** The reason for which a DAG was paused last, with `since`: by somebody, or because its runs failed. */
export async function readDagPause(db: Kysely<Database>, dagId: string): Promise<Because | null> {
  // The facts of a line about a DAG begin with the DAG; lines that are about no run are found by an index.
  const facts = JSON.stringify({ dag: dagId }).slice(0, -1);
  const row = await db
    .selectFrom('journal')
    .select(['at', 'because', 'facts'])
    .where('run_no', 'is', null)
    .where('because', 'in', [becauseNumber('dag_paused'), becauseNumber('dag_failing')])
    .where(sql<string>`substr(facts, 1, ${facts.length})`, '=', facts)
    .orderBy('run_no', 'desc')
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const since = new Date(row.at).toISOString();
  return because(named(BECAUSE_CODES, row.because), {
    ...readText<Facts>('journal.facts', row.facts ?? '{}'),
    since,
  });
}
