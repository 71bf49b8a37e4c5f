import type { Kysely } from 'kysely';
import type { VersionNo } from '../model/ids.ts';
import type { DagRecord } from './store.ts';
import type { Database } from './tables.ts';

/** All DAGs that a file has declared, by id. */
export async function readDags(db: Kysely<Database>): Promise<readonly DagRecord[]> {
  return (await dagsQuery(db).orderBy('dag.dag_id').execute()).map(toDag);
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
