import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadYaml, YAML_LIMITS } from '../../../core/authoring/load-yaml.ts';
import { readInParts } from '../../../core/authoring/load-yaml-parts.ts';
import { tries } from '../../tries.ts';

const load = (text: string, limits = {}) => loadYaml(text, 'dags/x.yaml', { ...YAML_LIMITS, ...limits });
const inParts = (text: string) => readInParts(text, { keysMax: 1_000, tokensMax: 5 });
const manyTasks = (count: number): string =>
  Array.from({ length: count }, (_, at) => `  t${at}: { run: "true" }\n`).join('');

describe('a document read in parts', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '1', ' ', ':', '-', '#', "'", '"', '\n', '{', 'é') });
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('any'), { maxLength: 4 }),
    map: fc.dictionary(text, tie('any'), { maxKeys: 4, noNullPrototype: true }),
  }));
  const author = fc.record({
    id: text,
    before: value.any,
    tasks: fc.dictionary(text, value.any, { minKeys: 4, maxKeys: 12, noNullPrototype: true }),
    after: value.any,
  });
  const form = fc.record({
    collectionStyle: fc.constantFrom('any', 'block', 'flow'),
    indent: fc.integer({ min: 1, max: 4 }),
    lineWidth: fc.constantFrom(0, 20, 80),
    defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'BLOCK_LITERAL'),
  } as const);

  it('has the value that it has as a whole', () => {
    let read = 0;
    fc.assert(
      fc.property(author, form, (value, form) => {
        const yaml = stringify(value, { ...form, aliasDuplicateObjects: false });
        const found = inParts(yaml);
        if (found === undefined) return;
        read++;
        expect(JSON.stringify(found)).toBe(JSON.stringify(load(yaml).documents[0]?.author));
      }),
      { numRuns: tries(500) },
    );
    expect(read).toBeGreaterThan(tries(400));
  });

  it('keeps its tasks in order, with comments, blank lines and block scalars between them', () => {
    const yaml =
      '# a file\n---\nid: x\ntasks:\n  # first\n  a:\n    run: |\n      one\n      two\n\n  # second\n' +
      `  b: { run: [x, "y"], after: [a] } # end\n${manyTasks(30)}  "q r":\n    run: 'x'\ntitle: t\n`;
    expect(Object.keys(inParts(yaml)?.['tasks'] as object).slice(0, 3)).toEqual(['a', 'b', 't0']);
    expect(inParts(yaml)).toEqual(load(yaml).documents[0]?.author);
  });

  it.each([
    ['a key that is given twice, far apart', `id: x\ntasks:\n  a: {}\n${manyTasks(20)}  a: {}\n`],
    ['tasks given twice', `tasks:\n${manyTasks(20)}tasks:\n${manyTasks(3)}`],
    ['two documents', `tasks:\n${manyTasks(20)}---\nid: y\n`],
    ['an alias', `base: &b { run: x }\ntasks:\n${manyTasks(20)}  z: *b\n`],
    ['a tag', `tasks:\n${manyTasks(20)}  z: !x { run: x }\n`],
    ['a directive', `%YAML 1.1\n---\ntasks:\n${manyTasks(20)}`],
    ['bad indentation', `tasks:\n${manyTasks(20)}   z: { run: x }\n${manyTasks(2)}`],
    ['a tab', `tasks:\n${manyTasks(20)}\tz: { run: x }\n`],
    ['an open bracket', `tasks:\n${manyTasks(20)}  z: { run: [x }\n`],
    ['a dangerous name', `tasks:\n  __proto__: { run: x }\n${manyTasks(20)}`],
    ['too many keys', `tasks:\n${manyTasks(1_001)}`],
    ['nothing', '# nothing\n'],
    ['a list', '- a\n- b\n'],
  ])('is left to the whole reading with %s', (_name, yaml) => {
    expect(inParts(yaml)).toBeUndefined();
    expect(load(yaml, { partsMin: 0 }).diagnostics).toEqual(load(yaml).diagnostics);
  });

  it('still knows its places', () => {
    const yaml = `id: x\ntasks:\n${manyTasks(5_000)}`;
    const [large] = load(yaml, { partsMin: 0 }).documents;
    const [whole] = load(yaml, { partsMin: yaml.length + 1 }).documents;
    expect(large?.author).toEqual(whole?.author);
    const path = ['tasks', 't4321', 'run'];
    expect(large?.locate(path)).toEqual(whole?.locate(path));
    expect(large?.locate(path)).toMatchObject({ line: 4_324, column: 17 });
  });
});
