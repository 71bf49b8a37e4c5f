import { evaluate } from '../expression/evaluate.ts';
import { parseExpression } from '../expression/parse.ts';
import type { Graph } from '../graph/graph.ts';
import type { FanOutSpec } from '../model/dag.ts';
import { keyPath, keyText, parseKeyText } from '../model/ids.ts';
import type { Json, JsonObject } from '../model/json.ts';

/** Stands for every key of a fan-out in a path of keys. */
const ANY = '*';

/**
 * The keys that a run is limited to. `A` is a key with everything inside it, `A/x` one key of the fan-out
 * inside it, and `*` in a path any key. A name that only inner fan-outs have stands for that key under every
 * outer one, as far as the params tell all keys: keys that come from outputs are not known when the outer
 * ones are chosen.
 */
export class KeyScope {
  readonly #names: ReadonlySet<string>;
  readonly #paths: readonly { readonly name: string; readonly parts: readonly string[] }[];

  constructor(graph: Graph, params: JsonObject, names: readonly string[]) {
    this.#names = new Set(names);
    const known = knownPaths(graph, params);
    this.#paths = names.flatMap((name) =>
      [name, ...innerPaths(name, known)].map((path) => partsOf(name, path)),
    );
  }

  /** Whether keys, outermost first, are named, lie in something that is named, or lead to it. */
  wants(keys: readonly string[]): boolean {
    const isNamed = (key: string, index: number): boolean =>
      this.#names.has(key) || this.#names.has(keyText(keys.slice(0, index + 1)) as string);
    return keys.some(isNamed) || this.#paths.some(({ parts }) => parts.length > 1 && agree(parts, keys));
  }

  /** The names of which none of these keys is meant, in the order in which they were given. */
  unknown(known: Iterable<readonly string[]>): string[] {
    const found = new Set<string>();
    for (const keys of known) {
      for (const text of [keys.at(-1) as string, keyText(keys) as string])
        if (this.#names.has(text)) found.add(text);
      for (const { name, parts } of this.#paths)
        if (parts.length === keys.length && agree(parts, keys)) found.add(name);
    }
    return [...this.#names].filter((name) => !found.has(name));
  }
}

function partsOf(name: string, path: string): { name: string; parts: readonly string[] } {
  return { name, parts: parseKeyText(path) };
}

/** Whether one list begins with the other, `*` being equal to everything. */
function agree(parts: readonly string[], keys: readonly string[]): boolean {
  const length = Math.min(parts.length, keys.length);
  for (let at = 0; at < length; at++) if (parts[at] !== ANY && parts[at] !== keys[at]) return false;
  return true;
}

/** The paths for a bare name that no outer fan-out has: that key wherever an inner fan-out has it. */
function innerPaths(name: string, known: readonly (readonly string[])[] | null): string[] {
  const depths = known?.filter((keys) => keys.at(-1) === name).map((keys) => keys.length) ?? [];
  if (depths.includes(1) || known?.some((keys) => keyText(keys) === name)) return [];
  const text = keyPath([name]);
  return [...new Set(depths)].map((depth) => `${`${ANY}/`.repeat(depth - 1)}${text}`);
}

/** All keys of all fan-outs, as lists from the outermost, if they follow from params; otherwise `null`. */
function knownPaths(graph: Graph, params: JsonObject): string[][] | null {
  const fanOuts = graph.spec.fanOuts ?? [];
  const blocks = new Map<number, Known[]>([[-1, [{ keys: [], names: {}, item: null }]]]);
  for (const [index, fanOut] of fanOuts.entries()) {
    const around = blocks.get(fanOut.parent ?? -1);
    const inside = around?.map((block) => listIn(fanOut, block, params));
    if (!inside || inside.includes(null)) return null;
    blocks.set(index, (inside as Known[][]).flat());
  }
  blocks.delete(-1);
  return [...blocks.values()].flat().map(({ keys }) => keys);
}

interface Known {
  readonly keys: string[];
  /** Items under the names that authors gave them. */
  readonly names: JsonObject;
  readonly item: Json;
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
