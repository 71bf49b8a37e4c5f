import type { Graph } from '../graph/graph.ts';
import { keyPath, keyText, parseKeyText } from '../model/ids.ts';
import type { JsonObject } from '../model/json.ts';
import { type KeyLists, knownKeys } from './known-keys.ts';

/** Stands for every key of a fan-out in a path of keys. */
const ANY = '*';

/**
 * The keys that a run is limited to. `A` is a key with everything inside it, `A/x` one key of the fan-out
 * inside it, and `*` in a path any key. A fan-out that is not nested has no paths: there `A/x` is a key like
 * any other. Where it could be both, it is the inner key if the params tell that there is one. A name that
 * only inner fan-outs have stands for that key under every outer one, as far as the params tell all keys:
 * keys that come from outputs are not known when the outer ones are chosen.
 */
export class KeyScope {
  readonly #names: ReadonlySet<string>;
  /** Names of inner keys that are known to be there. */
  readonly #inner: ReadonlySet<string>;
  readonly #paths: readonly { readonly name: string; readonly parts: readonly string[] }[];
  /** By scope of the graph: how deep fan-outs are nested in it. */
  readonly #depths: readonly number[];

  constructor(graph: Graph, params: JsonObject, names: readonly string[]) {
    this.#names = new Set(names);
    const lists = knownKeys(graph, params);
    const known = lists.includes(null) ? null : (lists as readonly KeyLists[]).flat();
    const nested = known?.filter((keys) => keys.length > 1) ?? [];
    const texts = new Set(nested.map((keys) => keyText(keys)));
    this.#inner = new Set(names.filter((name) => texts.has(name)));
    const mayBe = (parts: readonly string[]): boolean =>
      known === null || known.some((keys) => keys.length === parts.length && agree(parts, keys));
    this.#paths = names
      .flatMap((name) =>
        [name, ...innerPaths(name, known)].map((path) => ({ name, parts: parseKeyText(path) })),
      )
      .filter(({ parts }) => parts.length > 1 && mayBe(parts));
    this.#depths = nestedDepths(graph);
  }

  /** Whether keys in a scope of the graph, outermost first, are named, lie in a named one, or lead to it. */
  wants(keys: readonly string[], scope: number): boolean {
    const depth = this.#depths[scope] as number;
    const outer = keys[0] as string;
    if (this.#names.has(outer) && (depth === 1 || !this.#inner.has(outer))) return true;
    return this.#paths.some(({ parts }) => parts.length <= depth && agree(parts, keys));
  }

  /** The names of which none of these keys is meant, in the order in which they were given. */
  unknown(known: Iterable<readonly string[]>): string[] {
    const found = new Set<string>();
    for (const keys of known) {
      if (keys.length === 1) found.add(keys[0] as string);
      for (const { name, parts } of this.#paths)
        if (parts.length === keys.length && agree(parts, keys)) found.add(name);
    }
    return [...this.#names].filter((name) => !found.has(name));
  }
}

/** Whether one list begins with the other, `*` being equal to everything. */
function agree(parts: readonly string[], keys: readonly string[]): boolean {
  const length = Math.min(parts.length, keys.length);
  for (let at = 0; at < length; at++) if (parts[at] !== ANY && parts[at] !== keys[at]) return false;
  return true;
}

/** The paths for a bare name that no outer fan-out has: that key wherever an inner fan-out has it. */
function innerPaths(name: string, known: KeyLists | null): string[] {
  const depths = known?.filter((keys) => keys.at(-1) === name).map((keys) => keys.length) ?? [];
  if (depths.includes(1) || known?.some((keys) => keyText(keys) === name)) return [];
  const text = keyPath([name]);
  return [...new Set(depths)].map((depth) => `${`${ANY}/`.repeat(depth - 1)}${text}`);
}

/** The depth of the innermost fan-out in every scope, that of the scope itself if it has none. */
function nestedDepths({ scopes }: Graph): number[] {
  const depths = scopes.map(({ depth }) => depth);
  // Inner scopes come after those around them.
  for (let at = scopes.length - 1; at > 0; at--) {
    const parent = scopes[at]?.parent as number;
    depths[parent] = Math.max(depths[parent] as number, depths[at] as number);
  }
  return depths;
}
