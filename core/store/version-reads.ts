import { type Kysely, sql } from 'kysely';
import type { CacheAsk, CacheEntry } from '../model/cache.ts';
import type { NodeNo, RunNo, VersionNo } from '../model/ids.ts';
import { AssetReads } from './asset-reads.ts';
import { readCacheAsks, readCacheEntries, readNewestCacheEntry } from './cache.ts';
import { type DeclaredFilter, type DeclaredRecord, readDeclared, readPausedDags } from './dag-reads.ts';
import { type PinRecord, readPins } from './pins.ts';
import { toVersion } from './records.ts';
import type { VersionRecord } from './store.ts';
import type { Database } from './tables.ts';

/** What the store can tell of instances besides their rows, of the cache, of DAGs and versions. */
export class VersionReads extends AssetReads {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    super(db);
    this.#db = db;
  }

  cacheEntries(keys: readonly string[]): Promise<ReadonlyMap<string, CacheEntry>> {
    return readCacheEntries(this.#db, keys);
  }

  newestCacheEntry(dagId: string, instance: string): Promise<CacheEntry | null> {
    return readNewestCacheEntry(this.#db, dagId, instance);
  }

  cacheAsks(runNo: RunNo): Promise<ReadonlyMap<NodeNo, CacheAsk>> {
    return readCacheAsks(this.#db, runNo);
  }

  declaredDags(which: DeclaredFilter): Promise<readonly DeclaredRecord[]> {
    return readDeclared(this.#db, which);
  }

  pausedDags(): Promise<readonly string[]> {
    return readPausedDags(this.#db);
  }

  pins(dagIds?: readonly string[]): Promise<readonly PinRecord[]> {
    return readPins(this.#db, dagIds);
  }

  async versionsOf(dagId: string, limit: number, before?: VersionNo): Promise<readonly VersionRecord[]> {
    // The sum keeps away the index by number alone, which has those of all DAGs.
    const no = sql<number>`version_no + 0`;
    const all = this.#db.selectFrom('dag_version').selectAll().where('dag_id', '=', dagId);
    const some = before === undefined ? all : all.where(no, '<', before);
    return (await some.orderBy(no, 'desc').limit(limit).execute()).map(toVersion);
  }
}
