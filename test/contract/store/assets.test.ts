import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import type { AssetEvent, FileArrival } from '../../../core/model/asset.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, dagChange, type Leader, queued, runNo, succeeded, T0, uidOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const CANDLES = 'duckdb://market/candles';
const SIGNALS = 's3://research/signals';

const produced = (eventNo: number, uri: string, run = 1, tryNo = 1): AssetEvent => ({
  eventNo,
  uri,
  at: T0 + eventNo,
  producer: { runNo: runNo(run), runUid: uidOf(run), dagId: 'prices', nodeNo: 0, tryNo, task: 'extract' },
  reported: null,
  extra: null,
});
const reported = (eventNo: number, uri: string, requestNo: number): AssetEvent => ({
  eventNo,
  uri,
  at: T0 + eventNo,
  producer: null,
  reported: { by: 'ann', requestNo },
  extra: { rows: 3, deep: ['é'] },
});
const event = (one: AssetEvent): Action => ({ type: 'asset.event', event: one });
const take = (from: number, to: number): Action => ({
  type: 'asset.take',
  dagId: 'prices',
  from,
  to,
  code: null,
  facts: null,
});
const FILE: FileArrival = {
  dagId: 'prices',
  path: 'inbox/a é.csv',
  bytes: 12,
  modifiedAt: T0,
  arrivedAt: T0 + 1,
};
const takeFile = (file: Partial<FileArrival>, run: number | null): Action => ({
  type: 'file.take',
  file: { ...FILE, ...file },
  decidedAt: T0 + 2,
  runNo: run === null ? null : runNo(run),
  code: 'file_arrived',
  facts: null,
});
const STALE_DAG = { ok: false, why: 'stale', dags: ['prices'] };

describe.each(databases)('assets on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('keep their events with the success that made them', async () => {
    expect(await store.lastEventNo()).toBe(0);
    await leader.tick(create(1, { state: 'running' }), queued(1, 0));
    const [first, second] = [produced(1, CANDLES), produced(2, SIGNALS)];
    await leader.tick(event(first), event(second), succeeded(1, 0));
    await leader.tick(event(reported(3, CANDLES, 7)));
    expect(await store.assets()).toEqual([
      { uri: CANDLES, firstAt: T0 + 1, events: 2, last: reported(3, CANDLES, 7) },
      { uri: SIGNALS, firstAt: T0 + 2, events: 1, last: second },
    ]);
    const both = { uris: [SIGNALS, CANDLES, 'x:none'], limit: 9 };
    expect(await store.assetEvents({ ...both, afterNo: 0 })).toEqual([
      first,
      second,
      reported(3, CANDLES, 7),
    ]);
    expect(await store.assetEvents({ ...both, afterNo: 2 })).toEqual([reported(3, CANDLES, 7)]);
    expect(await store.assetEvents({ uris: [CANDLES], afterNo: 0, limit: 1 })).toHaveLength(1);
    expect(await store.lastEventNo()).toBe(3);
    const codes = (await store.journal({})).map(({ because }) => because.code);
    expect(codes.filter((code) => code === 'asset_reported')).toHaveLength(1);
  });

  it('have several events of one asset in one tick', async () => {
    await leader.tick(event(reported(1, CANDLES, 1)), event(reported(2, CANDLES, 2)));
    expect(await store.assets()).toMatchObject([{ uri: CANDLES, events: 2, last: { eventNo: 2 } }]);
  });

  it('have no second event for one success or one request', async () => {
    await leader.tick(create(1, { state: 'running' }), queued(1, 0));
    await leader.tick(event(produced(1, CANDLES)), event(reported(2, SIGNALS, 7)));
    expect(await leader.try(event(produced(3, CANDLES)))).toMatchObject({ why: 'stale', runs: [1] });
    expect(await leader.try(event(reported(3, CANDLES, 7)))).toMatchObject({ why: 'stale', requests: [7] });
    expect(await leader.try(event(produced(1, SIGNALS)))).toMatchObject({ why: 'stale', runs: [1] });
    await leader.tick(event(produced(3, CANDLES, 1, 2)));
    expect((await store.assets()).map(({ events }) => events)).toEqual([2, 1]);
  });

  it('are decided for a DAG from what is expected only', async () => {
    expect(await store.dag('prices')).toMatchObject({ eventNo: 0 });
    await leader.tick(take(0, 5), dagChange({ sinceAt: T0, cursorAt: T0 }));
    expect(await store.dag('prices')).toMatchObject({ eventNo: 5, cursorAt: T0 });
    expect(await leader.try(take(0, 6))).toMatchObject(STALE_DAG);
    expect(await leader.try(take(4, 6), create(2))).toMatchObject(STALE_DAG);
    expect(await store.run(runNo(2))).toBeNull();
    await leader.tick(take(5, 6), take(6, 9));
    expect(await store.dags()).toMatchObject([{ dagId: 'prices', eventNo: 9 }]);
  });

  it('name what made a run', async () => {
    const cause = { events: [reported(1, CANDLES, 7)], file: null };
    await leader.tick(create(1, { trigger: 'asset', cause }), take(0, 1));
    expect((await store.run(runNo(1)))?.cause).toEqual(cause);
    expect((await store.loadRun(runNo(1)))?.run.cause).toEqual(cause);
    await leader.tick(create(2));
    expect(await store.run(runNo(2))).not.toHaveProperty('cause');
  });

  it('files: an arrival is decided once; another size or time of change is another arrival', async () => {
    await leader.tick(create(1, { trigger: 'asset' }), takeFile({}, 1));
    expect(await store.decidedFiles('prices')).toEqual([{ path: FILE.path, bytes: 12, modifiedAt: T0 }]);
    expect(await leader.try(create(2), takeFile({}, 2))).toMatchObject(STALE_DAG);
    expect(await store.run(runNo(2))).toBeNull();
    await leader.tick(takeFile({ bytes: 13 }, null), takeFile({ path: 'inbox/b.csv' }, null));
    await leader.tick(takeFile({ bytes: 13, modifiedAt: T0 + 1 }, null));
    expect(await store.decidedFiles('prices')).toEqual([
      { path: FILE.path, bytes: 13, modifiedAt: T0 + 1 },
      { path: 'inbox/b.csv', bytes: 12, modifiedAt: T0 },
    ]);
    expect(await store.decidedFiles('other')).toEqual([]);
  });
});
