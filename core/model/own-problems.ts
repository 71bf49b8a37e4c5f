import type { JsonObject } from './json.ts';
import type { Operator } from './operator.ts';

/**
 * What `validate` of an operator finds wrong with params that its schema admits, a sentence each. What it
 * throws is one such sentence, and so is a text that it returns alone.
 */
export function ownProblems(operator: Pick<Operator, 'validate'>, params: JsonObject): readonly string[] {
  let found: unknown;
  try {
    found = operator.validate?.(params) ?? [];
  } catch (error) {
    return [error instanceof Error ? error.message || error.name : String(error)];
  }
  if (typeof found === 'string') return [found];
  if (Array.isArray(found)) return found.map(String);
  if (found instanceof Promise) found.catch(() => undefined);
  const what = found instanceof Promise ? 'a promise' : String(found);
  return [`'validate' of the operator returns a list of mistakes, not ${what}`];
}
