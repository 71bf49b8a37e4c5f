import type { RequestMistake } from '../model/action.ts';
import type { DagSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { pointer, type SchemaProblem } from './schema-problem.ts';
import { makeValidator, type Validator } from './validate.ts';

/** Params that fit their schema, with defaults filled in; or what is wrong with them. */
export type CheckedParams =
  | { readonly ok: true; readonly params: JsonObject }
  | { readonly ok: false; readonly problems: readonly SchemaProblem[] };

/** Compiling a schema takes longer than all the rest of a trigger. */
const validators = new WeakMap<object, Validator>();

const NO_PARAMS: JsonObject = { type: 'object', properties: {}, additionalProperties: false };

/** Fills in the defaults of a DAG's params and checks the whole against their schema. */
export function checkParams(spec: DagSpec, given: JsonObject): CheckedParams {
  const schema = spec.params ?? NO_PARAMS;
  const params: { [name: string]: Json } = { ...given };
  const properties = (schema.properties ?? {}) as { readonly [name: string]: JsonObject };
  for (const [name, property] of Object.entries(properties)) {
    if (!Object.hasOwn(params, name) && property.default !== undefined)
      params[name] = structuredClone(property.default);
  }
  let validate = validators.get(schema);
  if (!validate) {
    validate = makeValidator({ additionalProperties: false, ...schema });
    validators.set(schema, validate);
  }
  const problems = validate(params, 'params');
  return problems.length === 0 ? { ok: true, params } : { ok: false, problems };
}

/** More mistakes than these are in the sentence alone. */
const PLACES_MAX = 20;

/** The refusal of a request whose `params` do not fit, with their places; `before` begins what it says. */
export function paramsRefusal(problems: readonly SchemaProblem[], before = ''): AppError {
  const errors = problems.slice(0, PLACES_MAX).map(
    ({ path, message, hint }): RequestMistake => ({
      pointer: pointer(['params', ...path]),
      detail: hint === undefined ? message : `${message} (${hint})`,
    }),
  );
  const sentence = `${before}${problems.map(({ message }) => message).join('; ')}`;
  return new AppError('invalid', sentence, { errors });
}
