import { AppError } from '../core/model/errors.ts';
import { NO_MAX } from '../core/model/ids.ts';

/** What a cursor is made of: `no` is a number that the store gives out, `number` any other whole one. */
type Kind = 'no' | 'number' | 'string';
type Place<K extends readonly Kind[]> = { -readonly [I in keyof K]: K[I] extends 'string' ? string : number };

/** Writes where a page ended as a text that means nothing to its reader. */
export function writeCursor(place: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * Reads a cursor that this server wrote: so many numbers and texts in this order. One that somebody made up
 * holds nothing that a database would not take.
 * @throws AppError `usage`
 */
export function readCursor<const K extends readonly Kind[]>(
  cursor: string | undefined,
  kinds: K,
): Place<K> | null {
  if (cursor === undefined) return null;
  const place = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  const fits =
    Array.isArray(place) &&
    place.length === kinds.length &&
    kinds.every((kind, at) => IS_KIND[kind](place[at]));
  if (!fits) throw new AppError('usage', 'cursor must come from nextCursor of this list');
  return place as Place<K>;
}

const IS_KIND: { readonly [kind in Kind]: (value: unknown) => boolean } = {
  no: (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= NO_MAX,
  number: (value) => Number.isSafeInteger(value),
  string: (value) => typeof value === 'string' && !value.includes('\0'),
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
