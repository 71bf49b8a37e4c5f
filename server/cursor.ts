import { AppError } from '../core/model/errors.ts';

/** Writes where a page ended as a text that means nothing to its reader. */
export function writeCursor(place: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/**
 * Reads a cursor that this server wrote: so many numbers and texts in this order.
 * @throws AppError `usage`
 */
export function readCursor<const K extends readonly ('number' | 'string')[]>(
  cursor: string | undefined,
  kinds: K,
): { -readonly [I in keyof K]: K[I] extends 'number' ? number : string } | null {
  if (cursor === undefined) return null;
  const place = parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  const fits =
    Array.isArray(place) &&
    place.length === kinds.length &&
    kinds.every((kind, at) => typeof place[at] === kind && (kind === 'string' || isWhole(place[at])));
  if (!fits) throw new AppError('usage', 'cursor must come from nextCursor of this list');
  return place as { -readonly [I in keyof K]: K[I] extends 'number' ? number : string };
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
