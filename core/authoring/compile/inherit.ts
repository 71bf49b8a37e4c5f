import { type PriorityLevel, RETRY_DEFAULTS, type RetryPolicy } from '../../model/dag.ts';
import { parseDuration } from '../../model/duration.ts';
import type { AuthorRetries, Duration, TaskDefaults } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import type { Reader } from './names.ts';
import type { Problems } from './problems.ts';
import type { Texts } from './texts.ts';

/** What a task has from itself and from the defaults around it, in canonical terms. */
export interface Inherited {
  readonly retries?: Partial<RetryPolicy>;
  readonly timeoutMs?: number;
  readonly killGraceMs?: number;
  readonly pool?: string;
  readonly poolSlots?: number;
  readonly priority?: PriorityLevel | number;
  readonly env?: Readonly<Record<string, string>>;
  readonly onLost?: 'retry' | 'fail';
  readonly memoryMb?: number;
  readonly tags?: readonly string[];
}

export const NOTHING_INHERITED: Inherited = {};

type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** Reads the inheritable keys that stand at one place. `reader` says what `env` may read there. */
export function readInheritable(
  author: TaskDefaults,
  reader: Reader,
  texts: Texts,
  problems: Problems,
): Inherited {
  const { at, name } = reader;
  const { retries, timeout, killGrace, memory, env, pool, poolSlots, priority, onLost, tags } = author;
  const out: Changing<Inherited> = {};
  if (retries !== undefined) out.retries = readRetries(retries, name, [...at, 'retries'], problems);
  const timeoutMs = readDuration(timeout, 1, `'timeout' of ${name}`, [...at, 'timeout'], problems);
  if (timeoutMs !== undefined) out.timeoutMs = timeoutMs;
  const killGraceMs = readDuration(killGrace, 0, `'killGrace' of ${name}`, [...at, 'killGrace'], problems);
  if (killGraceMs !== undefined) out.killGraceMs = killGraceMs;
  if (env !== undefined) out.env = readEnv(env, reader, texts);
  if (memory !== undefined) out.memoryMb = memory;
  if (pool !== undefined) out.pool = pool;
  if (poolSlots !== undefined) out.poolSlots = poolSlots;
  if (priority !== undefined) out.priority = priority;
  if (onLost !== undefined) out.onLost = onLost;
  if (tags !== undefined) out.tags = [...new Set(tags)];
  return out;
}

/** The inner values where there are any; `env` and `retries` are merged key by key. */
export function inherit(outer: Inherited, inner: Inherited): Inherited {
  if (outer === NOTHING_INHERITED) return inner;
  const merged: Changing<Inherited> = { ...outer, ...inner };
  if (outer.env && inner.env)
    merged.env = Object.fromEntries([...Object.entries(outer.env), ...Object.entries(inner.env)]);
  if (outer.retries && inner.retries) merged.retries = { ...outer.retries, ...inner.retries };
  return merged;
}

/** Milliseconds of a duration of the author, at least `least`; `undefined` if absent or wrong. */
export function readDuration(
  value: Duration | undefined,
  least: number,
  name: string,
  at: AuthorPath,
  problems: Problems,
): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms !== null && ms >= least) return ms;
  const message =
    ms === null ? `${name}: '${value}' is not a duration` : `${name} must be longer than ${value}`;
  problems.error('bad-duration', message, at, {
    hint: 'write 90s, 5m, 2h, 1d, or combinations such as 1h30m',
  });
  return undefined;
}

function readEnv(
  env: Readonly<Record<string, string>>,
  reader: Reader,
  texts: Texts,
): Record<string, string> {
  const read = (key: string, text: string): string =>
    texts.template(text, {
      ...reader,
      name: `'env.${key}' of ${reader.name}`,
      at: [...reader.at, 'env', key],
    });
  return Object.fromEntries(Object.entries(env).map(([key, text]) => [key, read(key, text)]));
}

function readRetries(
  retries: number | AuthorRetries,
  name: string,
  at: AuthorPath,
  problems: Problems,
): Partial<RetryPolicy> {
  if (typeof retries === 'number') return { max: retries };
  const out: Changing<Partial<RetryPolicy>> = {};
  if (retries.max !== undefined) out.max = retries.max;
  const delayMs = readDuration(retries.delay, 0, `'retries.delay' of ${name}`, [...at, 'delay'], problems);
  if (delayMs !== undefined) out.delayMs = delayMs;
  const maxDelayMs = readDuration(
    retries.maxDelay,
    0,
    `'retries.maxDelay' of ${name}`,
    [...at, 'maxDelay'],
    problems,
  );
  if (maxDelayMs !== undefined) out.maxDelayMs = maxDelayMs;
  if (retries.backoff !== undefined) out.backoff = retries.backoff;
  if (retries.factor !== undefined) out.factor = retries.factor;
  if (retries.jitter !== undefined) out.jitter = retries.jitter;
  if (retries.on !== undefined) out.on = sorted(retries.on);
  if (retries.except !== undefined) out.except = sorted(retries.except);
  return out;
}

/** Order and repetitions mean nothing in a filter. */
function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** The retry policy of a task without what the defaults say anyway; `undefined` if nothing is retried. */
export function retryPolicy(
  retries: Partial<RetryPolicy> | undefined,
  name: string,
  at: AuthorPath,
  problems: Problems,
): RetryPolicy | undefined {
  const max = retries?.max ?? 0;
  if (retries === undefined || max === 0) return undefined;
  checkPolicy(retries, name, at, problems);
  const { factor, delayMs, maxDelayMs, backoff, jitter, on, except } = retries;
  const out: Changing<RetryPolicy> = { max };
  if (delayMs !== undefined && delayMs !== RETRY_DEFAULTS.delayMs) out.delayMs = delayMs;
  if (backoff !== undefined && backoff !== RETRY_DEFAULTS.backoff) out.backoff = backoff;
  if (factor !== undefined && factor !== RETRY_DEFAULTS.factor) out.factor = factor;
  if (maxDelayMs !== undefined && maxDelayMs !== RETRY_DEFAULTS.maxDelayMs) out.maxDelayMs = maxDelayMs;
  if (jitter !== undefined && jitter !== RETRY_DEFAULTS.jitter) out.jitter = jitter;
  if (on !== undefined) out.on = on;
  if (except !== undefined) out.except = except;
  return out;
}

function checkPolicy(retries: Partial<RetryPolicy>, name: string, at: AuthorPath, problems: Problems): void {
  const both = (retries.on ?? []).filter((one) => retries.except?.includes(one));
  if (both.length > 0) {
    const message = `the retries of ${name} name '${both[0]}' both in 'on' and in 'except'`;
    problems.error('bad-retries', message, at);
  }
  if (retries.factor !== undefined && retries.backoff !== 'exponential') {
    const message = `the retries of ${name} have a factor, but their backoff is not exponential`;
    problems.error('bad-retries', message, at, { hint: 'add backoff: exponential' });
  }
  const delayMs = retries.delayMs ?? RETRY_DEFAULTS.delayMs;
  if (retries.maxDelayMs !== undefined && retries.maxDelayMs < delayMs) {
    const said = retries.delayMs === undefined ? 'the default delay of 5m' : 'their delay';
    const message = `the retries of ${name} have a maxDelay below ${said}`;
    problems.error('bad-retries', message, at);
  }
}
