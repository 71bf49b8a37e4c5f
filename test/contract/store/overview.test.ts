import { describe, expect, it } from 'vitest';
import { S } from '../../../core/model/states.ts';
import { toExpansion } from '../../../core/store/records.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { create, type Leader, nodeNo, queued, runNo, succeeded } from './fixture.ts';
import { useLedStore } from './led-store.ts';

describe.each(databases)('reads over many runs on $name', ({ newPlace }) => {
  let store: Store;
  let leader: Leader;
  useLedStore(newPlace, (led) => {
    ({ store, leader } = led);
  });

  it('counts the instances in ranges of nodes by the template that they stand for', async () => {
    const nodes = [0, 1, 10, 11, 12, 13, 14, 15];
    await leader.tick(create(1), create(2), ...nodes.map((node) => queued(1, node)), queued(2, 1));
    await leader.tick(succeeded(1, 1), succeeded(1, 11), succeeded(1, 15));
    const range = (run: number, from: number, to: number, first: number, size: number) => ({
      ...{ runNo: runNo(run), from, to, first, size },
      isWanted: true,
    });
    const found = await store.overview.stateCounts([
      range(1, 0, 2, 0, 2),
      range(1, 10, 16, 7, 2),
      range(2, 0, 2, 0, 2),
    ]);
    const line = (one: (typeof found)[number]) => [one.runNo, one.template, one.state, one.instances];
    expect(found.map(line).toSorted()).toEqual([
      [1, 0, S.queued, 1],
      [1, 1, S.success, 1],
      [1, 7, S.queued, 3],
      [1, 8, S.queued, 1],
      [1, 8, S.success, 2],
      [2, 1, S.queued, 1],
    ]);
    expect(await store.overview.stateCounts([])).toEqual([]);
  });

  it('reads the keys of some runs', async () => {
    const expansion = (run: number, base: number, keys: string[]) => ({
      ...{ runNo: runNo(run), base: nodeNo(base), fanOut: 0, parentBase: nodeNo(0), keys },
      items: keys.map((key) => ({ key })),
      gone: [0],
    });
    const expand = (run: number, base: number, keys: string[]) =>
      ({ type: 'expand', expansion: expansion(run, base, keys), keys: keys.length }) as const;
    await leader.tick(create(1), create(2), create(3), expand(1, 10, ['A']), expand(2, 10, ['B', 'C']));
    await leader.tick(expand(2, 20, ['D']));
    const keys = await store.overview.keys([1, 2].map(runNo));
    expect([...keys.keys()]).toEqual([1, 2]);
    const parsed = keys.get(runNo(2))?.map((row) => toExpansion({ ...row, items: null }));
    expect(parsed).toEqual([
      { ...expansion(2, 10, ['B', 'C']), items: null },
      { ...expansion(2, 20, ['D']), items: null },
    ]);
    expect(await store.overview.keys([])).toEqual(new Map());
  });
});
