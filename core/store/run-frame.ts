import { compileGraph, type Graph } from '../graph/graph.ts';
import { selectScope } from '../graph/select.ts';
import type { DagSpec } from '../model/dag.ts';
import type { ExpansionRecord, RunRecord } from '../model/run.ts';
import { RunWorld } from '../planner/run-world.ts';

const graphs = new WeakMap<object, Graph>();

/** The numbered graph of a stored version; the same object again as long as that is kept. */
export function graphOf(spec: DagSpec): Graph {
  const known = graphs.get(spec);
  if (known !== undefined) return known;
  const graph = compileGraph(spec);
  graphs.set(spec, graph);
  return graph;
}

/** By template node: 1 where it lies in the scope of a run. */
export function selectedIn(graph: Graph, { scope }: Pick<RunRecord, 'scope'>): Uint8Array {
  const selection = selectScope(graph, scope);
  return selection.ok ? selection.selected : new Uint8Array(graph.size).fill(1);
}

/**
 * The numbered nodes of a run without anything that became of them: which task and which keys a node stands
 * for, and whether the scope has it. It costs one object a key, however many instances there are.
 */
export function frameOf(run: RunRecord, spec: DagSpec, expansions: readonly ExpansionRecord[]): RunWorld {
  const graph = graphOf(spec);
  const frame = new RunWorld(run, graph, selectedIn(graph, run));
  for (const expansion of expansions.toSorted((a, b) => a.base - b.base)) frame.addExpansion(expansion);
  return frame;
}
