import type { AuthorPath } from '../place.ts';

/** The deepest nesting of mappings and lists in a DAG file; everything after this check may use recursion. */
export const DEPTH_MAX = 100;

interface Step {
  readonly value: object;
  readonly key: string | number;
  readonly parent: Step | null;
  readonly depth: number;
}

/** A part of a value that is not JSON, or nested too deeply. */
export interface NotPlain {
  readonly path: AuthorPath;
  readonly message: string;
}

/**
 * Finds what in a value is not plain JSON: functions, dates, infinite numbers, circles. Keys without value
 * are fine.
 */
export function findNotPlain(root: unknown): NotPlain | null {
  const direct = whyNotPlain(root);
  if (direct !== null) return { path: [], message: direct };
  if (typeof root !== 'object' || root === null) return null;
  const open: Step[] = [{ value: root, key: '', parent: null, depth: 0 }];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const isList = Array.isArray(step.value);
    for (const [key, value] of itemsOf(step.value)) {
      if (value === undefined && !isList) continue;
      const message = whyNotPlain(value);
      if (message !== null) return { path: pathOf(step, key), message };
      if (typeof value !== 'object' || value === null) continue;
      if (step.depth >= DEPTH_MAX) {
        return { path: pathOf(step, key), message: `is nested more than ${DEPTH_MAX} levels deep` };
      }
      open.push({ value, key, parent: step, depth: step.depth + 1 });
    }
  }
  return null;
}

/** Keys or indexes with their values; of a list also the places where nothing is. */
function itemsOf(value: object): Iterable<[string | number, unknown]> {
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

function whyNotPlain(value: unknown): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'number')
    return Number.isFinite(value) ? null : `is ${value}, which JSON cannot carry`;
  if (typeof value !== 'object')
    return `is ${value === undefined ? 'undefined' : `a ${typeof value}`}, not JSON`;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain =
    Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype as object) === null;
  return isPlain ? null : `is a ${(value as object).constructor?.name ?? 'class instance'}, not JSON`;
}

function pathOf(step: Step, key: string | number): AuthorPath {
  const path: (string | number)[] = [key];
  for (let at: Step = step; at.parent !== null; at = at.parent) path.push(at.key);
  return path.reverse();
}
