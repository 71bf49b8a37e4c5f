import { AppError } from '../model/errors.ts';
import type { Json } from '../model/json.ts';

declare const VALUE: unique symbol;

/** The part of a {@link Ref} that carries its type. */
export interface RefTo<out T> {
  readonly [VALUE]: T;
}

type Fields<T> = T extends string | number | boolean | null | undefined
  ? unknown
  : T extends readonly (infer E)[]
    ? { readonly [index: number]: Ref<E> }
    : T extends object
      ? { readonly [K in keyof T]-?: Ref<T[K]> }
      : unknown;

/**
 * A value that exists only in a run: a param, the item of a fan-out, the output of a task. Reading a field
 * gives a `Ref` to that field; using it as if it were the value is an error.
 */
export type Ref<T> = RefTo<T> & Fields<T>;

/** A JSON value in which a {@link Ref} may stand for any part. */
export type JsonWithRefs =
  | Json
  | RefTo<unknown>
  | readonly JsonWithRefs[]
  | { readonly [key: string]: JsonWithRefs };

/** Where a symbolic value comes from: `Owner` is the node that gives it. */
export interface RefSource<Owner> {
  readonly from: 'params' | 'item' | 'output';
  readonly owner: Owner;
  readonly fields: readonly string[];
}

const sources = new WeakMap<object, RefSource<object>>();

/** Makes a symbolic value. Its fields are made as they are read. */
export function makeRef(source: RefSource<object>): object {
  const ref = new Proxy(Object.freeze({}), {
    get(_, field) {
      if (typeof field === 'symbol' || UNUSABLE.has(field)) {
        if (typeof field === 'symbol' && !USED_AS_VALUE.has(field)) return undefined;
        throw notAValue(source, String(field));
      }
      return makeRef({ ...source, fields: [...source.fields, field] });
    },
    set: () => refuse(source, 'assigned to'),
    defineProperty: () => refuse(source, 'assigned to'),
    deleteProperty: () => refuse(source, 'assigned to'),
    has: () => refuse(source, 'searched with `in`'),
    ownKeys: () => refuse(source, 'listed or spread'),
  });
  sources.set(ref, source);
  return ref;
}

/** Where `value` comes from, or `undefined` if it is not symbolic. */
export function refSource(value: unknown): RefSource<object> | undefined {
  return typeof value === 'object' && value !== null ? sources.get(value) : undefined;
}

/** Appends the fields of a source to the text of its root: `item` and `['id']` give `item.id`. */
export function withFields(root: string, fields: readonly string[]): string {
  let text = root;
  for (const field of fields) {
    if (/^[A-Za-z_]\w*$/.test(field)) text += `.${field}`;
    else text += /^(0|[1-9]\d*)$/.test(field) ? `[${field}]` : `[${quoted(field)}]`;
  }
  return text;
}

/** A text literal of the expression language. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const UNUSABLE: ReadonlySet<string> = new Set(['then', 'toJSON', 'toString', 'valueOf']);
const USED_AS_VALUE: ReadonlySet<symbol> = new Set([
  Symbol.toPrimitive,
  Symbol.iterator,
  Symbol.asyncIterator,
]);

function refuse(source: RefSource<object>, how: string): never {
  throw new AppError('invalid', `${nameOf(source)} has no value while the DAG is built: it cannot be ${how}`);
}

function notAValue(source: RefSource<object>, used: string): AppError {
  const how = used === 'then' ? 'awaited' : used.includes('terator') ? 'looped over' : 'used as a value';
  return new AppError(
    'invalid',
    `${nameOf(source)} has no value while the DAG is built: it cannot be ${how}; ` +
      'put it into `needs` and read it in the function, or write an expression',
  );
}

function nameOf(source: RefSource<object>): string {
  const root = source.from === 'output' ? 'the output of a task' : source.from;
  return source.fields.length === 0 ? root : `${root} (.${source.fields.join('.')})`;
}
