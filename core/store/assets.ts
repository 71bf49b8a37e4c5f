import { type Kysely, sql } from 'kysely';
import type { AssetEvent } from '../model/asset.ts';
import type { RunNo } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import { readText } from './stored-text.ts';
import type { AssetEventTable, Database } from './tables.ts';

/** An asset of which there was an event. */
export interface AssetRecord {
  readonly uri: string;
  readonly firstAt: number;
  readonly events: number;
  readonly last: AssetEvent;
}

/** A file as it was when it was last decided about. */
export interface DecidedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: number;
}

/** Which events of assets are wanted. */
export interface AssetEventFilter {
  readonly uris: Iterable<string>;
  /** Events with a greater number only. */
  readonly afterNo: number;
  /** Of each asset, at most so many. */
  readonly limit: number;
  /** Which of an asset that has more; absent: the newest. */
  readonly first?: 'oldest' | 'newest';
}

/** An event as its row, in the order of the columns. */
export function eventRow(event: AssetEvent): AssetEventTable {
  const { producer, reported, extra } = event;
  return {
    event_no: event.eventNo,
    uri: event.uri,
    at: event.at,
    run_no: producer?.runNo ?? null,
    node_no: producer?.nodeNo ?? null,
    try_no: producer?.tryNo ?? null,
    run_uid: producer?.runUid ?? null,
    dag_id: producer?.dagId ?? null,
    task: producer?.task ?? null,
    reported_by: reported?.by ?? null,
    request_no: reported?.requestNo ?? null,
    extra: extra === null ? null : JSON.stringify(extra),
  };
}

function toEvent(row: AssetEventTable): AssetEvent {
  const producer =
    row.run_no === null
      ? null
      : {
          runNo: row.run_no as RunNo,
          runUid: row.run_uid ?? '',
          dagId: row.dag_id ?? '',
          nodeNo: row.node_no ?? 0,
          tryNo: row.try_no ?? 0,
          task: row.task ?? '',
        };
  const reported = row.request_no === null ? null : { by: row.reported_by ?? '', requestNo: row.request_no };
  const extra = readText<JsonObject>('asset_event.extra', row.extra);
  return { eventNo: row.event_no, uri: row.uri, at: row.at, producer, reported, extra };
}

/** The assets of which there was an event, by their URIs: all after one, or at most so many. */
export async function readAssets(
  db: Kysely<Database>,
  afterUri = '',
  limit?: number,
): Promise<readonly AssetRecord[]> {
  const all = db
    .selectFrom('asset')
    .innerJoin('asset_event', 'asset_event.event_no', 'asset.last_no')
    .selectAll('asset_event')
    .select(['asset.first_at', 'asset.events'])
    .where('asset.uri', '>', afterUri)
    .orderBy('asset.uri');
  const rows = await (limit === undefined ? all : all.limit(limit)).execute();
  return rows.map((row) => ({
    uri: row.uri,
    firstAt: row.first_at,
    events: row.events,
    last: toEvent(row),
  }));
}

/** Events of some assets, oldest first. */
export async function readAssetEvents(
  db: Kysely<Database>,
  { uris, afterNo, limit, first = 'newest' }: AssetEventFilter,
): Promise<readonly AssetEvent[]> {
  const events: AssetEvent[] = [];
  for (const uri of uris) {
    const rows = await db
      .selectFrom('asset_event')
      .selectAll()
      .where('uri', '=', uri)
      .where('event_no', '>', afterNo)
      .orderBy('event_no', first === 'oldest' ? 'asc' : 'desc')
      .limit(limit)
      .execute();
    events.push(...rows.map(toEvent));
  }
  return events.sort((a, b) => a.eventNo - b.eventNo);
}

/** The number of the last event; 0 before the first. */
export async function readLastEventNo(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('asset_event')
    .select(sql<number | null>`max(event_no)`.as('last'))
    .executeTakeFirst();
  return Number(row?.last ?? 0);
}

/** The files about which a DAG has decided, as they were then. */
export async function readDecidedFiles(db: Kysely<Database>, dagId: string): Promise<readonly DecidedFile[]> {
  const rows = await db
    .selectFrom('file_arrival')
    .select(['path', 'bytes', 'modified_at'])
    .where('dag_id', '=', dagId)
    .execute();
  return rows.map((row) => ({ path: row.path, bytes: row.bytes, modifiedAt: row.modified_at }));
}
