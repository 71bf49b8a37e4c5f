import { isAlias, isMap, isPair, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { AuthorPath, Locate, Place } from './place.ts';

/** Turns an offset in a text into a place in its file. */
export type PlaceAt = (offset: number) => Place;

/** The longest part of a line that is quoted in a message. */
const SOURCE_LENGTH_MAX = 200;

/** The line of `text` that starts at `start`, without its end. */
export function lineFrom(text: string, start: number): string {
  const line = text.slice(start, start + SOURCE_LENGTH_MAX);
  const end = line.search(/[\r\n]/);
  return end === -1 ? line : line.slice(0, end);
}

/** Finds values of one document by their path. Each mapping on the way is indexed once. */
export function locator(root: unknown, anchors: ReadonlyMap<string, unknown>, placeAt: PlaceAt): Locate {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const pairOf = (map: YAMLMap, key: string): Pair | undefined => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]));
      indexes.set(map, index);
    }
    return index.get(key);
  };
  const step = (node: unknown, part: string | number): unknown => {
    if (isMap(node)) return pairOf(node, String(part));
    return isSeq(node) ? node.items[Number(part)] : undefined;
  };
  return (path: AuthorPath, at = 'value') => {
    let found: unknown = root;
    for (const part of path) {
      const next = step(nodeIn(found, anchors), part);
      if (next === undefined) return place(found, 'key', placeAt);
      found = next;
    }
    return place(found, at, placeAt);
  };
}

function nodeIn(found: unknown, anchors: ReadonlyMap<string, unknown>): unknown {
  const node = isPair(found) ? found.value : found;
  return isAlias(node) ? anchors.get(node.source) : node;
}

function place(found: unknown, at: 'key' | 'value', placeAt: PlaceAt): Place | null {
  const parts = isPair(found)
    ? at === 'key'
      ? [found.key, found.value]
      : [found.value, found.key]
    : [found];
  for (const part of parts) {
    const range = offsetOf(part);
    if (range !== null) return placeAt(range);
  }
  return null;
}

/** Where a node starts, or `null` if the text does not hold it. */
export function offsetOf(node: unknown): number | null {
  if (!isScalar(node) && !isMap(node) && !isSeq(node) && !isAlias(node)) return null;
  const range = node.range;
  if (!range || (range[0] === range[1] && !(isMap(node) || isSeq(node)))) return null;
  return range[0];
}
