import type { Graph } from '../core/graph/graph.ts';
import { AppError } from '../core/model/errors.ts';
import { keyText } from '../core/model/ids.ts';
import type { JsonObject } from '../core/model/json.ts';
import { KeyScope } from '../core/planner/key-scope.ts';
import { type KeyLists, knownKeys } from '../core/planner/known-keys.ts';
import { adviceFor } from './advice.ts';

const KEYS_SHOWN_MAX = 12;

/** The keys of each fan-out as they are written, if the params tell them all; otherwise `null`. */
export function keysFromParams(
  graph: Graph,
  params: JsonObject,
): ReadonlyMap<string, readonly string[] | null> {
  const lists = knownKeys(graph, params);
  return new Map((graph.spec.fanOuts ?? []).map(({ path }, at) => [path, textsOf(lists[at] ?? null)]));
}

function textsOf(list: KeyLists | null): readonly string[] | null {
  return list === null ? null : list.map((keys) => keyText(keys) as string);
}

/**
 * Refuses keys that no fan-out in the scope will have, as far as that is known before the run. A scope
 * without fan-outs may name any key that there is.
 */
export function checkKeys(
  graph: Graph,
  selected: Uint8Array,
  params: JsonObject,
  names: readonly string[] | undefined,
): void {
  if (names === undefined) return;
  const { id, fanOuts = [] } = graph.spec;
  if (fanOuts.length === 0)
    throw new AppError('usage', `DAG ${id} has no fan-out: --key has nothing to choose from.`);
  const lists = knownKeys(graph, params);
  const inScope = lists.filter((_, at) => selected[graph.gateOf[at] as number] === 1);
  const asked = inScope.length > 0 ? inScope : lists;
  if (asked.includes(null)) return;
  const known = (asked as readonly KeyLists[]).flat();
  const [unknown] = new KeyScope(graph, params, names).unknown(known);
  if (unknown === undefined) return;
  const texts = [...new Set(known.map((keys) => keyText(keys) as string))];
  const more = texts.length > KEYS_SHOWN_MAX ? ', ...' : '';
  const shown = `Its keys: ${texts.slice(0, KEYS_SHOWN_MAX).join(', ')}${more}.`;
  const where = asked.length < lists.length ? 'in this scope' : 'with these params';
  throw new AppError(
    'not_found',
    `DAG ${id} has no key '${unknown}' ${where}. ${adviceFor(unknown, texts, shown)}`,
  );
}
