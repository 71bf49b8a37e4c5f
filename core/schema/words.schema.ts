import { type TSchema, Type } from 'typebox';
import { ASSET_URI_MAX, ASSET_URI_PATTERN } from '../model/asset.ts';
import { DURATION_PATTERN } from '../model/duration.ts';
import { ID_PATTERN } from '../model/ids.ts';
import { VALUE_NAME } from '../model/variable.ts';

/** Names of inputs and params: ids, but never the one name that objects treat in a way of their own. */
export const NAME_PATTERN = ID_PATTERN.replace('^', '^(?!__proto__$)');

/** Names of environment variables as a shell accepts them. */
export const ENV_NAME_PATTERN = '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]{0,127}$';

/** `90s`, `5m`, `1h30m`, or a number of milliseconds. */
export function durationSchema(
  description: string,
  more: { default?: string; examples?: string[] } = {},
): TSchema {
  return Type.Union(
    [
      Type.String({ pattern: DURATION_PATTERN, maxLength: 64 }),
      Type.Integer({ minimum: 0, maximum: 2 ** 53 - 1 }),
    ],
    {
      description: `${description} Written 90s, 5m, 2h, 1d, 1h30m, or as a number of milliseconds.`,
      ...more,
    },
  );
}

/** One of a few words. */
export function wordSchema(words: readonly string[], description: string, more: object = {}): TSchema {
  return Type.Unsafe({ type: 'string', enum: words, description, ...more });
}

/** An object with free keys of one kind. */
export function mapSchema(
  keyPattern: string,
  values: TSchema,
  description: string,
  more: object = {},
): TSchema {
  return Type.Unsafe({
    type: 'object',
    propertyNames: { pattern: keyPattern },
    additionalProperties: values,
    description,
    ...more,
  });
}

/** An object with exactly these keys. */
export function closedObject(properties: Record<string, TSchema>, options: object = {}): TSchema {
  return Type.Object(properties, { additionalProperties: false, ...options });
}

/** Every key optional. */
export function optionalKeys(properties: Record<string, TSchema>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, Type.Optional(schema)]));
}

/** Short texts that people read. */
export function textSchema(description: string, more: object = {}): TSchema {
  return Type.String({ description, maxLength: 10_000, ...more });
}

/** A list of labels. */
export function tagsSchema(description: string): TSchema {
  return Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
    description,
    maxItems: 100,
    examples: [['market', 'daily']],
  });
}

/** Names of variables or connections. */
export function valueNames(what: string, how: string, example: string): TSchema {
  const name = Type.String({ pattern: VALUE_NAME });
  const description = `${what} that the task may read: a function by ${how}.`;
  return Type.Array(name, { maxItems: 100, description, examples: [[example]] });
}

/** A bare expression. */
export function expressionSchema(description: string, example: string): TSchema {
  return Type.String({ description, minLength: 1, maxLength: 65_536, examples: [example] });
}

/** The URI of an asset. */
export const ASSET_URI_SCHEMA: TSchema = Type.String({
  pattern: ASSET_URI_PATTERN,
  maxLength: ASSET_URI_MAX,
  description: 'The URI of an asset: a scheme, a colon, and what follows, without spaces.',
  examples: ['duckdb://market/candles'],
});
