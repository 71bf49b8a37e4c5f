import { evaluate } from '../expression/evaluate.ts';
import { parseExpression } from '../expression/parse.ts';
import type { Graph } from '../graph/graph.ts';
import type { FanOutSpec } from '../model/dag.ts';
import type { Json, JsonObject } from '../model/json.ts';

/** The keys around the instances of one fan-out, each from the outermost. */
export type KeyLists = readonly (readonly string[])[];

/** What is known of one block: the keys around it, and its items under the names that authors gave them. */
interface Known {
  readonly keys: readonly string[];
  readonly names: JsonObject;
  readonly item: Json;
}

/** The keys of every fan-out as far as params tell them; `null` for one whose keys come from an output. */
export function knownKeys(graph: Graph, params: JsonObject): readonly (KeyLists | null)[] {
  const found: (Known[] | null)[] = [];
  for (const fanOut of graph.spec.fanOuts ?? []) {
    const around = fanOut.parent === undefined ? [{ keys: [], names: {}, item: null }] : found[fanOut.parent];
    const inside = around?.map((block) => listIn(fanOut, block, params));
    found.push(!inside || inside.includes(null) ? null : (inside as Known[][]).flat());
  }
  return found.map((blocks) => (blocks === null ? null : blocks.map(({ keys }) => keys)));
}

function listIn(fanOut: FanOutSpec, around: Known, params: JsonObject): Known[] | null {
  const scope = { ...around.names, params, ...(around.keys.length === 0 ? {} : { item: around.item }) };
  const list = evaluated(fanOut.over, scope);
  if (!Array.isArray(list)) return null;
  const found: Known[] = [];
  for (const item of list as Json[]) {
    const names = fanOut.as === undefined ? around.names : { ...around.names, [fanOut.as]: item };
    const key = fanOut.key === undefined ? item : evaluated(fanOut.key, { ...names, item, params });
    if (key === undefined || typeof key === 'object') return null;
    found.push({ keys: [...around.keys, String(key)], names, item });
  }
  return found;
}

function evaluated(text: string, scope: { readonly [name: string]: Json }): Json | undefined {
  const parsed = parseExpression(text);
  if (!parsed.ok) return undefined;
  const isKnown = parsed.expression.reads.every(([name]) => name !== undefined && Object.hasOwn(scope, name));
  const result = isKnown ? evaluate(parsed.expression, scope) : null;
  return result?.ok ? result.value : undefined;
}
