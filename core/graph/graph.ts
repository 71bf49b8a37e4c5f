import type { DagSpec, FanOutSpec, TaskSpec } from '../model/dag.ts';
import { AppError } from '../model/errors.ts';
import { buildCsr, type Csr } from './csr.ts';
import { topologicalOrder } from './order.ts';

/** What a node of the graph is: a task, or one of the two nodes that orch adds for a fan-out. */
export const NODE_KINDS = ['task', 'gate', 'join'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/**
 * A region of the graph that exists once per key: scope 0 is the DAG itself, scope `f + 1` is fan-out `f`.
 * The nodes of a scope, those of inner fan-outs included, have consecutive numbers.
 */
export interface Scope {
  /** -1 for the DAG itself. */
  readonly parent: number;
  /** Position in `spec.fanOuts`, -1 for the DAG itself. */
  readonly fanOut: number;
  readonly depth: number;
  readonly first: number;
  readonly size: number;
}

/**
 * A DAG as arrays: template nodes with numbers, edges in both directions. Beside its tasks every fan-out has
 * a `gate` (in the scope around it, just before its tasks): it waits for what the keys depend on, and
 * expands; with `minSuccess` it also has a `join` (just after its tasks): it waits for all keys and counts
 * those that succeeded.
 */
export interface Graph {
  readonly spec: DagSpec;
  readonly size: number;
  readonly kind: Uint8Array;
  /** Position in `spec.tasks`, or in `spec.fanOuts` for gates and joins. */
  readonly source: Int32Array;
  readonly nodeOfTask: Int32Array;
  readonly gateOf: Int32Array;
  /** -1 for a fan-out without a quorum. */
  readonly joinOf: Int32Array;
  readonly scopes: readonly Scope[];
  /** The innermost scope of each node; gates and joins belong to the scope around their fan-out. */
  readonly scopeOf: Int32Array;
  readonly down: Csr;
  readonly up: Csr;
  readonly order: Int32Array;
  readonly level: Int32Array;
  readonly nodeOfPath: ReadonlyMap<string, number>;
  readonly fanOutOfPath: ReadonlyMap<string, number>;
}

export const TASK = 0;
export const GATE = 1;
export const JOIN = 2;

/** The task of a node of kind `task`. */
export function taskAt(graph: Graph, node: number): TaskSpec {
  return graph.spec.tasks[graph.source[node] as number] as TaskSpec;
}

/** The fan-out of a gate or join. */
export function fanOutAt(graph: Graph, node: number): FanOutSpec {
  return (graph.spec.fanOuts as readonly FanOutSpec[])[graph.source[node] as number] as FanOutSpec;
}

/** What people call a template node. */
export function nodePath(graph: Graph, node: number): string {
  return graph.kind[node] === TASK ? taskAt(graph, node).path : fanOutAt(graph, node).path;
}

interface Numbering {
  kind: number[];
  source: number[];
  scopeOf: number[];
  nodeOfTask: Int32Array;
  gateOf: Int32Array;
  joinOf: Int32Array;
  scopes: Scope[];
}

/**
 * Numbers the nodes of a DAG and connects them.
 * @throws AppError `invalid` when a reference leads nowhere or the tasks form a cycle; files of users are
 * checked before with places by `compileDag`, so this says that a stored graph is damaged.
 */
export function compileGraph(spec: DagSpec): Graph {
  const numbering = numberNodes(spec);
  const nodeOfPath = new Map<string, number>();
  for (let task = 0; task < spec.tasks.length; task++) {
    nodeOfPath.set((spec.tasks[task] as TaskSpec).path, numbering.nodeOfTask[task] as number);
  }
  const fanOutOfPath = new Map((spec.fanOuts ?? []).map((fanOut, index) => [fanOut.path, index]));
  const size = numbering.kind.length;
  const edges = connect(spec, numbering, nodeOfPath, fanOutOfPath);
  const down = buildCsr(size, edges.from, edges.to);
  const up = buildCsr(size, edges.to, edges.from);
  const sorted = topologicalOrder(size, down, up);
  const scopeOf = Int32Array.from(numbering.scopeOf);
  const graph = {
    spec,
    size,
    kind: Uint8Array.from(numbering.kind),
    source: Int32Array.from(numbering.source),
    nodeOfTask: numbering.nodeOfTask,
    gateOf: numbering.gateOf,
    joinOf: numbering.joinOf,
    scopes: numbering.scopes,
    scopeOf,
    down,
    up,
    order: sorted.ok ? sorted.order : new Int32Array(),
    level: sorted.ok ? sorted.level : new Int32Array(),
    nodeOfPath,
    fanOutOfPath,
  };
  if (!sorted.ok) {
    const names = sorted.cycle.map((node) => nodePath(graph, node));
    throw new AppError('invalid', `DAG ${spec.id} has a cycle: ${[...names, names[0]].join(' -> ')}`);
  }
  return graph;
}

function numberNodes(spec: DagSpec): Numbering {
  const fanOuts = spec.fanOuts ?? [];
  const out: Numbering = {
    kind: [],
    source: [],
    scopeOf: [],
    nodeOfTask: new Int32Array(spec.tasks.length),
    gateOf: new Int32Array(fanOuts.length).fill(-1),
    joinOf: new Int32Array(fanOuts.length).fill(-1),
    scopes: [{ parent: -1, fanOut: -1, depth: 0, first: 0, size: 0 }],
  };
  for (const [index, fanOut] of fanOuts.entries()) {
    const parent = fanOut.parent === undefined ? 0 : fanOut.parent + 1;
    const depth = (out.scopes[parent] as Scope).depth + 1;
    out.scopes.push({ parent, fanOut: index, depth, first: -1, size: 0 });
  }
  const add = (kind: number, source: number, scope: number): number => {
    out.kind.push(kind);
    out.source.push(source);
    out.scopeOf.push(scope);
    return out.kind.length - 1;
  };
  const close = (scope: number): void => {
    const it = out.scopes[scope] as Scope;
    out.scopes[scope] = { ...it, size: out.kind.length - it.first };
    if (it.fanOut >= 0 && fanOuts[it.fanOut]?.minSuccess !== undefined) {
      out.joinOf[it.fanOut] = add(JOIN, it.fanOut, it.parent);
    }
  };
  const open = (scope: number): void => {
    const it = out.scopes[scope] as Scope;
    out.gateOf[it.fanOut] = add(GATE, it.fanOut, it.parent);
    out.scopes[scope] = { ...it, first: out.kind.length };
  };
  let current = 0;
  for (const [index, task] of spec.tasks.entries()) {
    const scope = task.fanOut === undefined ? 0 : task.fanOut + 1;
    current = moveTo(out.scopes, current, scope, open, close);
    out.nodeOfTask[index] = add(TASK, index, scope);
  }
  moveTo(out.scopes, current, 0, open, close);
  out.scopes[0] = { parent: -1, fanOut: -1, depth: 0, first: 0, size: out.kind.length };
  return out;
}

/** Leaves and enters scopes on the way from one to another, innermost and outermost first respectively. */
function moveTo(
  scopes: readonly Scope[],
  from: number,
  to: number,
  open: (scope: number) => void,
  close: (scope: number) => void,
): number {
  const entering: number[] = [];
  let target = to;
  let current = from;
  while ((scopes[target] as Scope).depth > (scopes[current] as Scope).depth) {
    entering.push(target);
    target = (scopes[target] as Scope).parent;
  }
  while (current !== target) {
    if ((scopes[current] as Scope).depth === (scopes[target] as Scope).depth) {
      entering.push(target);
      target = (scopes[target] as Scope).parent;
    }
    close(current);
    current = (scopes[current] as Scope).parent;
  }
  for (const scope of entering.reverse()) open(scope);
  return to;
}

function connect(
  spec: DagSpec,
  numbering: Numbering,
  nodeOfPath: ReadonlyMap<string, number>,
  fanOutOfPath: ReadonlyMap<string, number>,
): { from: number[]; to: number[] } {
  const from: number[] = [];
  const to: number[] = [];
  const seen = new Set<number>();
  const edge = (source: number, target: number): void => {
    const id = source * 2 ** 24 + target;
    if (seen.has(id)) return;
    seen.add(id);
    from.push(source);
    to.push(target);
  };
  const resolve = (path: string, by: string): number => {
    const node = nodeOfPath.get(path);
    if (node !== undefined) return node;
    const fanOut = fanOutOfPath.get(path);
    const result = fanOut === undefined ? undefined : resultNode(spec, numbering, nodeOfPath, fanOut);
    if (result === undefined) throw new AppError('invalid', `${by} needs ${path}, which does not exist`);
    return result;
  };
  for (const [index, task] of spec.tasks.entries()) {
    const node = numbering.nodeOfTask[index] as number;
    seen.clear();
    for (const path of upstreamPaths(task)) edge(resolve(path, task.path), node);
  }
  for (const [index, fanOut] of (spec.fanOuts ?? []).entries()) {
    seen.clear();
    const gate = numbering.gateOf[index] as number;
    if (gate < 0) continue;
    for (const path of upstreamPaths(fanOut)) edge(resolve(path, fanOut.path), gate);
  }
  connectJoins(spec, numbering, nodeOfPath, edge, from, to);
  return { from, to };
}

/**
 * A join waits for what decides whether a key succeeded: the leaves of its fan-out (the nodes inside that
 * nothing inside depends on) and the task that it returns.
 */
function connectJoins(
  spec: DagSpec,
  numbering: Numbering,
  nodeOfPath: ReadonlyMap<string, number>,
  edge: (source: number, target: number) => void,
  from: readonly number[],
  to: readonly number[],
): void {
  const joins = [...numbering.joinOf.entries()].filter(([, join]) => join >= 0);
  if (joins.length === 0) return;
  const edges = from.length;
  for (const [index, join] of joins) {
    const { first, size } = numbering.scopes[index + 1] as Scope;
    const inner = new Uint8Array(size);
    for (let at = 0; at < edges; at++) {
      const source = (from[at] as number) - first;
      const target = (to[at] as number) - first;
      if (source >= 0 && source < size && target >= 0 && target < size) inner[source] = 1;
    }
    for (let at = 0; at < size; at++) {
      const node = first + at;
      const isTask = numbering.kind[node] === TASK;
      const teardown = isTask && spec.tasks[numbering.source[node] as number]?.teardown === true;
      if (!inner[at] && !teardown && numbering.kind[node] !== GATE) edge(node, join);
    }
    const returns = nodeOfPath.get(spec.fanOuts?.[index]?.returns ?? '');
    if (returns !== undefined) edge(returns, join);
  }
}

function* upstreamPaths(wired: TaskSpec | FanOutSpec): Iterable<string> {
  if (wired.needs) yield* Object.values(wired.needs);
  if (wired.after) yield* wired.after;
  if ('setups' in wired && wired.setups) yield* wired.setups;
}

/** What stands for the result of a fan-out: its join, or the task that it returns. */
function resultNode(
  spec: DagSpec,
  numbering: Numbering,
  nodeOfPath: ReadonlyMap<string, number>,
  fanOut: number,
): number | undefined {
  const join = numbering.joinOf[fanOut] as number;
  if (join >= 0) return join;
  const returns = spec.fanOuts?.[fanOut]?.returns;
  return returns === undefined ? undefined : nodeOfPath.get(returns);
}
