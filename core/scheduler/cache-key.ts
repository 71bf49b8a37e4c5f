import { createHash } from 'node:crypto';
import type { CacheParts } from '../model/cache.ts';
import type { Json } from '../model/json.ts';

/** Changes when equal parts must not give equal keys any more. */
const FORMAT = 'orch cache 1';
/** Parts that a sentence names before it only counts. */
const NAMED_MAX = 5;

/** The sha256 of a text in hex. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The digest of a value; equal for equal values, whatever the order of their keys. */
export function valueDigest(value: Json): string {
  return digestOf(JSON.stringify(sorted(value)));
}

/** The key of a success: equal for equal parts. Parts are digests, so no value is in it. */
export function cacheKey(parts: CacheParts): string {
  const names = Object.keys(parts).sort();
  return digestOf(JSON.stringify([FORMAT, names.map((name) => [name, parts[name]])]));
}

/** What differs between what a success rests on and what is wanted now, in words. */
export function changedParts(before: CacheParts, now: CacheParts): string {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  const changed = [...names].filter((name) => before[name] !== now[name]).sort();
  const named = changed.slice(0, NAMED_MAX).join(', ');
  return changed.length > NAMED_MAX ? `${named} and ${changed.length - NAMED_MAX} more` : named;
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return ['[]', ...value.map(sorted)];
  const entries = Object.entries(value as { readonly [key: string]: Json });
  // A list of pairs: names may be such that an object would treat them in a way of its own.
  return ['{}', ...entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)])];
}
