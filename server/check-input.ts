import { Ajv, type ValidateFunction } from 'ajv';
import type { TSchema } from 'typebox';
import { AppError } from '../core/model/errors.ts';
import { pointer } from '../core/schema/schema-problem.ts';
import { problemsOf } from '../core/schema/validate.ts';

/** One thing that is wrong with a request: where in it, and what. */
export interface InputProblem {
  /** A JSON pointer into the part of the request that `in` names. */
  readonly pointer: string;
  readonly in: 'path' | 'query' | 'body';
  readonly detail: string;
}

const SETTINGS = { allErrors: true, verbose: true, strict: false, logger: false } as const;
const bodies = new Ajv({ ...SETTINGS, ownProperties: true, discriminator: true, validateFormats: false });
/** What stands in a URL is text: numbers and booleans are read from it, and one value is a list of one. */
const texts = new Ajv({ ...SETTINGS, ownProperties: true, coerceTypes: 'array', validateFormats: false });

const NAMES = { path: 'the path', query: 'the query', body: 'the body' } as const;

/** Checks one part of a request against a schema that is compiled at its first use. */
export class InputCheck {
  readonly #schema: TSchema;
  readonly #in: InputProblem['in'];
  #validate: ValidateFunction | null = null;

  constructor(schema: TSchema, part: InputProblem['in']) {
    this.#schema = schema;
    this.#in = part;
  }

  /** What is wrong with a value; empty when it fits. Values of a URL are converted in place. */
  problems(value: unknown): InputProblem[] {
    const place = findNul(value);
    if (place !== null) {
      const detail = 'a text may not have the character U+0000';
      return [{ pointer: pointer(place), in: this.#in, detail }];
    }
    this.#validate ??= (this.#in === 'body' ? bodies : texts).compile(this.#schema);
    if (this.#validate(value)) return [];
    const found = problemsOf(this.#validate.errors ?? [], { value, name: NAMES[this.#in] });
    return found.map(({ path, message, hint }) => ({
      pointer: pointer(path),
      in: this.#in,
      detail: hint === undefined ? message : `${message} (${hint})`,
    }));
  }
}

/** Where a value has U+0000, which no database, environment or file name takes; `null`: nowhere. */
function findNul(value: unknown, path: readonly string[] = []): readonly string[] | null {
  if (typeof value === 'string') return value.includes('\0') ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, one] of Object.entries(value)) {
    const found = name.includes('\0') ? path : findNul(one, [...path, name]);
    if (found !== null) return found;
  }
  return null;
}

/** Refuses a request with everything that is wrong with it. */
export function refuseInput(problems: readonly InputProblem[]): AppError {
  const [first] = problems;
  const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  const what = first === undefined ? 'it does not fit' : `${first.detail}${more}`;
  return new AppError('usage', what, { errors: problems.map((one) => ({ ...one })) });
}
