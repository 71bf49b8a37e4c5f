import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { DagSpec } from '../core/model/dag.ts';
import { AppError } from '../core/model/errors.ts';
import type { Json, JsonObject } from '../core/model/json.ts';
import { nearest } from '../core/model/nearest.ts';
import { checkParams } from '../core/schema/params.ts';

export interface ParamInput {
  /** `name=value`, as given with `-p`. */
  readonly pairs: readonly string[];
  /** A JSON or YAML file, relative to `cwd`. */
  readonly file?: string;
  readonly cwd: string;
}

/**
 * The params of a run: file, then `-p`, then defaults of the DAG for what is left. A pair that is none is
 * `usage`, a value that does not fit its schema `invalid`.
 */
export function runParams(spec: DagSpec, input: ParamInput): JsonObject {
  return withDefaults(spec, givenParams(spec, input));
}

/** The params of file and `-p`, as they are given: not checked yet, and without defaults. */
export function givenParams(spec: DagSpec, input: ParamInput): JsonObject {
  const schemas = propertiesOf(spec);
  const given = new Map<string, Json>(
    Object.entries(input.file === undefined ? {} : fileParams(input.file, input.cwd)),
  );
  for (const pair of input.pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new AppError('usage', `'-p ${pair}' is no param: write -p name=value.`);
    const name = pair.slice(0, at);
    given.set(name, typedValue(schemas.get(name), pair.slice(at + 1)));
  }
  for (const name of given.keys())
    if (!schemas.has(name)) throw unknownParam(spec, name, [...schemas.keys()]);
  return Object.fromEntries(given);
}

function propertiesOf(spec: DagSpec): Map<string, JsonObject> {
  const properties = spec.params?.properties;
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties)) return new Map();
  return new Map(Object.entries(properties as { readonly [name: string]: JsonObject }));
}

function fileParams(file: string, cwd: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new AppError('not_found', `Cannot read the params file ${file}.`, {}, error);
  }
  const document = parseDocument(text, { prettyErrors: false });
  const value: unknown = document.errors.length === 0 ? document.toJS({ maxAliasCount: 0 }) : null;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const why = document.errors[0]?.message ?? 'it must hold an object of names and values';
    throw new AppError('invalid', `The params file ${file} cannot be used: ${why}.`);
  }
  return value as JsonObject;
}

/**
 * Reads the text of a value by the type that its schema wants; what does not fit stays text, for the check to
 * say so.
 */
function typedValue(schema: JsonObject | undefined, text: string): Json {
  const types = typesOf(schema);
  if (types.includes('string') && !/^["[{]/.test(text)) return text;
  const parsed = parsedJson(text);
  if (types.includes('array') && !Array.isArray(parsed)) {
    const items = typeof schema?.items === 'object' ? (schema.items as JsonObject) : undefined;
    return text === '' ? [] : text.split(',').map((part) => typedValue(items, part.trim()));
  }
  if (types.includes('string') && typeof parsed !== 'string' && types.length === 1) return text;
  return parsed === undefined ? text : parsed;
}

function typesOf(schema: JsonObject | undefined): readonly Json[] {
  const type = schema?.type;
  return Array.isArray(type) ? type : type === undefined ? [] : [type as Json];
}

function parsedJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function unknownParam(spec: DagSpec, name: string, known: readonly string[]): AppError {
  const similar = nearest(name, known);
  const list = known.length === 0 ? 'It has none.' : `Its params: ${known.join(', ')}.`;
  return new AppError(
    'usage',
    `DAG ${spec.id} has no param '${name}'. ${similar === null ? list : `Did you mean '${similar}'?`}`,
  );
}

/** Params with the defaults of the DAG filled in; `invalid` if one does not fit its schema. */
export function withDefaults(spec: DagSpec, given: JsonObject): JsonObject {
  const result = checkParams(spec, given);
  if (result.ok) return result.params;
  const list = result.problems.map(
    ({ message, hint }) => `  ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
  throw new AppError('invalid', `The params do not fit DAG ${spec.id}:\n${list.join('\n')}`);
}
