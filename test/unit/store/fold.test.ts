import { describe, expect, it } from 'vitest';
import { S } from '../../../core/model/states.ts';
import { numberArray, textArray } from '../../../core/store/postgres/arrays.ts';
import { parseInt8 } from '../../../core/store/postgres/connection.ts';
import { foldTick } from '../../../core/store/postgres/fold.ts';
import { create, queued, succeeded } from '../../contract/store/fixture.ts';

describe('folding a tick', () => {
  it('makes one row of all changes of an instance, and keeps a line for each', () => {
    const folded = foldTick([
      queued(1, 1),
      succeeded(1, 1, { to: S.running, endedAt: null }),
      succeeded(1, 1, { from: S.running }),
    ]);
    expect(folded.fresh).toMatchObject([{ nodeNo: 1, to: S.success }]);
    expect(folded.changes).toEqual([]);
    expect(folded.lines).toHaveLength(3);
    expect(folded.misses.runs.size).toBe(0);
  });

  it('expects of the store what the first change expects', () => {
    const [change] = foldTick([
      succeeded(1, 1, { to: S.running, endedAt: null }),
      succeeded(1, 1, { from: S.running }),
    ]).changes;
    expect(change?.first.from).toBe(S.queued);
    expect(change?.last.to).toBe(S.success);
  });

  it.each([
    ['a state that the change before did not leave', [queued(1, 1), succeeded(1, 1, { from: S.running })]],
    ['an attempt that the change before did not leave', [queued(1, 1), succeeded(1, 1, { fromTry: 2 })]],
    ['no row after one was made', [queued(1, 1), queued(1, 1)]],
    ['a run twice', [create(1), create(1)]],
  ])('calls a tick stale that expects %s', (_what, actions) => {
    expect([...foldTick(actions).misses.runs]).toEqual([1]);
  });

  it('keeps stored attempts from the store, passing ones from memory, none twice', () => {
    const reset = { to: S.none, endedAt: null };
    const folded = foldTick([
      succeeded(1, 1, { from: S.failed, ...reset }),
      queued(1, 1, { fresh: false, from: S.none, fromTry: 1, tryNo: 2 }),
      succeeded(1, 1, { fromTry: 2, tryNo: 2, to: S.up_for_retry }),
      queued(1, 1, { fresh: false, from: S.up_for_retry, fromTry: 2, tryNo: 3 }),
    ]);
    expect(folded.keep).toMatchObject([{ fromTry: 1 }]);
    expect(folded.attempts).toMatchObject([{ tryNo: 2, to: S.up_for_retry }]);
  });
});

describe('values for PostgreSQL', () => {
  it('quotes texts of an array', () => {
    expect(textArray([])).toBe('{}');
    expect(textArray(['a', null, 'NULL', '', 'x"y\\z', '{,}'])).toBe(
      '{"a",NULL,"NULL","","x\\"y\\\\z","{,}"}',
    );
    expect(numberArray([1, null, -2.5])).toBe('{1,NULL,-2.5}');
  });

  it('reads 64-bit integers that a number can hold, and no others', () => {
    expect(parseInt8('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => parseInt8('9007199254740993')).toThrow('too large');
  });
});
