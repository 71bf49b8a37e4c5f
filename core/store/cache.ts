import type { Kysely } from 'kysely';
import type { StoredOutput } from '../model/action.ts';
import type { ArtifactRef } from '../model/attempt.ts';
import { because, becauseNumber } from '../model/because.ts';
import type { CacheAsk, CacheEntry, CacheParts } from '../model/cache.ts';
import type { NodeNo, RunNo, VersionNo } from '../model/ids.ts';
import { type Fence, fenceScript } from './fence.ts';
import { factsText } from './journal-line.ts';
import { becauseOf, toOutput } from './records.ts';
import { rowsOf, type Script } from './script.ts';
import { isReadable, readText } from './stored-text.ts';
import type { CacheEntryTable, Database, TaskCacheTable } from './tables.ts';

/** Keys that one query asks for: SQLite takes some thousand values. */
const KEYS_MAX = 500;
/** Entries that go in one step. */
const PURGED_MAX = 1_000;

/** The row of an entry, in the order of its columns. */
export function cacheRow(entry: CacheEntry): CacheEntryTable {
  const { output, artifacts } = entry;
  const isSpilled = output !== null && !('json' in output);
  return {
    key: entry.key,
    dag_id: entry.dagId,
    instance: entry.instance,
    run_uid: entry.runUid,
    at: entry.at,
    expires_at: entry.expiresAt,
    json: output !== null && 'json' in output ? output.json : null,
    sha256: isSpilled ? output.sha256 : null,
    bytes: isSpilled ? output.bytes : null,
    artifacts: artifacts.length === 0 ? null : JSON.stringify(artifacts),
    parts: JSON.stringify(entry.parts),
  };
}

/** The row of what was asked for an instance, in the order of its columns; `null`: nothing, any more. */
export function askRow(runNo: RunNo, nodeNo: NodeNo, ask: CacheAsk | null): TaskCacheTable {
  return {
    run_no: runNo,
    node_no: nodeNo,
    version_no: ask?.versionNo ?? null,
    key: ask?.key ?? null,
    parts: ask === null ? null : JSON.stringify(ask.parts),
    because: ask === null ? 0 : becauseNumber(ask.because.code),
    facts: factsText(ask?.because ?? null),
  };
}

/** `null`: it cannot be read, so there is none. */
function toEntry(row: CacheEntryTable): CacheEntry | null {
  const { json, artifacts, parts } = row;
  const isWhole =
    isReadable('cache_entry.json', json) &&
    isReadable('cache_entry.artifacts', artifacts) &&
    isReadable('cache_entry.parts', parts);
  if (!isWhole) return null;
  const hasOutput = row.json !== null || row.sha256 !== null;
  const output: StoredOutput | null = hasOutput ? toOutput(row) : null;
  return {
    key: row.key,
    dagId: row.dag_id,
    instance: row.instance,
    runUid: row.run_uid,
    at: row.at,
    expiresAt: row.expires_at,
    output,
    artifacts: readText<readonly ArtifactRef[]>('cache_entry.artifacts', row.artifacts) ?? [],
    parts: readText('cache_entry.parts', row.parts),
  };
}

/** The entries of some keys, by key. */
export async function readCacheEntries(
  db: Kysely<Database>,
  keys: readonly string[],
): Promise<ReadonlyMap<string, CacheEntry>> {
  const found = new Map<string, CacheEntry>();
  for (let from = 0; from < keys.length; from += KEYS_MAX) {
    const some = keys.slice(from, from + KEYS_MAX);
    const rows = await db.selectFrom('cache_entry').selectAll().where('key', 'in', some).execute();
    for (const entry of rows.map(toEntry)) if (entry !== null) found.set(entry.key, entry);
  }
  return found;
}

/** The newest entry of an instance of a DAG; `null` if there is none. */
export async function readNewestCacheEntry(
  db: Kysely<Database>,
  dagId: string,
  instance: string,
): Promise<CacheEntry | null> {
  const row = await db
    .selectFrom('cache_entry')
    .selectAll()
    .where('dag_id', '=', dagId)
    .where('instance', '=', instance)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toEntry(row);
}

/** What was asked of the cache for the instances of a run, by node. */
export async function readCacheAsks(
  db: Kysely<Database>,
  runNo: RunNo,
): Promise<ReadonlyMap<NodeNo, CacheAsk>> {
  const rows = await db
    .selectFrom('task_cache')
    .selectAll()
    .where('run_no', '=', runNo)
    .where('version_no', 'is not', null)
    .execute();
  return new Map(
    rows.map(({ node_no, version_no, key, parts, because: code, facts }): [NodeNo, CacheAsk] => [
      node_no as NodeNo,
      {
        versionNo: version_no as VersionNo,
        key,
        parts: readText<CacheParts>('task_cache.parts', parts ?? '{}'),
        because: becauseOf(code, facts) ?? because('none'),
      },
    ]),
  );
}

/** Which entries of the cache may go. */
export interface CachePolicy {
  /** Those whose time was over before this instant. */
  readonly expiredBefore: number;
  /** Those that were made before this instant; `null`: none of these. */
  readonly madeBefore: number | null;
}

/** Deletes entries, a thousand at most; how many are gone. */
export function* purgeCacheScript(
  db: Kysely<Database>,
  fence: Fence,
  { expiredBefore, madeBefore }: CachePolicy,
): Script<number> {
  yield* fenceScript(db, fence);
  const old = yield* rowsOf(
    db
      .selectFrom('cache_entry')
      .select('key')
      .where((row) => row.or([row('expires_at', '<', expiredBefore), row('at', '<', madeBefore ?? 0)]))
      .limit(PURGED_MAX),
  );
  const keys = old.map(({ key }) => key);
  if (keys.length > 0) yield db.deleteFrom('cache_entry').where('key', 'in', keys);
  return keys.length;
}

/** The hashes of the files that entries of the cache name. */
export async function filesOfCache(db: Kysely<Database>): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('cache_entry')
    .select(['sha256', 'artifacts'])
    .where((row) => row.or([row('sha256', 'is not', null), row('artifacts', 'is not', null)]))
    .execute();
  return rows.flatMap(({ sha256, artifacts }) => [
    ...(sha256 === null ? [] : [sha256]),
    ...(readText<readonly ArtifactRef[]>('cache_entry.artifacts', artifacts) ?? []).map((one) => one.sha256),
  ]);
}
