import type { Ajv } from 'ajv';
import type { JsonObject } from '../../model/json.ts';
import { newAjv, problemsOf } from '../../schema/validate.ts';
import type { Problems } from './problems.ts';

/**
 * The object schema of the params of a DAG: each one checked as a schema, and its default against itself.
 * Those without a default are required.
 */
export function readParams(
  params: { readonly [name: string]: JsonObject },
  problems: Problems,
): JsonObject | undefined {
  const names = Object.keys(params).sort();
  if (names.length === 0) return undefined;
  const ajv = newAjv({ allErrors: true, checkSchemas: false });
  for (const name of names) checkParam(name, params[name] as JsonObject, ajv, problems);
  const required = names.filter((name) => !Object.hasOwn(params[name] as JsonObject, 'default'));
  const properties = Object.fromEntries(names.map((name) => [name, params[name] as JsonObject]));
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length > 0 ? { required } : {}),
  };
}

/** Knows the schema of schemas, which takes longer to compile than most params. */
let schemaAjv: Ajv | null = null;

function checkParam(name: string, schema: JsonObject, ajv: Ajv, problems: Problems): void {
  const at = ['params', name];
  schemaAjv ??= newAjv({ allErrors: true });
  if (schemaAjv.validateSchema(schema) !== true) {
    const [first] = problemsOf(schemaAjv.errors ?? [], {
      value: schema,
      name: `the schema of param '${name}'`,
    });
    problems.error(
      'bad-param',
      first?.message ?? `the schema of param '${name}' is wrong`,
      [...at, ...(first?.path ?? [])],
      {
        hint: first?.hint,
      },
    );
    return;
  }
  try {
    const fits = ajv.compile(schema);
    if (!Object.hasOwn(schema, 'default') || fits(schema.default)) return;
    const subject = { value: schema.default, name: `the default of param '${name}'` };
    for (const { message, path, hint } of problemsOf(fits.errors ?? [], subject)) {
      problems.error('bad-default', message, [...at, 'default', ...path], { hint });
    }
  } catch (error) {
    problems.error('bad-param', `the schema of param '${name}' is wrong: ${(error as Error).message}`, at);
  }
}
