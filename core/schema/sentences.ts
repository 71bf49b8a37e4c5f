import type { ErrorObject } from 'ajv';
import { DURATION_PATTERN } from '../model/duration.ts';
import { ID_PATTERN } from '../model/ids.ts';
import { nearest } from '../model/nearest.ts';
import type { SchemaProblem } from './schema-problem.ts';
import { valueHint } from './value-hint.ts';
import { ENV_NAME_PATTERN, NAME_PATTERN } from './words.schema.ts';

type Path = (string | number)[];

/** What a value is called in sentences: `the file`, `task 'a.b'`. */
export interface Subject {
  readonly value: unknown;
  readonly name: string;
}

/** An error of ajv (made with `verbose`) as a sentence with a place. */
export function problemOf(error: ErrorObject, subject: Subject): SchemaProblem {
  const path = pathOf(error, subject.value);
  const name = nameOf(path, subject);
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, path, name);
    case 'required':
      return bad(path, 'missing-key', `${name} lacks the key '${error.params.missingProperty}'`);
    case 'propertyNames':
    case 'pattern':
      return patternProblem(error, path, name);
    case 'enum':
      return enumProblem(error, path, name);
    case 'type':
    case 'anyOf':
      return typeProblem(error, path, name);
    default:
      return bad(path, 'bad-value', `${name} ${limitWords(error)}`);
  }
}

function bad(path: Path, rule: string, message: string, hint?: string | null): SchemaProblem {
  return { path, at: 'value', rule, message, ...(hint ? { hint } : {}) };
}

function pathOf(error: ErrorObject, root: unknown): Path {
  const path: Path = [];
  let at = root;
  for (const raw of error.instancePath.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return path;
}

/** `'retries.max' of task 'a'`, or the name of the subject for its root. */
function nameOf(path: Path, subject: Subject): string {
  if (path.length === 0) return subject.name;
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return subject.name === '' ? `'${text}'` : `'${text}' of ${subject.name}`;
}

/** Words of other tools for what has another name here. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['if', 'when'],
  ['condition', 'when'],
  ['dependson', 'needs'],
  ['depends', 'needs'],
  ['upstream', 'needs'],
  ['inputs', 'needs'],
  ['command', 'run'],
  ['cmd', 'run'],
  ['bash', 'run'],
  ['script', 'run'],
  ['shell', 'run'],
  ['operator', 'uses'],
  ['function', 'uses'],
  ['args', 'with'],
  ['parameters', 'params'],
  ['retry', 'retries'],
  ['executiontimeout', 'timeout'],
  ['environment', 'env'],
  ['items', 'over'],
  ['name', 'title'],
  ['cron', 'schedule'],
  ['startdate', 'startAt'],
  ['enddate', 'endAt'],
  ['concurrency', 'maxParallel'],
  ['steps', 'tasks'],
  ['jobs', 'tasks'],
  ['scheduleinterval', 'schedule'],
  ['dagid', 'id'],
  ['docmd', 'description'],
  ['dagruntimeout', 'timeout'],
  ['maxconsecutivefaileddagruns', 'pauseAfterFailures'],
  ['bashcommand', 'run'],
  ['pythoncallable', 'uses'],
  ['opkwargs', 'with'],
  ['opargs', 'with'],
  ['retrydelay', 'retries'],
  ['maxretrydelay', 'retries'],
  ['priorityweight', 'priority'],
  ['maxactivetisperdag', 'maxActive'],
  ['maxactivetisperdagrun', 'maxActivePerRun'],
  ['outlets', 'produces'],
  ['expand', 'forEach'],
  ['pokeinterval', 'every'],
  ['sla', 'deadline'],
  ['onexecutecallback', 'onStart'],
  ['onsuccesscallback', 'onSuccess'],
  ['onfailurecallback', 'onFailure'],
  ['onretrycallback', 'onRetry'],
  ['onskippedcallback', 'onSkip'],
]);

/** Keys of a fan-out as a whole, which many write into its `forEach`. */
const BESIDE_FOR_EACH: ReadonlySet<string> = new Set(['needs', 'after', 'triggerRule', 'stage']);

function unknownKey(error: ErrorObject, path: Path, name: string): SchemaProblem {
  const word = String(error.params.additionalProperty);
  const known = Object.keys((error.parentSchema as { properties?: object }).properties ?? {});
  const inside = name === '' ? '' : ` in ${name}`;
  const fold = (text: string): string => text.replaceAll(/[-_]/g, '').toLowerCase();
  const foreign = OTHER_WORDS.get(fold(word));
  const meant =
    known.find((key) => fold(key) === fold(word)) ??
    nearest(word, known) ??
    (foreign !== undefined && known.includes(foreign) ? foreign : null);
  const isOutside = path.at(-1) === 'forEach' && BESIDE_FOR_EACH.has(word);
  const otherwise = isOutside ? "it stands beside 'forEach'" : `known keys: ${known.join(', ')}`;
  const hint = meant === null || isOutside ? otherwise : `did you mean '${meant}'?`;
  return {
    path: [...path, word],
    at: 'key',
    rule: 'unknown-key',
    message: `unknown key '${word}'${inside}`,
    hint,
  };
}

function patternProblem(error: ErrorObject, path: Path, name: string): SchemaProblem {
  if (error.keyword === 'propertyNames') {
    const key = String(error.params.propertyName);
    const pattern = (error.schema as { pattern?: string }).pattern;
    const rule = pattern === ENV_NAME_PATTERN ? 'bad-env-name' : 'bad-id';
    const message = `'${shorten(key)}' ${idWords(key, pattern)}`;
    return { path: [...path, key], at: 'key', rule, message, ...repairedHint(key, pattern) };
  }
  const text = shorten(String(error.data));
  if (error.schema === DURATION_PATTERN) {
    const hint = 'write 250ms, 90s, 5m, 2h, 1d or combinations from large to small such as 1h30m';
    return bad(path, 'bad-duration', `${name}: '${text}' is not a duration`, hint);
  }
  if (error.schema === ID_PATTERN || error.schema === NAME_PATTERN) {
    const message = `${name}: '${text}' ${idWords(text, String(error.schema))}`;
    return bad(path, 'bad-id', message, repairedHint(String(error.data), error.schema).hint);
  }
  return bad(path, 'bad-value', `${name}: '${text}' does not match ${error.schema}`);
}

/** A name near to one with characters that names must not have. */
function repairedHint(text: string, pattern: unknown): { readonly hint?: string } {
  const foreign = pattern === ENV_NAME_PATTERN ? /[^A-Za-z0-9_]+/g : /[^A-Za-z0-9_-]+/g;
  const repaired = text
    .trim()
    .replaceAll(foreign, '_')
    .replace(/^(?![A-Za-z_])/, '_')
    .slice(0, 128);
  return repaired !== text && /[A-Za-z0-9]/.test(repaired) ? { hint: `write '${repaired}'` } : {};
}

/** What is wrong with a name. */
export function idWords(name: string, pattern?: string): string {
  if (name === '__proto__') return 'is a name that JavaScript keeps for itself';
  if (pattern === ENV_NAME_PATTERN) return 'is not a name of an environment variable: letters, digits and _';
  return 'is not a valid id: letters, digits, _ and -, beginning with a letter or _, at most 128 characters';
}

function enumProblem(error: ErrorObject, path: Path, name: string): SchemaProblem {
  const allowed = (error.schema as readonly unknown[]).map(String);
  const given = typeof error.data === 'string' ? error.data : null;
  const meant = given === null ? null : nearest(given, allowed);
  const message = `${name} must be one of ${allowed.join(', ')}, not ${valueWords(error.data)}`;
  return bad(path, 'bad-value', message, meant === null ? null : `did you mean '${meant}'?`);
}

function typeProblem(error: ErrorObject, path: Path, name: string): SchemaProblem {
  const types = error.keyword === 'anyOf' ? unionTypes(error.schema) : [error.schema].flat().map(String);
  const message = `${name} must be ${typeWords(types)}, not ${valueWords(error.data)}`;
  return bad(path, 'bad-value', message, valueHint(path, error.data, types));
}

function typeWords(types: readonly string[]): string {
  const words: Record<string, string> = {
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a mapping of keys to values',
    null: 'null',
  };
  return types.map((one) => words[one] ?? one).join(' or ');
}

function unionTypes(branches: unknown): string[] {
  const types = (branches as readonly { type?: unknown }[]).flatMap((branch) => branch.type ?? []);
  return [...new Set(types.map(String))];
}

function valueWords(value: unknown): string {
  if (value === null) return 'empty';
  if (typeof value === 'string') return `'${shorten(value)}'`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : String(value);
}

function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function limitWords(error: ErrorObject): string {
  const { limit, comparison } = error.params as { limit?: number; comparison?: string };
  switch (error.keyword) {
    case 'minProperties':
    case 'minItems':
    case 'minLength':
      return limit === 1 ? 'must not be empty' : `must have at least ${limit} entries`;
    case 'maxProperties':
    case 'maxItems':
      return `must not have more than ${limit} entries`;
    case 'maxLength':
      return `must not have more than ${limit} characters`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${comparison} ${limit}, not ${valueWords(error.data)}`;
    default:
      return error.message ?? `violates ${error.keyword}`;
  }
}
