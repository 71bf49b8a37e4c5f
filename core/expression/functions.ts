import type { Json } from '../model/json.ts';
import { nestsDeeper, VALUE_DEPTH_MAX } from '../model/json-depth.ts';
import { jsonEquals } from './equality.ts';

/** A function of the language: pure, total, linear in the size of its arguments. */
export interface ExpressionFunction {
  readonly minArgs: number;
  readonly maxArgs: number;
  /** How it is written, for messages and documentation. */
  readonly signature: string;
  /** The value, or why there is none. */
  readonly apply: (args: readonly Json[]) => Json | Refusal;
}

/** Why a function or operator has no value. */
export class Refusal {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** What people call the type of a value: `null`, `a number`, `a list`... */
export function typeName(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The text of a value where text is wanted: strings as they are, everything else as JSON. */
export function textOf(value: Json): string | Refusal {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return new Refusal('the value is nested too deeply to be written as text');
  }
}

const MANY = Number.POSITIVE_INFINITY;

const onText = (name: string, make: (text: string) => Json): ExpressionFunction => ({
  minArgs: 1,
  maxArgs: 1,
  signature: `${name}(text)`,
  apply: ([text]) =>
    typeof text === 'string' ? make(text) : new Refusal(`${name}() needs a string, not ${typeName(text)}`),
});

const onTexts = (name: string, test: (text: string, part: string) => boolean): ExpressionFunction => ({
  minArgs: 2,
  maxArgs: 2,
  signature: `${name}(text, part)`,
  apply: ([text, part]) =>
    typeof text === 'string' && typeof part === 'string'
      ? test(text, part)
      : new Refusal(`${name}() needs two strings, not ${typeName(text)} and ${typeName(part)}`),
});

const onNumber = (name: string, make: (value: number) => number): ExpressionFunction => ({
  minArgs: 1,
  maxArgs: 1,
  signature: `${name}(number)`,
  apply: ([value]) =>
    typeof value === 'number' ? make(value) : new Refusal(`${name}() needs a number, not ${typeName(value)}`),
});

/** Numbers given one by one or as one list. */
const onNumbers = (name: string, pick: (a: number, b: number) => number): ExpressionFunction => ({
  minArgs: 1,
  maxArgs: MANY,
  signature: `${name}(a, b, ...) or ${name}(list)`,
  apply: (args) => {
    const values: readonly Json[] = args.length === 1 && Array.isArray(args[0]) ? args[0] : args;
    let best: number | null = null;
    for (const value of values) {
      if (typeof value !== 'number') return new Refusal(`${name}() needs numbers, not ${typeName(value)}`);
      best = best === null ? value : pick(best, value);
    }
    return best;
  },
});

const ROUND_DIGITS_MAX = 15;

function round(value: Json | undefined, digits: Json | undefined): Json | Refusal {
  if (typeof value !== 'number') return new Refusal(`round() needs a number, not ${typeName(value)}`);
  if (typeof digits !== 'number' || !Number.isInteger(digits) || digits < 0 || digits > ROUND_DIGITS_MAX) {
    return new Refusal(`round() needs a whole number of digits from 0 to ${ROUND_DIGITS_MAX}`);
  }
  const scale = 10 ** digits;
  const scaled = value * scale;
  return Number.isFinite(scaled) ? (Math.sign(scaled) * Math.round(Math.abs(scaled))) / scale : value;
}

/** Whether a list has an equal item, an object the key, a text the part. */
export function contains(where: Json | undefined, what: Json): boolean | Refusal {
  if (Array.isArray(where)) return where.some((item: Json) => jsonEquals(item, what));
  if (typeof what === 'string' && typeof where === 'string') return where.includes(what);
  if (typeof what === 'string' && typeof where === 'object' && where !== null)
    return Object.hasOwn(where, what);
  return new Refusal(`cannot look for ${typeName(what)} in ${typeName(where)}`);
}

function join(list: Json | undefined, separator: Json): Json | Refusal {
  if (!Array.isArray(list)) return new Refusal(`join() needs a list, not ${typeName(list)}`);
  if (typeof separator !== 'string')
    return new Refusal(`join() needs a string between, not ${typeName(separator)}`);
  const parts: string[] = [];
  for (const item of list as readonly Json[]) {
    const text = textOf(item);
    if (text instanceof Refusal) return text;
    parts.push(text);
  }
  return parts.join(separator);
}

function length(value: Json | undefined): Json | Refusal {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  return new Refusal(`len() needs a string, list or object, not ${typeName(value)}`);
}

function toNumber(value: Json | undefined): Json | Refusal {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(value)) return Number(value);
  return new Refusal(
    `number() cannot read ` +
      `${typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : typeName(value)}`,
  );
}

function fromJson(text: Json | undefined): Json | Refusal {
  if (typeof text !== 'string') return new Refusal(`json() needs a string, not ${typeName(text)}`);
  if (nestsDeeper(text, VALUE_DEPTH_MAX))
    return new Refusal(`json() cannot read its text: it is nested deeper than ${VALUE_DEPTH_MAX} levels`);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return new Refusal('json() cannot read its text: it is not JSON');
  }
}

/** Every function of the language by name. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map<string, ExpressionFunction>([
  ['len', { minArgs: 1, maxArgs: 1, signature: 'len(value)', apply: ([value]) => length(value) }],
  [
    'contains',
    {
      minArgs: 2,
      maxArgs: 2,
      signature: 'contains(where, what)',
      apply: ([where, what]) => contains(where, what as Json),
    },
  ],
  ['startsWith', onTexts('startsWith', (text, part) => text.startsWith(part))],
  ['endsWith', onTexts('endsWith', (text, part) => text.endsWith(part))],
  ['lower', onText('lower', (text) => text.toLowerCase())],
  ['upper', onText('upper', (text) => text.toUpperCase())],
  ['trim', onText('trim', (text) => text.trim())],
  [
    'default',
    {
      minArgs: 2,
      maxArgs: MANY,
      signature: 'default(value, otherwise, ...)',
      apply: (args) => args.find((arg) => arg !== null) ?? null,
    },
  ],
  [
    'join',
    {
      minArgs: 1,
      maxArgs: 2,
      signature: "join(list, between = ',')",
      apply: ([list, between]) => join(list, between ?? ','),
    },
  ],
  ['min', onNumbers('min', Math.min)],
  ['max', onNumbers('max', Math.max)],
  [
    'round',
    {
      minArgs: 1,
      maxArgs: 2,
      signature: 'round(number, digits = 0)',
      apply: ([value, digits]) => round(value, digits ?? 0),
    },
  ],
  ['floor', onNumber('floor', Math.floor)],
  ['ceil', onNumber('ceil', Math.ceil)],
  ['abs', onNumber('abs', Math.abs)],
  [
    'string',
    { minArgs: 1, maxArgs: 1, signature: 'string(value)', apply: ([value]) => textOf(value as Json) },
  ],
  ['number', { minArgs: 1, maxArgs: 1, signature: 'number(value)', apply: ([value]) => toNumber(value) }],
  ['json', { minArgs: 1, maxArgs: 1, signature: 'json(text)', apply: ([text]) => fromJson(text) }],
]);
