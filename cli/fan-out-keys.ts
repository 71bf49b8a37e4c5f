import { evaluate } from '../core/expression/evaluate.ts';
import { parseExpression } from '../core/expression/parse.ts';
import type { Graph } from '../core/graph/graph.ts';
import type { FanOutSpec } from '../core/model/dag.ts';
import { AppError } from '../core/model/errors.ts';
import type { Json, JsonObject } from '../core/model/json.ts';
import { adviceFor } from './advice.ts';

/**
 * The keys of each outer fan-out that follow from params alone; `null` where they come from the output of a
 * task, or cannot be told before the run.
 */
export function keysFromParams(
  graph: Graph,
  params: JsonObject,
): ReadonlyMap<string, readonly string[] | null> {
  const fanOuts = graph.spec.fanOuts ?? [];
  return new Map(fanOuts.map((fanOut) => [fanOut.path, keysOf(fanOut, params)]));
}

function keysOf(fanOut: FanOutSpec, params: JsonObject): readonly string[] | null {
  if (fanOut.parent !== undefined) return null;
  const over = evaluated(fanOut.over, { params });
  if (!Array.isArray(over)) return null;
  const keys: string[] = [];
  for (const item of over as Json[]) {
    const named = fanOut.as === undefined ? {} : { [fanOut.as]: item };
    const key = fanOut.key === undefined ? item : evaluated(fanOut.key, { ...named, item, params });
    if (key === undefined || typeof key === 'object') return null;
    keys.push(String(key));
  }
  return keys;
}

function evaluated(text: string, scope: { readonly [name: string]: Json }): Json | undefined {
  const parsed = parseExpression(text);
  if (!parsed.ok) return undefined;
  const readsOnlyKnown = parsed.expression.reads.every(
    ([name]) => name !== undefined && Object.hasOwn(scope, name),
  );
  if (!readsOnlyKnown) return undefined;
  const result = evaluate(parsed.expression, scope);
  return result.ok ? result.value : undefined;
}

/** Refuses keys that no fan-out will have, as far as that is known before the run. */
export function checkKeys(
  keys: readonly string[],
  known: ReadonlyMap<string, readonly string[] | null>,
  dagId: string,
): void {
  if (keys.length === 0) return;
  if (known.size === 0)
    throw new AppError('usage', `DAG ${dagId} has no fan-out: --key has nothing to choose from.`);
  if ([...known.values()].includes(null)) return;
  const all = [...new Set([...known.values()].flatMap((list) => list ?? []))];
  for (const key of keys) {
    if (all.includes(key)) continue;
    const shown = `Its keys: ${all.slice(0, 12).join(', ')}${all.length > 12 ? ', ...' : ''}.`;
    const advice = adviceFor(key, all, shown);
    throw new AppError('not_found', `DAG ${dagId} has no key '${key}' with these params. ${advice}`);
  }
}
