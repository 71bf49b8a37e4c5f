import { targets } from './csr.ts';
import { type Graph, JOIN, type Scope, TASK } from './graph.ts';

const cache = new WeakMap<Graph, Map<number, readonly number[]>>();

/**
 * The tasks that come directly after a task: where that is a fan-out, its first tasks; where it is the
 * quorum of one, what comes after that.
 */
export function directDownstreams(graph: Graph, task: number): readonly number[] {
  let known = cache.get(graph);
  if (!known) {
    known = new Map();
    cache.set(graph, known);
  }
  let found = known.get(task);
  if (!found) {
    const tasks = new Set<number>();
    for (const target of targets(graph.down, task)) collect(graph, target, tasks);
    found = [...tasks];
    known.set(task, found);
  }
  return found;
}

function collect(graph: Graph, node: number, tasks: Set<number>): void {
  if (graph.kind[node] === TASK) {
    tasks.add(node);
  } else if (graph.kind[node] === JOIN) {
    for (const target of targets(graph.down, node)) collect(graph, target, tasks);
  } else {
    for (const first of firstInside(graph, node)) collect(graph, first, tasks);
  }
}

/** The nodes right behind a gate that wait for nothing else in its fan-out. */
function firstInside(graph: Graph, gate: number): number[] {
  const scope = (graph.source[gate] as number) + 1;
  const { first, size } = graph.scopes[scope] as Scope;
  const isInside = (node: number): boolean => node >= first && node < first + size;
  const found: number[] = [];
  for (let node = first; node < first + size; node++) {
    if (graph.scopeOf[node] === scope && !targets(graph.up, node).some(isInside)) found.push(node);
  }
  return found;
}
