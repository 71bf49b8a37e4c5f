import type { Outcome, TaskError } from '../model/attempt.ts';
import { RETRY_DEFAULTS, type RetryPolicy } from '../model/dag.ts';

/** The longest wait before an attempt, whatever a policy says. */
const DELAY_MAX_MS = 7 * 86_400_000;

/**
 * The wait before the attempt that follows failure number `failures` (1 for the first): `fixed` is the delay
 * itself, `linear` grows by it, `exponential` is `delay * factor^(failures - 1)`; capped by `maxDelayMs`.
 * Jitter adds up to its share of the wait; `chance` in [0, 1) says which part of it.
 */
export function retryDelay(policy: RetryPolicy, failures: number, chance: number): number {
  const delay = policy.delayMs ?? RETRY_DEFAULTS.delayMs;
  const most = Math.min(policy.maxDelayMs ?? RETRY_DEFAULTS.maxDelayMs, DELAY_MAX_MS);
  const backoff = policy.backoff ?? RETRY_DEFAULTS.backoff;
  const growth =
    backoff === 'fixed'
      ? 1
      : backoff === 'linear'
        ? failures
        : (policy.factor ?? RETRY_DEFAULTS.factor) ** (failures - 1);
  const base = delay === 0 ? 0 : Math.min(delay * growth, most);
  const jitter = base * (policy.jitter ?? RETRY_DEFAULTS.jitter) * chance;
  return Math.round(Math.min(base + jitter, most));
}

/**
 * A number in [0, 1) that is a function of its text: FNV-1a, 32 bits, with a final mix so that near texts
 * differ.
 */
export function chanceOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  return (hash >>> 0) / 2 ** 32;
}

/** What becomes of a failed attempt. */
export type RetryDecision =
  | { readonly retry: true; readonly atLeastMs: number }
  | { readonly retry: false; readonly why: 'final_failure' | 'retries_spent' | 'not_retryable' };

/**
 * How a failure is called in `on` and `except`: the class name, the code, `exit:<n>`, or the kind of its
 * ending.
 */
export function failureNames(outcome: Outcome): string[] {
  if (outcome.kind === 'failed' || outcome.kind === 'rejected_output') {
    const { error } = outcome;
    const names = [error.name];
    if (error.code !== undefined) names.push(error.code);
    if (error.exitCode !== undefined) names.push(`exit:${error.exitCode}`);
    if (outcome.kind === 'rejected_output') names.push('rejected_output');
    return names;
  }
  return [outcome.kind];
}

/**
 * Whether an attempt that failed is followed by another one. A `FatalError` never is, a `RetryableError`
 * always while retries are left; otherwise `except` and then `on` decide.
 */
export function decideRetry(policy: RetryPolicy, outcome: Outcome, failures: number): RetryDecision {
  if (outcome.kind === 'failed' && outcome.final) return { retry: false, why: 'final_failure' };
  const { max } = policy;
  if (failures > max) return { retry: false, why: max === 0 ? 'final_failure' : 'retries_spent' };
  const atLeastMs = outcome.kind === 'failed' ? (outcome.retryAfterMs ?? 0) : 0;
  if (outcome.kind === 'failed' && outcome.retry) return { retry: true, atLeastMs };
  const names = failureNames(outcome);
  if (policy.except?.some((name) => names.includes(name))) return { retry: false, why: 'not_retryable' };
  if (policy.on && !policy.on.some((name) => names.includes(name)))
    return { retry: false, why: 'not_retryable' };
  return { retry: true, atLeastMs };
}

/** The error of an outcome in the words of its ending. */
export function errorOf(outcome: Outcome, limits: { timeoutMs: number; memoryMb: number | null }): TaskError {
  switch (outcome.kind) {
    case 'failed':
    case 'rejected_output':
      return outcome.error;
    case 'timeout':
      return { name: 'Timeout', message: `it ran longer than ${limits.timeoutMs} ms` };
    case 'memory':
      return {
        name: 'OutOfMemory',
        message: `it used more memory than its cap${limits.memoryMb ? ` of ${limits.memoryMb} MB` : ''}`,
      };
    case 'lost':
      return { name: 'Lost', message: outcome.detail };
    default:
      return { name: 'Stopped', message: 'the attempt was stopped' };
  }
}
