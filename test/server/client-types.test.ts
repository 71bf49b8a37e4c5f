import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ClientSource, clientTypes, typeOf } from '../../server/client-types.ts';
import { openApiText } from '../../server/openapi.ts';
import { ROUTES } from '../../server/routes/all.ts';

describe('the types of a client', () => {
  test('client/generated/api.ts is what the routes say: npm run openapi writes it', () => {
    const file = new URL('../../client/generated/api.ts', import.meta.url);
    const source = JSON.parse(openApiText(ROUTES)) as ClientSource;
    expect(readFileSync(file, 'utf8')).toBe(clientTypes(source));
  });

  test.each([
    ['a name', { $ref: '#/components/schemas/Run' }, 'Run'],
    ['words', { type: 'string', enum: ['a', "b'c"] }, "'a' | 'b\\'c'"],
    ['a schema or null', { anyOf: [{ type: 'integer' }, { type: 'null' }] }, 'number | null'],
    ['two that are the same type', { anyOf: [{ type: 'integer' }, { type: 'number' }] }, 'number'],
    ['a list', { type: 'array', items: { type: 'string' } }, 'readonly string[]'],
    ['a list of words', { type: 'array', items: { enum: ['a', 'b'] } }, "readonly ('a' | 'b')[]"],
    [
      'a list of lists',
      { type: 'array', items: { type: 'array', items: { type: 'null' } } },
      'readonly (readonly null[])[]',
    ],
    ['anything', {}, 'unknown'],
    ['any object', { type: 'object' }, '{\n  readonly [name: string]: unknown;\n}'],
    [
      'an object by pattern',
      { type: 'object', patternProperties: { '^.*$': { type: 'integer' } } },
      '{\n  readonly [name: string]: number;\n}',
    ],
    [
      'an object',
      {
        type: 'object',
        properties: { 'a-b': { type: 'string' }, c: { type: 'boolean', description: 'ends */ here' } },
        required: ['a-b'],
        additionalProperties: false,
      },
      '{\n  readonly "a-b": string;\n  /** ends * / here */\n  readonly c?: boolean;\n}',
    ],
  ])('%s', (_, schema, type) => expect(typeOf(schema, '')).toBe(type));

  test('a type that it does not know is an error, not a guess', () => {
    expect(() => typeOf({ type: 'tuple' }, '')).toThrow("'tuple'");
  });
});
