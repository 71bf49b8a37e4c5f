import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, graphHash } from '../../../core/authoring/canonical.ts';
import { parseInstant } from '../../../core/authoring/compile/instants.ts';
import { compileDag } from '../../../core/authoring/compile.ts';
import { byPath, spec } from './compiled.ts';

describe('canonicalJson', () => {
  test.each<readonly [unknown, string]>([
    [{ b: 1, a: [2, { d: null, c: 'x' }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
    [{ a: undefined, b: -0 }, '{"b":0}'],
    [1e21, '1e+21'],
    [{ B: 1, a: 1, é: 1, 10: 1, 9: 1 }, '{"10":1,"9":1,"B":1,"a":1,"é":1}'],
    ['\u2028"\ud800', '"\u2028\\"\\ud800"'],
  ])('%j', (value, text) => expect(canonicalJson(value)).toBe(text));

  test('refuses what JSON cannot carry', () => {
    const values = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      [undefined],
      new Array(1),
      () => 1,
      1n,
      Symbol('x'),
    ];
    for (const value of values) expect(() => canonicalJson({ value })).toThrow(TypeError);
  });

  test('is JSON of the same value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(turnedAround(value))).toBe(text);
      }),
    );
  });
});

describe('the hash of a graph', () => {
  const author = {
    id: 'd',
    params: { b: { type: 'integer', default: 1 }, a: { type: 'string', default: 'x' } },
    schedule: '@daily',
    tasks: {
      one: { run: 'true', env: { B: '1', A: '${{params.a}}' } },
      two: { uses: './x.ts#y', needs: { z: 'one', a: 'one' }, retries: 3, timeout: '1h' },
      three: { run: 'true', after: ['two', 'one'], when: "one.x=='y'" },
    },
  };
  const same = {
    id: 'd',
    schedule: { cron: '0  0 * * *', tz: 'UTC' },
    maxActiveRuns: 16,
    params: { a: { default: 'x', type: 'string' }, b: { default: 1, type: 'integer' } },
    tasks: {
      one: { env: { A: '${{ params["a"] }}', B: '1' }, run: 'true', onLost: 'retry' },
      two: {
        retries: { max: 3, delay: '5m' },
        needs: { a: 'one', z: 'one' },
        uses: './x.ts#y',
        timeout: 3_600_000,
      },
      three: { when: '(one[\'x\']) == "y"', after: ['one', 'two', 'one'], run: 'true' },
    },
  };

  test('is the same for the same meaning and stands fast', () => {
    expect(canonicalJson(spec(same))).toBe(canonicalJson(spec(author)));
    expect(graphHash(spec(author))).toBe('aa986140d69ec040aa750e9edef7ec616645c167c4a028cf0758798cbecf95c0');
  });

  test('differs when the meaning does', () => {
    const other = { ...author, tasks: { ...author.tasks, one: { run: 'false' } } };
    expect(graphHash(spec(other))).not.toBe(graphHash(spec(author)));
  });

  test('compiling does not depend on earlier compilations, nor change the author form', () => {
    const before = JSON.stringify(author);
    const first = canonicalJson(spec(author));
    compileDag({ id: 'x', tasks: { a: { run: 'x', needs: ['b'] } } }, { locate: byPath });
    expect(canonicalJson(spec(author))).toBe(first);
    expect(JSON.stringify(author)).toBe(before);
  });
});

describe('instants', () => {
  test.each<readonly [string, string, string | null]>([
    ['2026-01-31', 'UTC', '2026-01-31T00:00:00.000Z'],
    ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z'],
    ['2026-01-01T12:00', 'Europe/Berlin', '2026-01-01T11:00:00.000Z'],
    ['2026-03-29T02:30', 'Europe/Berlin', '2026-03-29T01:00:00.000Z'],
    ['2026-10-25T02:30', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25T02:30+01:00', 'Europe/Berlin', '2026-10-25T01:30:00.000Z'],
    ['2011-12-30T12:00', 'Pacific/Apia', '2011-12-30T10:00:00.000Z'],
    ['2026-06-01T00:00', 'Australia/Lord_Howe', '2026-05-31T13:30:00.000Z'],
    ['2024-02-29T23:59:59.25Z', 'UTC', '2024-02-29T23:59:59.250Z'],
    ['2026-01-01t00:00z', 'UTC', null],
    ['2026-02-29', 'UTC', null],
    ['2026-00-01', 'UTC', null],
    ['2026-01-01T24:00', 'UTC', null],
    ['2026-01-01T10:60', 'UTC', null],
    ['2026-01-01T10:00+25:00', 'UTC', null],
    ['tomorrow', 'UTC', null],
    ['1e3', 'UTC', null],
  ])('%s in %s', (text, zone, expected) => {
    const at = parseInstant(text, zone);
    expect(at === null ? null : new Date(at).toISOString()).toBe(expected);
  });
});

/** The same value with the keys of every object the other way round. */
function turnedAround(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turnedAround);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, turnedAround(item)]),
  );
}
