import { createHash } from 'node:crypto';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { chooseBranches } from './branches.ts';
import { READY_CHECKS } from './ready-checks.ts';
import type { SchemaProblem } from './schema-problem.ts';
import { problemOf, type Subject } from './sentences.ts';

/** Problems reported of one value; more of them help nobody. */
const PROBLEMS_MAX = 100;

/**
 * A check of values against one schema; an empty list means that the value fits. `name` is what sentences
 * call the value, such as `task 'a.b'`.
 */
export type Validator = (value: unknown, name?: string) => SchemaProblem[];

/**
 * Makes a validator of a JSON Schema. It is compiled at first use; problems come as sentences, of an `anyOf`
 * those of the branch that was most likely meant.
 */
export function makeValidator(schema: object): Validator {
  let compiled: ValidateFunction | null = null;
  return (value, name = '') => {
    compiled ??= compile(schema, true);
    if (compiled(value)) return [];
    return problemsOf(compiled.errors ?? [], { value, name });
  };
}

/**
 * Makes a check that stops at the first problem: for values that programs wrote. `null` means that the value
 * fits.
 */
export function makeQuickCheck(schema: object): (value: unknown) => SchemaProblem | null {
  let compiled: ValidateFunction | null = null;
  return (value) => {
    compiled ??= compile(schema, false);
    if (compiled(value)) return null;
    return problemsOf(compiled.errors ?? [], { value, name: '' })[0] as SchemaProblem;
  };
}

const hasReadyChecks = Object.keys(READY_CHECKS).length > 0;

function compile(schema: object, allErrors: boolean): ValidateFunction {
  const ready = hasReadyChecks ? READY_CHECKS[checkKey(schema, allErrors)] : undefined;
  return ready ?? newAjv({ allErrors, checkSchemas: false }).compile(schema);
}

/** The name of a compiled check: another one for every other schema. */
export function checkKey(schema: object, allErrors: boolean): string {
  return createHash('sha256')
    .update(JSON.stringify([schema, allErrors]))
    .digest('hex');
}

/** Errors of ajv as sentences. */
export function problemsOf(errors: readonly ErrorObject[], subject: Subject): SchemaProblem[] {
  const chosen = chooseBranches(errors.filter((error) => error.propertyName === undefined));
  return chosen.slice(0, PROBLEMS_MAX).map((error) => problemOf(error, subject));
}

/**
 * ajv with the settings of this project: silent, no conversion of values; schemas may have keywords of users.
 */
export function newAjv(options: {
  readonly allErrors: boolean;
  readonly checkSchemas?: boolean;
  /** What is compiled can be written as the code of a module. */
  readonly keepsCode?: boolean;
}): Ajv {
  const { allErrors, checkSchemas = true, keepsCode = false } = options;
  return new Ajv({
    allErrors,
    verbose: true,
    strict: false,
    validateFormats: false,
    ownProperties: true,
    discriminator: true,
    logger: false,
    // A schema is compiled for a few values in a short process: tidying the code up costs more than it saves.
    code: keepsCode ? { source: true } : { optimize: false },
    ...(checkSchemas ? {} : { meta: false, validateSchema: false }),
  });
}
