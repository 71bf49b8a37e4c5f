import { VALUE_DEPTH_MAX as DEPTH_MAX } from '../model/json-depth.ts';

/**
 * What keeps a value from being JSON, as a sentence that names the place; `null` if nothing does. Properties
 * that are `undefined` count as absent; instances of classes count by their own properties.
 */
export function jsonProblem(value: unknown): string | null {
  return problemAt(value, [], []);
}

function problemAt(value: unknown, path: (string | number)[], around: object[]): string | null {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return null;
    case 'number':
      return Number.isFinite(value) ? null : refuse(path, `is ${value}; JSON has no such number, use null`);
    case 'bigint':
      return refuse(path, 'is a BigInt; convert it with Number() or String()');
    case 'object':
      return value === null ? null : problemInObject(value, path, around);
    case 'undefined':
      return refuse(path, 'is undefined inside a list; use null');
    default:
      return refuse(path, `is a ${typeof value}, which JSON cannot carry`);
  }
}

function problemInObject(value: object, path: (string | number)[], around: object[]): string | null {
  const foreign = Array.isArray(value) ? null : foreignKind(value);
  if (foreign !== null) return refuse(path, foreign);
  if (around.includes(value)) return refuse(path, 'contains itself; JSON cannot be circular');
  if (around.length >= DEPTH_MAX)
    return refuse(path.slice(0, 10), `is nested deeper than ${DEPTH_MAX} levels`);
  around.push(value);
  const problem = Array.isArray(value)
    ? problemInList(value, path, around)
    : problemInFields(value, path, around);
  around.pop();
  return problem;
}

function problemInList(list: readonly unknown[], path: (string | number)[], around: object[]): string | null {
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item === 'string') continue;
    path.push(index);
    const problem = problemAt(item, path, around);
    if (problem !== null) return problem;
    path.pop();
  }
  return null;
}

function problemInFields(value: object, path: (string | number)[], around: object[]): string | null {
  for (const key of Object.keys(value)) {
    const item = (value as { [key: string]: unknown })[key];
    if (item === undefined || typeof item === 'string') continue;
    path.push(key);
    const problem = problemAt(item, path, around);
    if (problem !== null) return problem;
    path.pop();
  }
  return null;
}

/** Why an object that is not a list is not plain data. */
function foreignKind(value: object): string | null {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return typeof (value as { toJSON?: unknown }).toJSON === 'function'
      ? 'has a toJSON function; return plain data'
      : null;
  }
  if (value instanceof Date) return 'is a Date; return date.toISOString() or its milliseconds';
  if (value instanceof Map || value instanceof Set) return 'is a Map or Set; return an object or a list';
  if (value instanceof Promise) return 'is a promise; await it first';
  if (value instanceof Error) return 'is an Error; throw it, or return its message';
  if (value instanceof RegExp) return 'is a RegExp; return its source';
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return 'is binary data; return Array.from(...) of numbers, or keep bytes with ctx.artifact';
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return 'has a toJSON function; return plain data';
  return null;
}

function refuse(path: readonly (string | number)[], what: string): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return place === '' ? `the output ${what}` : `the output at ${place} ${what}`;
}
