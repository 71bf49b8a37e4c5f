import { CONNECTION_TYPES, type ConnectionField } from '../model/connection.ts';
import { parseDuration } from '../model/duration.ts';
import { nearest } from '../model/nearest.ts';
import { CONNECTION_PREFIX } from '../model/variable.ts';
import type { ConfigLeaf, ConfigMap, ConfigNode, ConfigSection } from './config.schema.ts';
import type { ConfigProblem, Setting, Settings, Written, WrittenEntry } from './layer.ts';

const SECRET_FIELDS: ReadonlySet<string> = new Set(
  Object.values(CONNECTION_TYPES).flatMap((fields: { readonly [name: string]: ConnectionField }) =>
    Object.keys(fields).filter((name) => fields[name]?.secret),
  ),
);

/**
 * Checks one layer against the schema and gives its values by dotted key. Durations become milliseconds,
 * texts of the environment the type of their key. Everything wrong is reported, nothing is thrown.
 */
export function readLayer(
  schema: ConfigSection,
  layer: Written,
  report: (problem: ConfigProblem) => void,
): Settings {
  const settings = new Map<string, Setting>();
  read(schema, layer, '', { settings, report });
  return settings;
}

interface Reading {
  readonly settings: Map<string, Setting>;
  readonly report: (problem: ConfigProblem) => void;
}

function isLeaf(node: ConfigNode): node is ConfigLeaf {
  return node.type !== 'object';
}

function isMap(node: ConfigSection | ConfigMap): node is ConfigMap {
  return node.additionalProperties !== false;
}

function read(node: ConfigNode, written: Written, key: string, reading: Reading): void {
  if (isLeaf(node)) readLeaf(node, written, key, reading);
  else if (written.kind === 'scalar' && written.value === null) return;
  else if (written.kind === 'map') readMap(node, written, key, reading);
  else readShort(node, written, key, reading);
}

function readShort(node: ConfigSection | ConfigMap, written: Written, key: string, reading: Reading): void {
  const short = isMap(node) ? undefined : node.shortFor;
  const target = short === undefined || isMap(node) ? undefined : node.properties[short];
  if (target !== undefined && written.kind === 'scalar')
    return read(target, written, `${key}.${short}`, reading);
  const what = key === '' ? 'the config' : `'${key}'`;
  reading.report({
    rule: 'config-type',
    message: `${what} must be a map of keys to values, not ${shown(written)}`,
    place: written.place,
  });
}

function readMap(
  node: ConfigSection | ConfigMap,
  written: Extract<Written, { kind: 'map' }>,
  at: string,
  reading: Reading,
): void {
  for (const entry of written.entries) {
    const key = at === '' ? entry.key : `${at}.${entry.key}`;
    if (isMap(node)) {
      if (new RegExp(node.propertyNames.pattern).test(entry.key)) {
        readNeeded(node.additionalProperties, entry, key, reading);
        read(node.additionalProperties, entry.value, key, reading);
      } else
        reading.report({
          rule: 'config-name',
          message: `'${entry.key}' is no name: a letter or underscore, then letters, digits, '_' or '-'`,
          place: entry.place,
        });
    } else if (Object.hasOwn(node.properties, entry.key)) {
      read(node.properties[entry.key] as ConfigNode, entry.value, key, reading);
    } else {
      reading.report(unknownKey(node, entry.key, at, entry.place));
    }
  }
}

/** What a user has named and then said nothing about would be left out without a word. */
function readNeeded(node: ConfigNode, entry: WrittenEntry, key: string, { report }: Reading): void {
  const { value, place } = entry;
  const isEmpty =
    value.kind === 'scalar' ? value.value === null : value.kind === 'map' && value.entries.length === 0;
  const needs = isLeaf(node) || isMap(node) ? undefined : node.needs;
  if (isEmpty && needs !== undefined)
    report({ rule: 'config-missing', message: `'${key}' needs '${needs}'`, place });
}

function unknownKey(
  node: ConfigSection,
  key: string,
  at: string,
  place: ConfigProblem['place'],
): ConfigProblem {
  if (at.startsWith('connections.') && SECRET_FIELDS.has(key)) {
    const name = at.slice('connections.'.length);
    const hint = `orch connection set ${name}, or ${CONNECTION_PREFIX}${name} in the environment`;
    return {
      rule: 'config-secret',
      message: `'${key}' is a secret: it does not stand in the config`,
      place,
      hint,
    };
  }
  const known = Object.keys(node.properties);
  const similar = nearest(key, known);
  return {
    rule: 'config-unknown-key',
    message: at === '' ? `unknown section '${key}'` : `unknown key '${key}' in '${at}'`,
    place,
    hint: similar === null ? `known here: ${known.join(', ')}` : `did you mean '${similar}'?`,
  };
}

function readLeaf(leaf: ConfigLeaf, written: Written, key: string, reading: Reading): void {
  const value = leaf.type === 'array' ? listValue(leaf, written) : scalarValue(leaf, written);
  if (value !== null) {
    reading.settings.set(key, { value, place: written.place });
    return;
  }
  const hint =
    written.kind === 'scalar' && 'enum' in leaf ? nearest(String(written.value), leaf.enum ?? []) : null;
  // A text that is none of its form may be anything, an address with a password too.
  const said =
    'secret' in leaf || (leaf.type === 'string' && 'pattern' in leaf) ? 'what stands here' : shown(written);
  reading.report({
    rule: 'config-value',
    message: `'${key}' must be ${expected(leaf)}, not ${said}`,
    place: written.place,
    ...(hint === null ? {} : { hint: `did you mean '${hint}'?` }),
  });
}

function scalarValue(leaf: ConfigLeaf, written: Written): Setting['value'] | null {
  return written.kind === 'scalar' ? leafValue(leaf, written.value, written.text === true) : null;
}

function listValue(
  { items }: Extract<ConfigLeaf, { type: 'array' }>,
  written: Written,
): readonly string[] | null {
  const fits = new RegExp(items.pattern, 'u');
  const values = written.kind === 'list' ? written.items : [written];
  const texts = values.flatMap((one): unknown[] => {
    if (one.kind !== 'scalar' || typeof one.value !== 'string') return [null];
    return one.text === true ? one.value.split(',').map((part) => part.trim()) : [one.value];
  });
  return texts.length > 0 && texts.every((one) => typeof one === 'string' && fits.test(one))
    ? (texts as string[])
    : null;
}

function leafValue(leaf: ConfigLeaf, value: unknown, text: boolean): Setting['value'] | null {
  if (leaf.type === 'string') {
    if (typeof value !== 'string' || value === '') return null;
    if (leaf.pattern !== undefined && !new RegExp(leaf.pattern, 'u').test(value)) return null;
    return leaf.enum === undefined || leaf.enum.includes(value) ? value : null;
  }
  if (leaf.type === 'boolean') {
    if (text && (value === 'true' || value === 'false')) return value === 'true';
    return typeof value === 'boolean' ? value : null;
  }
  const number = text && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (leaf.type === 'integer' || leaf.type === 'number') {
    if (typeof number !== 'number' || !Number.isFinite(number)) return null;
    if (leaf.type === 'integer' && !Number.isInteger(number)) return null;
    return number >= leaf.minimum && number <= leaf.maximum ? number : null;
  }
  return typeof number === 'string' || typeof number === 'number' ? parseDuration(number) : null;
}

function expected(leaf: ConfigLeaf): string {
  if (leaf.type === 'string' && leaf.pattern !== undefined) return 'a text as its description has';
  if (leaf.type === 'string')
    return leaf.enum === undefined ? 'a text' : leaf.enum.map((value) => `'${value}'`).join(' or ');
  if (leaf.type === 'integer') return `a whole number from ${leaf.minimum} to ${leaf.maximum}`;
  if (leaf.type === 'number') return `a number from ${leaf.minimum} to ${leaf.maximum}`;
  if (leaf.type === 'boolean') return 'true or false';
  if (leaf.type === 'array') return 'a list of such texts as its description has';
  return "a duration such as '90s', '5m' or '1h30m'";
}

function shown(written: Written): string {
  if (written.kind === 'list') return 'a list';
  if (written.kind === 'map') return 'a map';
  if (written.value === null) return 'nothing';
  return typeof written.value === 'string' ? `'${written.value}'` : String(written.value);
}
