import { describe, expect, test } from 'vitest';
import type { ValueRecord } from '../../../core/model/variable.ts';
import type { Store } from '../../../core/store/store.ts';
import { databases } from './databases.ts';
import { useLedStore } from './led-store.ts';

const A: ValueRecord = {
  ...{ of: 'variable', name: 'a', kind: 'secret', keyId: 'k1', sealed: 's1' },
  ...{ revision: 'r1', changedAt: 5, changedBy: 'ann' },
};

describe.each(databases)('variables and connections, on $name', ({ newPlace }) => {
  let store: Store;
  useLedStore(newPlace, (led) => {
    store = led.store;
  });

  test('are kept, listed by name, changed and deleted, each kind for itself', async () => {
    const { variables, connections } = store;
    const b = { ...A, name: 'B' };
    const c = { ...A, of: 'connection', kind: 'http' } as const;
    expect([await variables.add(A), await variables.add({ ...A, sealed: 's2' })]).toEqual([true, false]);
    await variables.save(b);
    await connections.save(c);
    expect(await variables.all()).toEqual([b, A]);
    expect([await variables.page(null, 1), await variables.page('B', 9)]).toEqual([[b], [A]]);
    expect(await connections.one('a')).toEqual(c);
    expect(await variables.some(['a', 'none'])).toEqual([A]);
    await variables.save({ ...A, sealed: 's3', kind: 'plain' });
    expect(await variables.one('a')).toEqual({ ...A, sealed: 's3', kind: 'plain' });
    expect([await variables.remove('a'), await variables.remove('a')]).toEqual([true, false]);
    expect(await connections.all()).toEqual([c]);
  });

  test('are encrypted anew unless they were changed meanwhile', async () => {
    const { variables } = store;
    await variables.save(A);
    const again = { ...A, keyId: 'k2', sealed: 's2' };
    expect(await variables.reseal(A, again)).toBe(true);
    expect(await variables.one('a')).toEqual({ ...A, keyId: 'k2', sealed: 's2' });
    expect(await variables.reseal(A, { ...again, sealed: 's9' })).toBe(false);
    expect((await variables.one('a'))?.sealed).toBe('s2');
  });
});
