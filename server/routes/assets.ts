import { type Static, Type } from 'typebox';
import { ASSET_URI_MAX, ASSET_URI_PATTERN, type AssetEvent } from '../../core/model/asset.ts';
import type { JsonObject } from '../../core/model/json.ts';
import { askLeader } from '../ask-leader.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { API, type Route, route } from '../route.ts';
import { AnyObject, exact, Instant, limitOf, named, orNull, PAGING, pageOf } from '../schemas/words.ts';
import { instant } from '../views.ts';

const tag = 'assets';
const Uri = Type.String({ pattern: ASSET_URI_PATTERN, maxLength: ASSET_URI_MAX, description: 'of an asset' });

const Event = named(
  'AssetEvent',
  exact({
    eventId: Type.String(),
    uri: Uri,
    at: Instant,
    producer: orNull(
      exact({
        runId: Type.String(),
        dagId: Type.String(),
        task: Type.String({ description: 'the task instance' }),
        attempt: Type.Integer(),
      }),
    ),
    reportedBy: orNull(Type.String({ description: 'who reported it from outside' })),
    extra: orNull(AnyObject),
  }),
);

const Asset = named('Asset', exact({ uri: Uri, firstAt: Instant, events: Type.Integer(), last: Event }));

function eventView({ eventNo, uri, at, producer, reported, extra }: AssetEvent): Static<typeof Event> {
  const who =
    producer === null
      ? null
      : {
          runId: producer.runUid,
          dagId: producer.dagId,
          task: producer.task,
          attempt: producer.tryNo,
        };
  return {
    eventId: String(eventNo),
    uri,
    at: instant(at),
    producer: who,
    reportedBy: reported?.by ?? null,
    extra: extra === null ? null : { ...extra },
  };
}

const list = route('get', `${API}/assets`, {
  id: 'listAssets',
  tag,
  summary: 'Assets of which there was an event, by their URIs',
  role: 'viewer',
  query: PAGING,
  answer: pageOf('AssetPage', Asset),
  handle: async ({ store }, { query, access }) => {
    access.requireGlobal();
    const after = readCursor(query.cursor, ['string'])?.[0] ?? '';
    const limit = limitOf(query);
    const found = await store.assets(after, limit + 1);
    const items = found.slice(0, limit).map(({ uri, firstAt, events, last }) => ({
      uri,
      firstAt: instant(firstAt),
      events,
      last: eventView(last),
    }));
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.uri]) : null };
  },
});

const events = route('get', `${API}/assets/events`, {
  id: 'listAssetEvents',
  tag,
  summary: 'Events of an asset, oldest first',
  role: 'viewer',
  query: { uri: Uri, limit: PAGING.limit, cursor: PAGING.cursor },
  answer: pageOf('AssetEventPage', Event),
  handle: async ({ store }, { query, access }) => {
    access.requireGlobal();
    const afterNo = readCursor(query.cursor, ['no'])?.[0] ?? 0;
    const limit = limitOf(query);
    const wanted = { uris: [query.uri], afterNo, limit: limit + 1 };
    const found = await store.assetEvents({ ...wanted, first: 'oldest' });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const nextCursor = found.length > limit && last ? writeCursor([last.eventNo]) : null;
    return { items: page.map(eventView), nextCursor };
  },
});

const report = route('post', `${API}/assets/events`, {
  id: 'reportAssetEvent',
  tag,
  summary: 'Says that an asset has changed outside of orch',
  role: 'operator',
  body: exact({ uri: Uri, extra: Type.Optional(AnyObject) }),
  answer: exact({ eventId: orNull(Type.String()) }),
  status: 201,
  handle: async (services, { body, access }) => {
    access.requireGlobal();
    const value = await askLeader(services, {
      type: 'assetEvent',
      uri: body.uri,
      extra: (body.extra as JsonObject | undefined) ?? null,
      by: access.principal.name,
    });
    const { eventNo } = value as { eventNo?: number };
    return { eventId: eventNo === undefined ? null : String(eventNo) };
  },
});

/** Assets and their events. */
export const assetRoutes: readonly Route[] = [list, events, report];
