import { describe, expect, it } from 'vitest';
import type { Action } from '../../../core/model/action.ts';
import { because } from '../../../core/model/because.ts';
import type { CacheAsk, CacheEntry } from '../../../core/model/cache.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, nodeNo, queued, runNo, succeeded, T0, uidOf, versionOf } from './fixture.ts';
import { useLedStore } from './led-store.ts';

const HASH = 'a'.repeat(64);
const entry = (key: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
  key,
  dagId: 'prices',
  instance: 'symbol[BTC].clean',
  runUid: uidOf(1),
  at: T0,
  expiresAt: null,
  output: { json: '{"é":1}' },
  artifacts: [],
  parts: { code: 'c', 'input raw': 'r' },
  ...more,
});
const put = (one: CacheEntry): Action => ({ type: 'cache.put', entry: one });
const asked = (node: number, ask: CacheAsk | null): Action => ({
  type: 'cache.ask',
  runNo: runNo(1),
  nodeNo: nodeNo(node),
  ask,
});
const ASK: CacheAsk = {
  versionNo: 1 as VersionNo,
  key: 'k1',
  parts: { code: 'c' },
  because: because('cache_changed', { run: 'r', changed: 'code' }),
};

describe.each(databases)('the cache on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('gives entries as they were put, by key; the last one of a key counts', async () => {
    const file = { sha256: HASH, bytes: 300_000 };
    const chart = { name: 'chart', bytes: 9, mediaType: 'text/html', sha256: 'b'.repeat(64) };
    const entries = [
      entry('k1'),
      entry('k2', { output: file, artifacts: [chart], expiresAt: T0 + 5, at: T0 + 1 }),
      entry('k3', { output: null, instance: 'other' }),
    ];
    await leader.tick(...entries.map(put));
    const found = await store.cacheEntries(['k1', 'k2', 'k3', 'k4']);
    expect([...found.values()].sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(entries);
    await leader.tick(put(entry('k1', { runUid: uidOf(2), at: T0 + 2 })), put(entry('k1', { at: T0 + 9 })));
    expect((await store.cacheEntries(['k1'])).get('k1')).toEqual(entry('k1', { at: T0 + 9 }));
    expect(await store.cacheEntries([])).toEqual(new Map());
  });

  it('finds the newest entry of an instance', async () => {
    await leader.tick(put(entry('k1', { at: T0 + 1 })), put(entry('k2', { at: T0 + 2 })));
    await leader.tick(put(entry('k3', { at: T0 + 3, dagId: 'other' })));
    expect((await store.newestCacheEntry('prices', 'symbol[BTC].clean'))?.key).toBe('k2');
    expect(await store.newestCacheEntry('prices', 'symbol[ETH].clean')).toBeNull();
  });

  it('comes with the success, or not at all', async () => {
    await leader.tick(create(1), queued(1, 0));
    const stale = await leader.try(put(entry('k1')), succeeded(1, 0, { fromTry: 7 }));
    expect(stale).toMatchObject({ ok: false, why: 'stale' });
    expect(await store.cacheEntries(['k1'])).toEqual(new Map());
    await leader.tick(put(entry('k1')), succeeded(1, 0));
    expect((await store.cacheEntries(['k1'])).size).toBe(1);
  });

  it('keeps what was asked with the run, until it is forgotten', async () => {
    await leader.tick(create(1), asked(0, ASK), asked(1, ASK));
    await leader.tick(asked(1, null), asked(2, { ...ASK, key: null, parts: {} }));
    const left = new Map([
      [0, ASK],
      [2, { ...ASK, key: null, parts: {} }],
    ]);
    expect(await store.cacheAsks(runNo(1))).toEqual(left);
    expect((await store.loadRun(runNo(1)))?.asks).toEqual(left);
    await leader.tick(asked(0, { ...ASK, key: 'k9' }));
    expect((await store.cacheAsks(runNo(1))).get(nodeNo(0))?.key).toBe('k9');
  });

  it('knows the runs that take nothing from it', async () => {
    await leader.tick(create(1, { noCache: true }), create(2));
    expect((await store.run(runNo(1)))?.noCache).toBe(true);
    expect(await store.run(runNo(2))).not.toHaveProperty('noCache');
  });

  it('lets go what is over or old, and keeps the files of the rest', async () => {
    const file = { sha256: HASH, bytes: 3 };
    const chart = { name: 'chart', bytes: 9, mediaType: 'text/html', sha256: 'b'.repeat(64) };
    await leader.tick(
      put(entry('over', { expiresAt: T0 + 5 })),
      put(entry('lasting', { expiresAt: T0 + 50, output: file, artifacts: [chart], at: T0 + 9 })),
      put(entry('old', { at: T0 - 1 })),
    );
    expect(await store.filesInUse()).toEqual(new Set([HASH, chart.sha256]));
    expect(await store.purgeCache(leader.lease, { expiredBefore: T0 + 6, madeBefore: null })).toBe(1);
    expect(await store.purgeCache(leader.lease, { expiredBefore: T0 + 6, madeBefore: T0 })).toBe(1);
    expect([...(await store.cacheEntries(['over', 'lasting', 'old'])).keys()]).toEqual(['lasting']);
    expect(await store.purgeCache(leader.lease, { expiredBefore: T0 + 60, madeBefore: null })).toBe(1);
    expect(await store.filesInUse()).toEqual(new Set());
  });
});

describe.each(databases)('a pinned DAG on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;
  const [one, two, three] = [1, 2, 3] as VersionNo[];
  const save = (hash: string) => store.saveVersion(leader.lease, versionOf('prices', hash));
  const pin = (versionNo: VersionNo | null | undefined, held = false) =>
    store.pinVersion(leader.lease, {
      dagId: 'prices',
      versionNo: versionNo ?? null,
      held,
      at: T0,
      by: 'ann',
    });

  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('has the old version as long as its file declares the same, and the new one after that', async () => {
    expect(await save('g2')).toBe(two);
    expect(await pin(one)).toBe(one);
    expect(await store.pins()).toEqual([
      { dagId: 'prices', versionNo: one, declaredNo: two, held: false, at: T0, by: 'ann' },
    ]);
    expect((await store.dag('prices'))?.versionNo).toBe(one);
    expect(await save('g2')).toBe(one);
    expect((await store.dag('prices'))?.versionNo).toBe(one);
    expect(await save('g3')).toBe(three);
    expect(await store.pins()).toEqual([]);
    expect(await save('g3')).toBe(three);
    expect((await store.versionsOf('prices', 2)).map(({ versionNo }) => versionNo)).toEqual([three, two]);
  });

  it('can be pinned elsewhere, and ends where its file is', async () => {
    await save('g2');
    await save('g3');
    await pin(two);
    expect(await pin(one)).toBe(one);
    expect((await store.pins())[0]).toMatchObject({ versionNo: one, declaredNo: three });
    expect(await pin(null)).toBe(three);
    expect(await store.pins()).toEqual([]);
    expect(await pin(three)).toBe(three);
    expect(await store.pins()).toEqual([]);
    expect((await store.dag('prices'))?.versionNo).toBe(three);
  });

  it('is held over changes of its file, until that declares the same', async () => {
    await save('g2');
    await pin(one, true);
    expect(await save('g3')).toBe(one);
    expect((await store.pins())[0]).toMatchObject({ versionNo: one, declaredNo: three, held: true });
    expect((await store.dag('prices'))?.versionNo).toBe(one);
    expect(await save('g1')).toBe(one);
    expect(await store.pins()).toEqual([]);
  });

  it('is refused where there is no such DAG, and to whom does not lead', async () => {
    const plan = { dagId: 'none', versionNo: one ?? null, held: false, at: T0, by: 'ann' };
    await expect(store.pinVersion(leader.lease, plan)).rejects.toMatchObject({ code: 'not_found' });
    const gone = { ...leader.lease, epoch: leader.lease.epoch - 1 };
    await expect(store.pinVersion(gone, { ...plan, dagId: 'prices' })).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
