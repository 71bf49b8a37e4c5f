import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { DAG_FILE_SCHEMA } from '../../../core/schema/dag-file.schema.ts';
import { printDagSchema } from '../../../core/schema/print-dag-schema.ts';

interface Node {
  readonly [keyword: string]: unknown;
}

/** Keywords that mean the same in draft-07 and in 2020-12, of those that are used. */
const COMMON = new Set([
  '$schema',
  '$ref',
  'title',
  'description',
  'default',
  'examples',
  'definitions',
  'type',
  'enum',
  'anyOf',
  'properties',
  'additionalProperties',
  'propertyNames',
  'required',
  'items',
  'pattern',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
  'exclusiveMinimum',
]);

/** Every schema inside the schema, with its place. */
function* schemas(node: Node, place: string): Iterable<[string, Node]> {
  yield [place, node];
  for (const key of ['additionalProperties', 'propertyNames', 'items']) {
    const inner = node[key];
    if (typeof inner === 'object' && inner !== null) yield* schemas(inner as Node, `${place}/${key}`);
  }
  for (const [index, branch] of ((node.anyOf ?? []) as Node[]).entries())
    yield* schemas(branch, `${place}/anyOf/${index}`);
  for (const key of ['properties', 'definitions']) {
    for (const [name, inner] of Object.entries((node[key] ?? {}) as Record<string, Node>)) {
      yield* schemas(inner, `${place}/${key}/${name}`);
    }
  }
}

const all = [...schemas(DAG_FILE_SCHEMA, '#')];
const draft07 = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(DAG_FILE_SCHEMA);
const { $schema: _, ...undated } = DAG_FILE_SCHEMA;
const draft2020 = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(undated);

describe('the schema of DAG files', () => {
  test('dag.schema.json is its text; `npm run schema` writes it', () => {
    expect(readFileSync('dag.schema.json', 'utf8')).toBe(printDagSchema());
  });

  test('uses only keywords that draft-07 and 2020-12 understand alike, and nothing beside a $ref', () => {
    const foreign = all.flatMap(([place, node]) =>
      Object.keys(node)
        .filter((key) => !COMMON.has(key))
        .map((key) => `${place}: ${key}`),
    );
    expect(foreign).toEqual([]);
    expect(all.filter(([, node]) => '$ref' in node && Object.keys(node).length > 1)).toEqual([]);
  });

  test('describes every key', () => {
    const bare = all.flatMap(([place, node]) =>
      Object.entries((node.properties ?? {}) as Record<string, Node>)
        .filter(([, inner]) => typeof inner.description !== 'string' || inner.description.length < 10)
        .map(([name]) => `${place}/${name}`),
    );
    expect(bare).toEqual([]);
  });

  test('its own examples and defaults fit it', () => {
    const ajv = new Ajv({ strict: false });
    const wrong = all.flatMap(([place, node]) => {
      const values = [...((node.examples ?? []) as unknown[]), ...('default' in node ? [node.default] : [])];
      if (values.length === 0) return [];
      const check = ajv.compile({ ...node, definitions: DAG_FILE_SCHEMA.definitions });
      return values.filter((value) => !check(value)).map((value) => `${place}: ${JSON.stringify(value)}`);
    });
    expect(wrong).toEqual([]);
  });

  test.each<readonly [string, unknown, boolean]>([
    ['a small DAG', { id: 'a', tasks: { t: { run: 'true' } } }, true],
    [
      'a fan-out',
      {
        id: 'a',
        tasks: {
          s: { forEach: { over: '${{ params.x }}', tasks: { t: { uses: './a.ts#b', needs: ['u'] } } } },
        },
      },
      true,
    ],
    [
      'a group in a group',
      { id: 'a', tasks: { g: { group: { tasks: { h: { group: { tasks: { t: {} } } } } } } } },
      true,
    ],
    ['schedules', { id: 'a', schedule: ['@daily', { hour: 9 }, { every: 5_000 }], tasks: { t: {} } }, true],
    ['a misspelt key', { id: 'a', tasks: { t: { retrys: 3 } } }, false],
    ['a bad duration', { id: 'a', tasks: { t: { timeout: '5 minutes' } } }, false],
    ['a bad id', { id: 'a', tasks: { 'a b': {} } }, false],
    ['no tasks', { id: 'a', tasks: {} }, false],
    [
      'a bad rule inside a fan-out',
      { id: 'a', tasks: { s: { forEach: { over: [1], tasks: { t: { triggerRule: 'x' } } } } } },
      false,
    ],
  ])('%s: draft-07 and 2020-12 agree', (_name, value, valid) => {
    expect([draft07(value), draft2020(value)]).toEqual([valid, valid]);
  });
});
