import type { TaskSpec } from '../model/dag.ts';
import type { RunScope } from '../model/scope.ts';
import type { Csr } from './csr.ts';
import { type Graph, JOIN, nodePath, TASK } from './graph.ts';

/** The template nodes that a run does. */
export type Selection =
  | { readonly ok: true; readonly selected: Uint8Array }
  | { readonly ok: false; readonly problems: readonly ScopeProblem[] };

/** A name of a scope that cannot be used as it is. */
export interface ScopeProblem {
  readonly name: string;
  /**
   * `unknown`: nothing has this name. `ambiguous`: several last segments have; `candidates` are full paths.
   */
  readonly kind: 'unknown' | 'ambiguous';
  readonly candidates: readonly string[];
}

/**
 * Selects the nodes of a scope: `until` with all ancestors, `from` with all descendants, `only` alone;
 * several fields are intersected, several names of one field united. The gates and joins of selected tasks
 * come along.
 */
export function selectScope(graph: Graph, scope: RunScope): Selection {
  const problems: ScopeProblem[] = [];
  const resolve = (names: readonly string[]): number[] =>
    names.flatMap((name) => {
      const found = nodesOfName(graph, name);
      if (found.ok) return [...found.nodes];
      problems.push(found.problem);
      return [];
    });
  const selected = new Uint8Array(graph.size).fill(1);
  if (scope.until) keep(selected, reach(graph, resolve(scope.until), graph.up));
  if (scope.from) keep(selected, reach(graph, resolve(scope.from), graph.down));
  if (scope.only) keep(selected, reach(graph, resolve(scope.only), null));
  if (problems.length > 0) return { ok: false, problems };
  addTeardowns(graph, selected);
  completeFanOuts(graph, selected);
  return { ok: true, selected };
}

/** All names that a scope may use: paths, groups, fan-outs and stages. */
export function scopeNames(graph: Graph): string[] {
  const names = new Set<string>();
  for (const task of graph.spec.tasks) {
    const segments = task.path.split('.');
    for (let length = 1; length <= segments.length; length++) names.add(segments.slice(0, length).join('.'));
    if (task.stage !== undefined) names.add(task.stage);
  }
  return [...names];
}

type Named = { ok: true; nodes: Iterable<number> } | { ok: false; problem: ScopeProblem };

/** A full path wins, then a stage, then a group or fan-out, then the last segment of one path. */
function nodesOfName(graph: Graph, name: string): Named {
  const exact = graph.nodeOfPath.get(name);
  if (exact !== undefined) return { ok: true, nodes: [exact] };
  const byStage = tasksWhere(graph, (task) => task.stage === name);
  const bySegment = tasksWhere(graph, (task) => task.path.endsWith(`.${name}`));
  if (byStage.length > 0) return { ok: true, nodes: new Set([...byStage, ...bySegment]) };
  const inside = tasksWhere(graph, (task) => task.path.startsWith(`${name}.`));
  if (inside.length > 0) return { ok: true, nodes: inside };
  if (bySegment.length === 1) return { ok: true, nodes: bySegment };
  const candidates = bySegment.map((node) => nodePath(graph, node));
  const kind = candidates.length > 0 ? 'ambiguous' : 'unknown';
  return { ok: false, problem: { name, kind, candidates } };
}

function tasksWhere(graph: Graph, test: (task: TaskSpec) => boolean): number[] {
  const nodes: number[] = [];
  for (const [index, task] of graph.spec.tasks.entries()) {
    if (test(task)) nodes.push(graph.nodeOfTask[index] as number);
  }
  return nodes;
}

/**
 * The nodes and everything that the rows lead to from them. A task inside a fan-out also leads to its gate.
 */
function reach(graph: Graph, start: readonly number[], rows: Csr | null): Uint8Array {
  const reached = new Uint8Array(graph.size);
  const stack = [...start];
  for (const node of start) reached[node] = 1;
  const visit = (node: number): void => {
    if (reached[node]) return;
    reached[node] = 1;
    stack.push(node);
  };
  while (rows && stack.length > 0) {
    const node = stack.pop() as number;
    for (let edge = rows.off[node] as number; edge < (rows.off[node + 1] as number); edge++) {
      visit(rows.to[edge] as number);
    }
    if (rows === graph.up) for (const gate of gatesAround(graph, node)) visit(gate);
    else if (graph.kind[node] !== TASK && graph.kind[node] !== JOIN) visitInside(graph, node, visit);
  }
  return reached;
}

/** The gates of the fan-outs around a node, innermost first. */
export function gatesAround(graph: Graph, node: number): number[] {
  const gates: number[] = [];
  let scope = graph.scopes[graph.scopeOf[node] as number];
  while (scope && scope.fanOut >= 0) {
    gates.push(graph.gateOf[scope.fanOut] as number);
    scope = graph.scopes[scope.parent];
  }
  return gates;
}

function visitInside(graph: Graph, gate: number, visit: (node: number) => void): void {
  const scope = graph.scopes[(graph.source[gate] as number) + 1];
  if (!scope) return;
  for (let node = scope.first; node < scope.first + scope.size; node++) visit(node);
}

function keep(selected: Uint8Array, reached: Uint8Array): void {
  for (let node = 0; node < selected.length; node++) {
    selected[node] = (selected[node] as number) & (reached[node] as number);
  }
}

/** A gate or join is selected exactly when a task inside its fan-out is. */
function completeFanOuts(graph: Graph, selected: Uint8Array): void {
  for (const scope of graph.scopes) {
    if (scope.fanOut < 0) continue;
    let any = 0;
    for (let node = scope.first; node < scope.first + scope.size; node++) {
      if (graph.kind[node] === TASK) any |= selected[node] as number;
    }
    selected[graph.gateOf[scope.fanOut] as number] = any;
    const join = graph.joinOf[scope.fanOut] as number;
    if (join >= 0) selected[join] = any;
  }
}

/** A selected setup brings its teardowns along: what a run sets up, it tears down. */
function addTeardowns(graph: Graph, selected: Uint8Array): void {
  for (const [index, task] of graph.spec.tasks.entries()) {
    if (!task.teardown || !task.setups) continue;
    const wanted = task.setups.some((setup) => selected[graph.nodeOfPath.get(setup) as number] === 1);
    if (wanted) selected[graph.nodeOfTask[index] as number] = 1;
  }
}
