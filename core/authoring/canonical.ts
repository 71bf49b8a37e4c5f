import { createHash } from 'node:crypto';
import type { DagSpec } from '../model/dag.ts';

/**
 * JSON text that depends on the value alone: keys sorted by code units, no white space, no `undefined`, `-0`
 * as `0`.
 * @throws TypeError for what JSON cannot carry: infinite numbers, functions, and `undefined` in a list.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`JSON cannot carry ${value}`);
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${Array.from(value, canonicalJson).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`JSON cannot carry a value of type ${typeof value}`);
  const object = value as { readonly [key: string]: unknown };
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (object[key] === undefined) continue;
    text += `${text.length > 1 ? ',' : ''}${JSON.stringify(key)}:${canonicalJson(object[key])}`;
  }
  return `${text}}`;
}

/** The hash of a canonical graph: equal for equal meaning, in whichever language and order it was written. */
export function graphHash(spec: DagSpec): string {
  return createHash('sha256').update(canonicalJson(spec)).digest('hex');
}
