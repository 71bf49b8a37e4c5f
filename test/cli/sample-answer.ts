import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AnswerSchema } from '../../cli/remote/answer-mistakes.ts';

interface Document {
  readonly paths: {
    readonly [path: string]: {
      readonly [method: string]: {
        readonly operationId: string;
        readonly responses: {
          readonly [status: string]: { readonly content?: { readonly [type: string]: Content } };
        };
      };
    };
  };
  readonly components: { readonly schemas: { readonly [name: string]: AnswerSchema } };
}

interface Content {
  readonly schema: AnswerSchema;
}

const { paths, components } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../openapi.json'), 'utf8'),
) as Document;

/** The schemas that `$ref` names. */
export const names = components.schemas;

/** An operation of the document with the schema of what it answers; `null`: no JSON. */
export interface Sampled {
  readonly id: string;
  readonly method: string;
  /** The paths that it has. */
  readonly path: RegExp;
  readonly schema: AnswerSchema | null;
}

export const operations: readonly Sampled[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { operationId, responses }]) => {
    const done = Object.entries(responses).find(([status]) => status !== 'default')?.[1];
    return {
      id: operationId,
      method: method.toUpperCase(),
      path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      schema: done?.content?.['application/json']?.schema ?? null,
    };
  }),
);

/** What a word of a schema is, its `$ref` followed. */
export function resolved(schema: AnswerSchema): AnswerSchema {
  return schema.$ref === undefined ? schema : (names[schema.$ref.split('/').at(-1) as string] ?? {});
}

/**
 * An answer that fits a schema; with `more` members of any object under that name. Where a schema leaves open
 * what there is, there is nothing.
 */
export function sampleOf(given: AnswerSchema, more: { readonly [name: string]: unknown } = {}): unknown {
  const schema = resolved(given);
  if ('const' in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum.at(-1);
  switch (schema.anyOf === undefined ? schema.type : 'any') {
    case 'any':
      return sampleOf(schema.anyOf?.[0] as AnswerSchema, more);
    case 'string':
      return schema.format === 'date-time' ? '2026-11-28T09:00:00.000Z' : 'x';
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'array':
      return [sampleOf(schema.items ?? {}, more)];
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, one]) => [
          name,
          Object.hasOwn(more, name) ? more[name] : name === 'nextCursor' ? null : sampleOf(one, more),
        ]),
      );
    default:
      return null;
  }
}
