import { fanOutAt, GATE, type Graph, nodePath, TASK } from './graph.ts';

/** Nodes that only one of two graphs has; both lists are empty if only their order differs. */
export interface NodeDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/**
 * What keeps the numbers of one graph's nodes from meaning the same in another; `null` if nothing does: then
 * all that is stored by number (states, attempts, logs, keys) is true of the other graph as well. Edges,
 * rules and actions do not matter.
 */
export function nodeDifference(before: Graph, after: Graph): NodeDifference | null {
  const had = nodeNames(before);
  const has = nodeNames(after);
  const isSame = had.length === has.length && had.every((name, node) => name === has[node]);
  if (isSame && sameNumbers(before.source, after.source) && sameNumbers(before.scopeOf, after.scopeOf))
    return null;
  const added = has.filter((name) => !had.includes(name));
  return { added, removed: had.filter((name) => !has.includes(name)) };
}

/** Tasks by their paths; gates and joins by what an author wrote to get them. */
function nodeNames(graph: Graph): string[] {
  return Array.from(graph.kind, (kind, node) => {
    if (kind === TASK) return nodePath(graph, node);
    const { path } = fanOutAt(graph, node);
    return kind === GATE ? `fan-out ${path}` : `minSuccess of ${path}`;
  });
}

function sameNumbers(one: Int32Array, other: Int32Array): boolean {
  return one.every((value, at) => value === other[at]);
}
