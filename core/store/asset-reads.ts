import type { Kysely } from 'kysely';
import type { AssetEvent } from '../model/asset.ts';
import {
  type AssetEventFilter,
  type AssetRecord,
  type DecidedFile,
  readAssetEvents,
  readAssets,
  readDecidedFiles,
  readLastEventNo,
} from './assets.ts';
import type { Database } from './tables.ts';

/** What the store can tell of assets and files, the same on both databases. */
export class AssetReads {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  assets(afterUri?: string, limit?: number): Promise<readonly AssetRecord[]> {
    return readAssets(this.#db, afterUri, limit);
  }

  assetEvents(filter: AssetEventFilter): Promise<readonly AssetEvent[]> {
    return readAssetEvents(this.#db, filter);
  }

  lastEventNo(): Promise<number> {
    return readLastEventNo(this.#db);
  }

  decidedFiles(dagId: string): Promise<readonly DecidedFile[]> {
    return readDecidedFiles(this.#db, dagId);
  }
}
