import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkKeys, keysFromParams } from '../../../cli/fan-out-keys.ts';
import { runParams } from '../../../cli/params.ts';
import { compileGraph } from '../../../core/graph/graph.ts';
import { requiredSelection } from '../../../core/graph/required-selection.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import { AppError } from '../../../core/model/errors.ts';
import { SPEC } from './run-fixture.ts';

const cwd = mkdtempSync(join(tmpdir(), 'orch-params-'));

const spec: DagSpec = {
  ...SPEC,
  params: {
    type: 'object',
    properties: {
      symbols: { type: 'array', items: { type: 'string' }, default: ['BTC', 'ETH'] },
      windows: { type: 'array', items: { type: 'integer' }, default: [] },
      fast: { type: 'integer', minimum: 1, default: 12 },
      note: { type: 'string', default: '' },
      dry: { type: 'boolean', default: false },
      extra: { type: 'object', default: {} },
    },
    additionalProperties: false,
  },
};

const params = (...pairs: string[]) => runParams(spec, { pairs, cwd });

describe('-p name=value', () => {
  test.each([
    [
      'defaults are filled in',
      [],
      { symbols: ['BTC', 'ETH'], windows: [], fast: 12, note: '', dry: false, extra: {} },
    ],
    ['a comma list for an array', ['symbols=A,B'], { symbols: ['A', 'B'] }],
    ['JSON for an array', ['symbols=["A,B","C"]'], { symbols: ['A,B', 'C'] }],
    ['one item', ['symbols=A'], { symbols: ['A'] }],
    ['no items', ['symbols='], { symbols: [] }],
    ['items by their type', ['windows=1,2'], { windows: [1, 2] }],
    ['numbers', ['fast=3'], { fast: 3 }],
    ['texts that look like numbers', ['note=007'], { note: '007' }],
    ['texts with equal signs', ['note=a=b'], { note: 'a=b' }],
    ['texts that look like truth', ['note=true'], { note: 'true' }],
    ['truth', ['dry=true'], { dry: true }],
    ['objects', ['extra={"a":1}'], { extra: { a: 1 } }],
    ['the last one wins', ['fast=1', 'fast=2'], { fast: 2 }],
  ])('%s', (_name, pairs, expected) => {
    expect(params(...pairs)).toMatchObject(expected);
  });

  test('a word without a value and an unknown name are mistakes of usage', () => {
    expect(() => params('fast')).toThrow(expect.objectContaining({ code: 'usage' }));
    expect(() => params('fsat=1')).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining("'fast'") }),
    );
  });

  test('a value that does not fit is invalid, and every such value is told', () => {
    const wrong = expect.objectContaining({
      code: 'invalid',
      message: expect.stringMatching(/fast[\s\S]*dry/),
    });
    expect(() => params('fast=zero', 'dry=maybe')).toThrow(wrong);
  });
});

describe('--params-file', () => {
  test('YAML and JSON; -p wins over it', () => {
    writeFileSync(join(cwd, 'p.yaml'), 'fast: 3\nsymbols: [X]\n');
    writeFileSync(join(cwd, 'p.json'), '{"fast": 4}');
    expect(runParams(spec, { pairs: ['fast=9'], file: 'p.yaml', cwd })).toMatchObject({
      fast: 9,
      symbols: ['X'],
    });
    expect(runParams(spec, { pairs: [], file: 'p.json', cwd })).toMatchObject({ fast: 4 });
  });

  test('one that is missing, broken, or no object', () => {
    writeFileSync(join(cwd, 'broken.json'), '{"a": [');
    writeFileSync(join(cwd, 'list.json'), '[1]');
    const read = (file: string) => () => runParams(spec, { pairs: [], file, cwd });
    expect(read('none.json')).toThrow(expect.objectContaining({ code: 'not_found' }));
    expect(read('broken.json')).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(read('list.json')).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('keys', () => {
  const keysOf = (over: string, more: object = {}) => {
    const fanOuts = [{ path: 'symbol', over, returns: 'symbol.backtest', ...more }];
    return keysFromParams(compileGraph({ ...spec, fanOuts }), {
      symbols: ['BTC', 'ETH'],
      rows: [{ id: 1 }, { id: 2 }],
    }).get('symbol');
  };

  test.each<[string, string, object, readonly string[] | null]>([
    ['a param', 'params.symbols', {}, ['BTC', 'ETH']],
    ['a field of the items', 'params.rows', { key: 'item.id' }, ['1', '2']],
    ['an item under its own name', 'params.rows', { key: 'row.id', as: 'row' }, ['1', '2']],
    ['an output is not known before the run', 'needs.rows', { needs: { rows: 'compare' } }, null],
    ['something that is no list', 'params.none', {}, null],
  ])('from %s', (_name, over, more, expected) => {
    const { needs: _needs, ...wiring } = more as { needs?: unknown };
    expect(keysOf(over, wiring)).toEqual(expected);
  });

  const [flat, outer, inner] = [
    { path: 'symbol', over: 'params.symbols' },
    { path: 'a', over: 'params.outer' },
    { path: 'a.b', parent: 1, over: 'params.inner' },
  ];
  const tasks = ['symbol.one', 'a.two', 'a.b.three'].map((path, fanOut) => ({
    path,
    fanOut,
    action: { kind: 'pass' as const },
  }));
  const graph = compileGraph({ v: 1, id: 'x', tasks, fanOuts: [flat, outer, inner] as never });
  const params = { symbols: ['BTC-USD', 'B/C'], outer: ['A', 'B'], inner: ['x', 'y'] };
  const all = requiredSelection(graph, {});
  const refusal = (key: string, selected = all, more: object = {}): unknown => {
    try {
      checkKeys(graph, selected, { ...params, ...more }, [key]);
      return null;
    } catch (error) {
      return error instanceof AppError ? [error.code, error.message] : error;
    }
  };

  test('of nested fan-outs, as they are written', () => {
    expect([...keysFromParams(graph, params)]).toEqual([
      ['symbol', ['BTC-USD', 'B/C']],
      ['a', ['A', 'B']],
      ['a.b', ['A/x', 'A/y', 'B/x', 'B/y']],
    ]);
  });

  test.each(['BTC-USD', 'B/C', 'A', 'A/x', '*/x', 'x'])('%s is known', (key) => {
    expect(refusal(key)).toBeNull();
  });

  test.each([
    ['BTC-USB', "Did you mean 'BTC-USD'?"],
    ['A/z', "Did you mean 'A/x'?"],
    ['*/z', 'Its keys: BTC-USD, B/C, A, B, A/x, A/y, B/x, B/y.'],
    ['zzz', 'Its keys: '],
    ['A/x/1', 'Its keys: '],
  ])('%s is not, and the nearest is named', (key, advice) => {
    const found = ['not_found', expect.stringContaining(`no key '${key}' with these params. ${advice}`)];
    expect(refusal(key)).toEqual(found);
  });

  test('a key of a fan-out outside the scope is unknown; without fan-outs in it all are known', () => {
    const one = requiredSelection(graph, { only: ['symbol.one'] });
    expect(refusal('A', one)).toEqual(['not_found', expect.stringContaining("no key 'A' in this scope")]);
    expect(refusal('A', new Uint8Array(graph.size))).toBeNull();
  });

  test('where params do not tell all keys every one passes, where there is no fan-out none does', () => {
    expect(refusal('any', all, { inner: 'no list' })).toBeNull();
    const none = compileGraph({ ...spec, fanOuts: [], tasks: [{ path: 'a', action: { kind: 'pass' } }] });
    const check = () => checkKeys(none, requiredSelection(none, {}), {}, ['any']);
    expect(check).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
