import { type Kysely, sql } from 'kysely';
import type { VersionNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import type { RunScope } from '../model/scope.ts';
import { toRun } from './records.ts';
import { readText } from './stored-text.ts';
import type { Database } from './tables.ts';

/** What earlier runs of slots were about: a version and a scope that at least one of them had. */
export interface PastScope {
  readonly versionNo: VersionNo;
  readonly scope: RunScope;
}

/** The newest run of a slot of a DAG that is about an instant before another one. */
export async function readRunBefore(
  db: Kysely<Database>,
  dagId: string,
  logicalAt: number,
): Promise<RunRecord | null> {
  const row = await db
    .selectFrom('dag_run')
    .selectAll()
    .where('dag_id', '=', dagId)
    .where('logical_at', '<', logicalAt)
    .where(sql<boolean>`trigger_kind in (1, 2)`)
    .orderBy('logical_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toRun(row);
}

/** The versions and scopes of all runs of slots of a DAG that are about an instant before another one. */
export async function readScopesBefore(
  db: Kysely<Database>,
  dagId: string,
  logicalAt: number,
): Promise<readonly PastScope[]> {
  const rows = await db
    .selectFrom('dag_run')
    .select(['version_no', 'scope'])
    .distinct()
    .where('dag_id', '=', dagId)
    .where('logical_at', '<', logicalAt)
    .where(sql<boolean>`trigger_kind in (1, 2)`)
    .execute();
  return rows.map((row) => ({
    versionNo: row.version_no as VersionNo,
    scope: readText<RunScope>('dag_run.scope', row.scope),
  }));
}
