import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ADVISORIES, WALKS } from './advisories.ts';
import { ASVS } from './asvs.ts';
import { namedTests } from './named-tests.ts';

/** The requirements that are looked at, by chapter: a row may not get lost. */
const REQUIREMENTS = [
  ...['1.2.4', '1.2.5', '1.3.2', '1.3.6', '1.3.7', '1.3.12', '1.5.2', '1.5.3'],
  ...['2.2.1', '2.2.2', '2.2.3', '2.4.1'],
  ...['3.2.1', '3.2.2', '3.3.1', '3.3.2', '3.3.3', '3.3.4', '3.4.1', '3.4.2', '3.4.3', '3.4.4', '3.4.5'],
  ...['3.4.6', '3.5.1', '3.5.2', '3.5.3', '4.1.1', '4.1.3', '4.1.4', '4.2.1', '4.4.2', '4.4.3', '4.4.4'],
  ...['5.2.1', '5.3.2', '5.4.1', '6.3.1', '6.3.2', '7.2.3', '7.4.1', '7.4.2', '7.4.5'],
  ...['8.2.1', '8.2.2', '8.2.3', '8.3.1', '8.3.2', '8.3.3', '8.4.1'],
  ...['9.1.1', '9.1.2', '9.1.3', '9.2.1', '9.2.2', '9.2.3', '11.4.2', '11.5.1'],
  ...['13.2.1', '13.2.2', '13.2.3', '13.2.4', '13.2.5', '13.3.1', '13.4.2', '13.4.5', '14.2.1', '14.3.2'],
  ...['15.2.2', '15.2.5', '15.3.1', '15.3.2', '15.3.3', '15.3.6', '15.3.7'],
  ...['15.4.1', '15.4.2', '15.4.3', '15.4.4', '16.2.5', '16.3.1', '16.3.2', '16.3.3', '16.4.1', '16.4.2'],
  ...['16.5.1', '16.5.2', '16.5.3', '16.5.4'],
];
const rows = [...ADVISORIES, ...ASVS];

describe('the list of advisories', () => {
  test('has each kind of flaw once, and each requirement', () => {
    expect(ADVISORIES.map(({ id }) => id)).toEqual(Array.from({ length: 39 }, (_, at) => `V${at + 1}`));
    expect(ASVS.flatMap(({ numbers }) => numbers)).toEqual(REQUIREMENTS);
  });

  test('names tests that are there', () => {
    const walks = { id: 'the matrix', tests: Object.values(WALKS) };
    const missing = [walks, ...rows]
      .flatMap(({ id, tests }) => tests.map((one) => ({ id, ...one })))
      .flatMap(({ id, file, titles }) => {
        const known = testsOf(file);
        return titles.filter((title) => !known.has(title)).map((title) => `${id}: ${file}: ${title}`);
      });
    expect(missing).toEqual([]);
  });

  test('has tests for each row, or says why there is nothing to test', () => {
    const ids = new Set(ADVISORIES.map(({ id }) => id));
    for (const { id, tests, like = [], notHere } of rows) {
      expect(tests.length > 0 || like.length > 0 || notHere !== undefined, id).toBe(true);
      expect([...tests.map(({ titles }) => titles.length), 1], id).not.toContain(0);
      expect(
        like.filter((other) => !ids.has(other)),
        id,
      ).toEqual([]);
    }
  });
});

test('tests are found by title and group, those that are skipped are not', () => {
  const text = `describe('a', () => {
    test('b', () => {}); it.each([1])('c %i', () => {}); test.skip('d', () => {}); // test('e')
    test.skipIf(x)('f', () => {});
  }); describe.skip('g', () => { test('h', () => {}); }); const text = "test('i')";`;
  const found = ['b', 'a > b', 'c %i', 'a > c %i', 'f', 'a > f'];
  expect([...namedTests('x.ts', text)]).toEqual(found);
});

const parsed = new Map<string, Set<string>>();

function testsOf(file: string): Set<string> {
  const known =
    parsed.get(file) ?? namedTests(file, readFileSync(join(import.meta.dirname, '..', file), 'utf8'));
  parsed.set(file, known);
  return known;
}
