import { nearest } from '../model/nearest.ts';
import type { ConfigMap, ConfigNode, ConfigSection } from './config.schema.ts';
import type { ConfigPlace, ConfigProblem, Written, WrittenEntry } from './layer.ts';
import { STANDARD_VARIABLES } from './telemetry.schema.ts';

const PREFIX = 'ORCH__';
/** Variables without it, and the keys that they stand for. One that is empty says nothing. */
const PLAIN_VARIABLES: typeof STANDARD_VARIABLES = {
  ORCH_LOG_LEVEL: ['log', 'level'],
  ...STANDARD_VARIABLES,
};

/**
 * The part of the config that environment variables hold: `ORCH__SCHEDULER__MAX_ACTIVE=8` is
 * `scheduler.maxActive`. Letter case and single underscores of known keys do not matter; names of pools are
 * taken as they are.
 */
export function envLayer(
  schema: ConfigSection,
  variables: { readonly [name: string]: string | undefined },
  placeOf: (name: string) => ConfigPlace,
  report: (problem: ConfigProblem) => void,
): Written[] {
  const layers: Written[] = [];
  for (const [name, path] of Object.entries(PLAIN_VARIABLES)) {
    const value = variables[name];
    if (value === undefined || value === '' || variables[envName(...path)] !== undefined) continue;
    layers.push(nested(path, value, placeOf(name)));
  }
  for (const name of Object.keys(variables).sort()) {
    const value = variables[name];
    if (!name.startsWith(PREFIX) || value === undefined) continue;
    const place = placeOf(name);
    const path = keysOf(schema, name.slice(PREFIX.length).split('__'));
    if (path !== null) layers.push(nested(path, value, place));
    else
      report({
        rule: 'config-unknown-key',
        message: `${name} names no key of the config`,
        place,
        ...similar(schema, name),
      });
  }
  return layers;
}

function plain(text: string): string {
  return text.replaceAll('_', '').toLowerCase();
}

function keysOf(schema: ConfigSection, segments: readonly string[]): string[] | null {
  const path: string[] = [];
  let node: ConfigNode = schema;
  for (const segment of segments) {
    if (node.type !== 'object' || segment === '') return null;
    const next: { key: string; node: ConfigNode } | null = step(node, segment);
    if (next === null) return null;
    path.push(next.key);
    node = next.node;
  }
  const ends = node.type !== 'object' || (node.additionalProperties === false && node.shortFor !== undefined);
  return ends ? path : null;
}

function step(node: ConfigSection | ConfigMap, segment: string): { key: string; node: ConfigNode } | null {
  if (node.additionalProperties !== false) return { key: segment, node: node.additionalProperties };
  const key = Object.keys(node.properties).find((name) => plain(name) === plain(segment));
  const found = key === undefined ? undefined : node.properties[key];
  return key === undefined || found === undefined ? null : { key, node: found };
}

function similar(schema: ConfigSection, name: string): { hint: string } | Record<string, never> {
  const names = Object.entries(schema.properties).flatMap(([section, node]) =>
    node.type === 'object' && node.additionalProperties === false
      ? Object.keys(node.properties).map((key) => envName(section, key))
      : [],
  );
  const found = nearest(name, names);
  return found === null ? {} : { hint: `did you mean ${found}?` };
}

/** The variable of a key: `scheduler`, `maxActive` → `ORCH__SCHEDULER__MAX_ACTIVE`. */
export function envName(...path: readonly string[]): string {
  return PREFIX + path.map((key) => key.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()).join('__');
}

function nested(path: readonly string[], value: string, place: ConfigPlace): Written {
  const leaf: Written = { kind: 'scalar', value, place, text: true };
  return path.reduceRight<Written>((inner, key) => {
    const entry: WrittenEntry = { key, place, value: inner };
    return { kind: 'map', entries: [entry], place };
  }, leaf);
}
