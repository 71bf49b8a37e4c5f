import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../../../core/model/json.ts';
import { cacheKey, changedParts, digestOf, valueDigest } from '../../../core/scheduler/cache-key.ts';

const parts = fc.dictionary(fc.string(), fc.string(), { minKeys: 1, maxKeys: 8 });
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

/** The same value, its keys in another order. */
function turned(value: Json): Json {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as { readonly [key: string]: Json }).reverse();
  return Object.fromEntries(entries.map(([key, one]) => [key, turned(one)]));
}

test('equal parts give equal keys, in whatever order they come', () => {
  fc.assert(
    fc.property(parts, (one) => {
      const other = Object.fromEntries(Object.entries(one).reverse());
      expect(cacheKey(other)).toBe(cacheKey(one));
    }),
  );
});

test('any single change of a part, or of its name, gives another key', () => {
  fc.assert(
    fc.property(parts, fc.nat(), fc.string(), (one, at, text) => {
      const names = Object.keys(one);
      const name = names[at % names.length] as string;
      const before = cacheKey(one);
      fc.pre(text !== one[name]);
      expect(cacheKey({ ...one, [name]: text })).not.toBe(before);
      const { [name]: value, ...rest } = one;
      expect(cacheKey(rest)).not.toBe(before);
      fc.pre(!Object.hasOwn(rest, text) && text !== name && text !== '__proto__');
      expect(cacheKey({ ...rest, [text]: value ?? '' })).not.toBe(before);
    }),
  );
});

test('values that are equal have one digest, and values that differ have two', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      expect(valueDigest(turned(one))).toBe(valueDigest(one));
      const isSame = JSON.stringify(sortedText(one)) === JSON.stringify(sortedText(other));
      expect(valueDigest(one) === valueDigest(other)).toBe(isSame);
    }),
  );
});

/** A value written so that equal values have equal texts, without what is tested. */
function sortedText(value: Json): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sortedText)];
  if (typeof value !== 'object' || value === null) return ['value', value];
  const entries = Object.entries(value as { readonly [key: string]: Json });
  return [
    'map',
    ...entries
      .map(([key, one]) => [key, sortedText(one)])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1)),
  ];
}

test.each<[Json, Json]>([
  [{}, []],
  [{}, ['{}']],
  [{ a: 1 }, ['{}', ['a', 1]]],
  [null, 'null'],
  [1, '1'],
])('%j is not taken for %j', (one, other) => {
  expect(valueDigest(one)).not.toBe(valueDigest(other));
});

test('a key holds no value, only digests', () => {
  expect(cacheKey({ 'env TOKEN': digestOf('hunter2') })).toMatch(/^[0-9a-f]{64}$/);
  expect(digestOf('hunter2')).not.toContain('hunter2');
});

test('what has changed is named, and counted where it is much', () => {
  expect(changedParts({ code: '1', 'input a': '1' }, { code: '2', 'input a': '1', 'input b': '1' })).toBe(
    'code, input b',
  );
  const many = Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`p${at}`, 'x']));
  expect(changedParts({}, many)).toBe('p0, p1, p2, p3, p4 and 3 more');
});
