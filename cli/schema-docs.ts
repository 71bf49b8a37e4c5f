import { CONFIG_SCHEMA } from '../core/config/config.schema.ts';
import { nearest } from '../core/model/nearest.ts';
import { DAG_FILE_SCHEMA } from '../core/schema/dag-file.schema.ts';

/** What there is to say about one key. */
export interface KeyDoc {
  readonly name: string;
  readonly about: string;
  readonly type: string;
  readonly default: string | undefined;
  readonly values: readonly string[];
  readonly examples: readonly string[];
  readonly children: readonly { readonly name: string; readonly about: string }[];
}

export type FoundKey =
  | { readonly ok: true; readonly doc: KeyDoc; readonly raw: object }
  | { readonly ok: false; readonly message: string };

interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly properties?: { readonly [key: string]: Schema };
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

const ROOT = DAG_FILE_SCHEMA as unknown as Schema & {
  readonly definitions: { readonly [name: string]: Schema };
};

/** The keys of a DAG file. */
export function topKeys(): FoundKey {
  return { ok: true, doc: docOf('DAG file', ROOT), raw: DAG_FILE_SCHEMA };
}

/** The key at a path; names that users choose (of tasks, params, pools) may be left out of it. */
export function findKey(path: readonly string[]): FoundKey {
  const isConfig = path[0] === 'config';
  let schema: Schema = isConfig ? (CONFIG_SCHEMA as unknown as Schema) : ROOT;
  for (const [at, name] of path.entries()) {
    if (isConfig && at === 0) continue;
    const children = childrenOf(schema);
    const next = children.get(name);
    if (next !== undefined) {
      schema = next;
      continue;
    }
    const where = path.slice(0, at).join('.') || 'a DAG';
    const similar = nearest(name, children.keys());
    const advice =
      similar === null
        ? `It has: ${[...children.keys()].join(', ') || 'no keys'}.`
        : `Did you mean '${similar}'?`;
    return { ok: false, message: `There is no key '${name}' in ${where}. ${advice}` };
  }
  return { ok: true, doc: docOf(path.join('.'), schema), raw: resolved(schema) };
}

function resolved(schema: Schema): Schema {
  const name = schema.$ref?.replace('#/definitions/', '');
  const target = name === undefined ? undefined : ROOT.definitions[name];
  return target === undefined
    ? schema
    : { ...target, ...(schema.description === undefined ? {} : { description: schema.description }) };
}

/** Keys below a schema, over all its alternatives; of a map, those of its values. */
function childrenOf(schema: Schema): Map<string, Schema> {
  const found = new Map<string, Schema>();
  const visit = (one: Schema, depth: number): void => {
    const { properties, additionalProperties, items, anyOf, oneOf } = resolved(one);
    for (const [name, child] of Object.entries(properties ?? {}))
      if (!found.has(name)) found.set(name, child);
    for (const branch of [...(anyOf ?? []), ...(oneOf ?? [])]) visit(branch, depth);
    if (depth > 0) return;
    if (typeof additionalProperties === 'object') visit(additionalProperties, depth + 1);
    if (items !== undefined) visit(items, depth + 1);
  };
  visit(schema, 0);
  return found;
}

function docOf(name: string, schema: Schema): KeyDoc {
  const one = resolved(schema);
  return {
    name,
    about: one.description ?? '',
    type: typeText(one),
    default: one.default === undefined ? undefined : valueText(one.default),
    values: (one.enum ?? []).map(valueText),
    examples: (one.examples ?? []).map(valueText),
    children: [...childrenOf(one)].map(([key, child]) => ({
      name: key,
      about: resolved(child).description ?? '',
    })),
  };
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function typeText(schema: Schema): string {
  if (schema.enum !== undefined) return '';
  if (typeof schema.type === 'string') return schema.type;
  if (schema.type !== undefined) return schema.type.join(' or ');
  const branches = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].map((branch) =>
    typeText(resolved(branch)),
  );
  return [...new Set(branches.filter((text) => text !== ''))].join(' or ');
}
