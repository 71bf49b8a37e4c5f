import { describe, expect, it } from 'vitest';
import { loadYaml, YAML_LIMITS } from '../../../core/authoring/load-yaml.ts';

const load = (text: string, limits = {}) => loadYaml(text, 'dags/x.yaml', { ...YAML_LIMITS, ...limits });
const valuesOf = (text: string) => load(text).documents.map((doc) => doc.author);

describe('documents', () => {
  it('are values of YAML 1.2', () => {
    expect(valuesOf('a: yes\nb: 0o10\nc: 1e3\nd: "07"\ne: ~\nf: 2001-01-01\ng: |\n  x\n  y\n')).toEqual([
      { a: 'yes', b: 8, c: 1000, d: '07', e: null, f: '2001-01-01', g: 'x\ny\n' },
    ]);
  });

  it('may be several in one file; empty ones count for nothing', () => {
    expect(valuesOf('---\nid: a\n---\nid: b\n...\n---\n')).toEqual([{ id: 'a' }, { id: 'b' }]);
  });

  it('may use anchors within reason', () => {
    expect(valuesOf(`a: &a [x, y]\nb: ${JSON.stringify(Array(3).fill('*a')).replaceAll('"', '')}`)).toEqual([
      {
        a: ['x', 'y'],
        b: [
          ['x', 'y'],
          ['x', 'y'],
          ['x', 'y'],
        ],
      },
    ]);
  });

  it('keep dangerous names as data without effect', () => {
    const [value] = valuesOf(
      '__proto__: { polluted: yes }\nconstructor: { prototype: 1 }\ntasks: { __proto__: { run: x } }',
    );
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor', 'tasks']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('places', () => {
  const text =
    'id: x\r\n' +
    'base: &base { retries: 1 }\r\n' +
    'tasks:\r\n' +
    '  a: { run: "true", needs: [q, r] }\r\n' +
    '  b: *base\r\n' +
    '  c:\r\n';
  const locate = load(text).documents[0]?.locate;

  it.each([
    [['tasks', 'a', 'needs', 1], 'value', 4, 32, '  a: { run: "true", needs: [q, r] }'],
    [['tasks', 'a', 'needs'], 'key', 4, 21, '  a: { run: "true", needs: [q, r] }'],
    [['tasks', 'a', 'run'], 'value', 4, 13, '  a: { run: "true", needs: [q, r] }'],
    [['tasks', 'a'], 'key', 4, 3, '  a: { run: "true", needs: [q, r] }'],
    [['tasks', 'a', 'nope', 'deeper'], 'value', 4, 3, '  a: { run: "true", needs: [q, r] }'],
    [['tasks', 'b', 'retries'], 'key', 2, 15, 'base: &base { retries: 1 }'],
    [['tasks', 'c'], 'value', 6, 3, '  c:'],
    [[], 'value', 1, 1, 'id: x'],
  ] as const)('%j at %s', (path, at, line, column, source) => {
    expect(locate?.(path, at)).toEqual({ file: 'dags/x.yaml', line, column, source });
  });

  it('are found fast in a large mapping', () => {
    const keys = Array.from({ length: 20_000 }, (_, index) => `  t${index}: { run: x }`);
    const [doc] = load(`tasks:\n${keys.join('\n')}`).documents;
    const lines = keys.map((_, index) => doc?.locate(['tasks', `t${index}`], 'key')?.line);
    expect(lines).toEqual(keys.map((_, index) => index + 2));
  });
});

describe('mistakes', () => {
  it.each([
    ['tab', 'id: x\n\ttasks: 1', 'yaml-syntax', 2, 1, /tabs are not allowed/],
    ['open list', 'a: [1, 2\nb: 3', 'yaml-syntax', 2, 1, /flow sequence/],
    ['open text', 'a: "x\nb: 1', 'yaml-syntax', 2, 5, /closing/],
    ['mapping in a line', 'a: b: c', 'yaml-syntax', 1, 4, /nested mappings/],
    ['merge key', 'a: &a { b: 1 }\nc: { <<: *a }', 'yaml-merge', 2, 6, /merge keys/],
    ['number as key', 'a: 1\n2: b', 'yaml-key', 2, 1, /key 2 is not a text/],
    ['boolean as key', 'true: b', 'yaml-key', 1, 1, /key true is not a text/],
    ['list as key', '? [a]\n: 1', 'yaml-key', 1, 3, /must be a text/],
    ['own tag', 'a: !env SECRET', 'yaml-syntax', 1, 4, /unresolved tag: !env/i],
    ['binary', 'a: !!binary aGVsbG8=', 'yaml-tag', 1, 13, /not allowed/],
    ['set', 'a: !!set { x }', 'yaml-tag', 1, 10, /not allowed/],
    ['not a number', 'a: .nan', 'yaml-number', 1, 4, /not a JSON number/],
    ['infinity', 'a: [-.inf]', 'yaml-number', 1, 5, /not a JSON number/],
    ['YAML 1.1', '%YAML 1.1\n---\na: yes', 'yaml-version', 2, 1, /1\.1 is not read/],
    ['missing anchor', 'a: *nowhere', 'yaml-alias', 1, 4, /no anchor '&nowhere'/],
    ['alias in itself', 'a: &a { b: *a }', 'yaml-alias', 1, 12, /inside itself/],
    ['alias before its anchor', 'a: *a\nb: &a 1', 'yaml-alias', 1, 4, /no anchor/],
  ])('%s', (_, text, rule, line, column, message) => {
    const { documents, diagnostics } = load(text);
    expect(documents).toEqual([]);
    expect(diagnostics[0]).toMatchObject({ severity: 'error', rule, file: 'dags/x.yaml', line, column });
    expect(diagnostics[0]?.source).toBe(text.split('\n')[line - 1]);
    expect(diagnostics[0]?.message).toMatch(message);
  });

  it.each([
    ['', 'nothing'],
    ['# only a comment\n', 'a comment'],
    ['---\n---\n', 'empty documents'],
  ])('%j: %s', (text) => {
    expect(load(text).diagnostics).toMatchObject([{ rule: 'empty-file', file: 'dags/x.yaml' }]);
  });

  it('are all reported, up to a number', () => {
    const text = Array.from({ length: 50 }, (_, index) => `${index}: x`).join('\n');
    const { diagnostics } = load(text);
    expect(diagnostics).toHaveLength(21);
    expect(diagnostics.at(-1)?.message).toBe('and 30 more mistakes in this file');
  });
});

it('a key that is given twice names the first one, and hides nothing else', () => {
  const { documents, diagnostics } = load('a: 1\nb: { c: 1, c: 2 }\nd: 3\na: 4\n');
  expect(documents.map(({ author }) => author)).toEqual([{ a: 4, b: { c: 2 }, d: 3 }]);
  expect(documents[0]?.locate(['a'])).toMatchObject({ line: 4, column: 4 });
  expect(diagnostics).toMatchObject([
    {
      severity: 'error',
      rule: 'duplicate-key',
      message: "key 'a' is given twice",
      hint: 'the first one is at 1:1: remove or rename one of them',
      line: 4,
      column: 1,
    },
    {
      severity: 'error',
      rule: 'duplicate-key',
      message: "key 'c' is given twice",
      hint: 'the first one is at 2:6: remove or rename one of them',
      line: 2,
      column: 12,
    },
  ]);
});

describe('limits', () => {
  it('size', () => {
    const { diagnostics } = load('a: 1'.padEnd(2_000_001, '#'), { bytesMax: 1_048_576 });
    expect(diagnostics).toMatchObject([
      { rule: 'file-too-large', message: 'the file has 1.9 MiB: at most 1.0 MiB are allowed' },
    ]);
  });

  it('keys of one mapping, checked in linear time', () => {
    const text = `a:\n${Array.from({ length: 30_000 }, (_, index) => `  k${index}: 1`).join('\n')}`;
    const { diagnostics } = load(text, { keysMax: 29_999 });
    expect(diagnostics).toMatchObject([
      { rule: 'yaml-too-many-keys', line: 30_001, column: 3, source: '  k29999: 1' },
    ]);
    expect(diagnostics[0]?.message).toBe('a mapping with 30000 keys: at most 29999 are allowed');
    expect(load(text).diagnostics).toEqual([]);
  });

  it('aliases of aliases', () => {
    const lines = ['a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]'];
    for (let at = 1; at < 12; at++)
      lines.push(
        `a${at}: &a${at} [${Array(9)
          .fill(`*a${at - 1}`)
          .join(', ')}]`,
      );
    expect(load(lines.join('\n')).diagnostics).toMatchObject([
      { rule: 'yaml-alias', message: expect.stringContaining('more than 10000 values') },
    ]);
  });

  it('nesting', () => {
    expect(load('['.repeat(20_000)).diagnostics).toMatchObject([
      { rule: 'yaml-too-deep', message: 'nested too deeply', line: 1 },
    ]);
    expect(load('- '.repeat(20_000)).diagnostics).toMatchObject([{ rule: 'yaml-too-deep' }]);
  });
});
