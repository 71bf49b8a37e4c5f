import { type TProperties, type TSchema, Type } from 'typebox';
import { ID_PATTERN, NO_MAX } from '../../core/model/ids.ts';

/** Names a schema: it stands once in the OpenAPI document, under this name. */
export function named<S extends TSchema>(name: string, schema: S): S {
  return Object.assign(schema, { title: name });
}

/** An object with exactly these properties. */
export function exact<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** A schema, or null. */
export function orNull<S extends TSchema>(schema: S) {
  return Type.Union([schema, Type.Null()]);
}

/** One of some words. */
export function oneOf<const W extends readonly string[]>(words: W, description: string) {
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...words], description });
}

export const Instant = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });
export const DagId = Type.String({ pattern: ID_PATTERN, description: 'the id of a DAG' });
export const RunId = Type.String({ minLength: 1, maxLength: 64, description: 'the id of a run, a UUID' });

/** Any object. */
export const AnyObject = Type.Unsafe<Record<string, unknown>>({ type: 'object' });
/** Any JSON value. */
export const AnyJson = Type.Unsafe<unknown>({});

export const Because = named(
  'Because',
  Type.Object(
    {
      code: Type.String({ description: 'for programs: codes are kept' }),
      text: Type.String({ description: 'one sentence for people' }),
    },
    { additionalProperties: true, description: 'the reason of a state, with the facts of its sentence' },
  ),
);

/** A number that the store counts up from 1, or one that it keeps as such. */
export function storeNo(description: string) {
  return Type.Integer({ minimum: 1, maximum: NO_MAX, description });
}

const LIMIT = { default: 50, most: 500 } as const;

/** The query of every list: how many, and where to go on. */
export const PAGING = {
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: LIMIT.most, default: LIMIT.default, description: 'items of a page' }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: 'nextCursor of the page before; absent: the first page' }),
  ),
};

/** How many items a page has. */
export function limitOf({ limit }: { readonly limit?: number }): number {
  return limit ?? LIMIT.default;
}

/** A page of a list. */
export function pageOf<S extends TSchema>(name: string, item: S) {
  return named(
    name,
    exact({
      items: Type.Array(item),
      nextCursor: orNull(Type.String({ description: 'cursor of the next page; null: this is the last' })),
    }),
  );
}
