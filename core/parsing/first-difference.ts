/** The first place where two JSON values differ, and what stands there; `null` if they are equal. */
export interface Difference {
  readonly path: readonly (string | number)[];
  readonly first: unknown;
  readonly second: unknown;
}

export function firstDifference(first: unknown, second: unknown): Difference | null {
  return difference(first, second, []);
}

function difference(first: unknown, second: unknown, path: readonly (string | number)[]): Difference | null {
  if (Object.is(first, second)) return null;
  if (!isObject(first) || !isObject(second)) return { path, first, second };
  const keys = [Object.keys(first), Object.keys(second)] as const;
  for (let at = 0; at < Math.max(keys[0].length, keys[1].length); at++) {
    const key = keys[0][at];
    if (key === undefined || key !== keys[1][at]) return { path, first: key, second: keys[1][at] };
    const found = difference(first[key], second[key], [...path, key]);
    if (found !== null) return found;
  }
  return null;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null;
}
