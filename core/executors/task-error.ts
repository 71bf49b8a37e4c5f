import { inspect } from 'node:util';
import type { Outcome, TaskError } from '../model/attempt.ts';
import { DeferError, type Deferral, FatalError, RetryableError, SkipError } from '../model/context.ts';

const MESSAGE_CHARS = 8 * 1024;
const STACK_CHARS = 16 * 1024;
const CAUSES_MAX = 5;

/** Takes secrets out of a text. */
export type TextMask = (text: string) => string;

const AS_IT_IS: TextMask = (text) => text;

/**
 * What user code threw, as data: masked, then capped, and never throwing itself whatever was thrown.
 */
export function taskErrorOf(thrown: unknown, mask: TextMask = AS_IT_IS): TaskError {
  try {
    if (!(thrown instanceof Error))
      return { name: 'Error', message: capped(mask(shown(thrown)), MESSAGE_CHARS) };
    const name = mask(String(thrown.name || 'Error'));
    const message = capped(mask(String(thrown.message)) || name, MESSAGE_CHARS);
    const code = codeOf(thrown, mask);
    const stack = capped(mask(stackOf(thrown)), STACK_CHARS);
    return { name, message, ...(code === undefined ? {} : { code }), ...(stack === '' ? {} : { stack }) };
  } catch {
    return { name: 'Error', message: 'an error was thrown that cannot be read' };
  }
}

/** The outcome of an attempt whose code threw. */
export function outcomeOfThrown(thrown: unknown, mask: TextMask = AS_IT_IS): Outcome {
  const error = taskErrorOf(thrown, mask);
  if (isNamed(thrown, SkipError, 'SkipError')) {
    const message = mask(String((thrown as Error).message));
    return message === ''
      ? { kind: 'skipped' }
      : { kind: 'skipped', message: capped(message, MESSAGE_CHARS) };
  }
  if (isNamed(thrown, FatalError, 'FatalError')) return { kind: 'failed', error, final: true };
  if (isNamed(thrown, RetryableError, 'RetryableError')) {
    const after = (thrown as { retryAfterMs?: unknown }).retryAfterMs;
    const retryAfterMs =
      typeof after === 'number' && Number.isFinite(after) && after >= 0 ? after : undefined;
    return { kind: 'failed', error, retry: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  }
  return { kind: 'failed', error };
}

/** When a task that put itself off by throwing is to be called again; `null` for any other error. */
export function deferralOf(thrown: unknown): Deferral | null {
  return isNamed(thrown, DeferError, 'DeferError') ? (thrown as DeferError).deferral : null;
}

/** By name too: user code may have the class from another copy of the package. */
function isNamed(thrown: unknown, type: new (...args: never[]) => Error, name: string): boolean {
  return thrown instanceof type || (thrown instanceof Error && thrown.name === name);
}

function codeOf(error: Error, mask: TextMask): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' || typeof code === 'number' ? mask(String(code)).slice(0, 200) : undefined;
}

function stackOf(error: Error): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; current instanceof Error && depth < CAUSES_MAX; depth++, current = current.cause) {
    parts.push((depth === 0 ? '' : 'Caused by: ') + ownFrames(String(current.stack ?? current.message)));
  }
  return parts.join('\n');
}

/** Without the frames of orch and of Node's internals, which tell a user nothing. */
function ownFrames(stack: string): string {
  const lines = stack.split('\n');
  const own = lines.filter(
    (line) => !/^\s+at .*(\/core\/executors\/|node:internal\/|node:async_hooks)/.test(line),
  );
  return own.join('\n');
}

function shown(value: unknown): string {
  return typeof value === 'string'
    ? value
    : `a value that is no Error was thrown: ${inspect(value, { depth: 2 })}`;
}

function capped(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, chars)}... (${text.length - chars} more characters)`;
}
