/** The keys of JSON Schema that the answers of the API are described with, as far as they decide here. */
export interface AnswerSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly AnswerSchema[];
  readonly items?: AnswerSchema;
  readonly properties?: { readonly [name: string]: AnswerSchema };
  readonly required?: readonly string[];
  readonly patternProperties?: { readonly [pattern: string]: AnswerSchema };
  readonly additionalProperties?: boolean | AnswerSchema;
}

/** What is wrong with an answer first, each as a sentence; `null`: nothing. */
export interface AnswerMistakes {
  /** A value of another type, which no version of orch answers. */
  readonly wrong: string | null;
  /** What is not there: a server of another version may not have it yet. */
  readonly missing: string | null;
}

/**
 * Looks whether an answer can be read as its schema says. Members and words that the schema does not know may
 * come from a newer server; a member that is not there is put in as `null` where it may be that.
 * @param names The schemas that `$ref` names.
 */
export function answerMistakes(
  schema: AnswerSchema,
  answer: unknown,
  names: { readonly [name: string]: AnswerSchema },
): AnswerMistakes {
  const look = new Look(names);
  return { wrong: look.at(schema, answer, ''), missing: look.missing };
}

type Members = { [name: string]: unknown };

class Look {
  readonly #names: { readonly [name: string]: AnswerSchema };
  missing: string | null = null;

  constructor(names: { readonly [name: string]: AnswerSchema }) {
    this.#names = names;
  }

  /** What is wrong with a value at a place; `null`: nothing. */
  at(given: AnswerSchema, value: unknown, place: string): string | null {
    const schema = this.#resolved(given);
    if (schema.anyOf !== undefined) return this.#anyOf(schema.anyOf, value, place);
    const words = 'const' in schema ? [schema.const] : schema.enum;
    if (words !== undefined)
      return words.some((word) => kindOf(word) === kindOf(value))
        ? null
        : isNo(place, 'value of a type that it may have');
    switch (schema.type) {
      case undefined:
        return null;
      case 'integer':
        return Number.isSafeInteger(value) ? null : isNo(place, 'whole number');
      case 'number':
        return Number.isFinite(value) ? null : isNo(place, 'number');
      case 'string':
        if (typeof value !== 'string') return isNo(place, 'text');
        return schema.format === 'date-time' && !isInstant(value) ? isNo(place, 'instant') : null;
      case 'array':
        return Array.isArray(value) ? this.#items(schema, value, place) : isNo(place, 'list');
      case 'object':
        return kindOf(value) === 'object'
          ? this.#members(schema, value as Members, place)
          : isNo(place, 'object');
      default:
        return kindOf(value) === schema.type ? null : isNo(place, schema.type);
    }
  }

  #resolved(schema: AnswerSchema): AnswerSchema {
    if (schema.$ref === undefined) return schema;
    return this.#names[schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)] ?? {};
  }

  /** With one alternative beside `null`, what is wrong is wrong in that. */
  #anyOf(all: readonly AnswerSchema[], value: unknown, place: string): string | null {
    const known = this.missing;
    const found = all.map((one) => {
      this.missing = known;
      const wrong = this.at(one, value, place);
      return { one, wrong, missing: this.missing };
    });
    const best = found.find(({ wrong, missing }) => wrong === null && missing === known);
    const fit = best ?? found.find(({ wrong }) => wrong === null);
    this.missing = fit?.missing ?? known;
    if (fit !== undefined) return null;
    const [only, ...others] = found.filter(({ one }) => one.type !== 'null');
    return only !== undefined && others.length === 0
      ? only.wrong
      : isNo(place, 'value of a type that it may have');
  }

  #items({ items }: AnswerSchema, value: readonly unknown[], place: string): string | null {
    if (items === undefined) return null;
    for (let at = 0; at < value.length; at++) {
      const wrong = this.at(items, value[at], `${place}/${at}`);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  #members(schema: AnswerSchema, value: Members, place: string): string | null {
    const { properties = {}, required = [], patternProperties = {}, additionalProperties } = schema;
    for (const name of required) {
      if (Object.hasOwn(value, name)) continue;
      const one = this.#resolved(properties[name] ?? {});
      if (one.anyOf?.some(({ type }) => type === 'null')) value[name] = null;
      else this.missing ??= `${place}/${name} is not there`;
    }
    const [rest = typeof additionalProperties === 'object' ? additionalProperties : undefined] =
      Object.values(patternProperties);
    for (const [name, one] of Object.entries(value)) {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      // Names that the server chose are not repeated.
      const wrong = known
        ? this.at(known, one, `${place}/${name}`)
        : rest && this.at(rest, one, `${place}/*`);
      if (typeof wrong === 'string') return wrong;
    }
    return null;
  }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

function isInstant(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

function isNo(place: string, what: string): string {
  return `${place === '' ? 'it' : place} is no ${what}`;
}
