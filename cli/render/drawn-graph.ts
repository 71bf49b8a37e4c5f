import { type Graph, TASK, taskAt } from '../../core/graph/graph.ts';

/** A DAG as it is drawn: tasks and edges between them, without the nodes that orch adds for fan-outs. */
export interface DrawnGraph {
  readonly dagId: string;
  /** In an order in which every task comes after all it waits for. */
  readonly nodes: readonly DrawnNode[];
  /** Positions in `nodes`. */
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly fanOuts: readonly {
    readonly path: string;
    readonly parent: string | null;
    readonly over: string;
  }[];
}

export interface DrawnNode {
  readonly taskId: string;
  readonly fanOut: string | null;
  readonly stage: string | null;
  readonly triggerRule: string | null;
  readonly when: string | null;
  /** Longest way from a root, from 0, among drawn tasks. */
  readonly level: number;
}

/** Looks through gates and joins, so that only tasks and what they wait for are left. */
export function drawnGraph(graph: Graph): DrawnGraph {
  const position = new Map<number, number>();
  for (const node of graph.order) if (graph.kind[node] === TASK) position.set(node, position.size);
  const upstream = [...position.keys()].map((node) =>
    taskUpstreams(graph, node).flatMap((up) => position.get(up) ?? []),
  );
  const level: number[] = [];
  const edges: [number, number][] = [];
  for (const [to, froms] of upstream.entries()) {
    level.push(Math.max(-1, ...froms.map((from) => level[from] ?? 0)) + 1);
    for (const from of [...new Set(froms)].sort((a, b) => a - b)) edges.push([from, to]);
  }
  const fanOuts = graph.spec.fanOuts ?? [];
  const nodes = [...position.keys()].map((node, at): DrawnNode => {
    const task = taskAt(graph, node);
    const fanOut = task.fanOut === undefined ? null : (fanOuts[task.fanOut]?.path ?? null);
    return {
      taskId: task.path,
      fanOut,
      stage: task.stage ?? null,
      triggerRule: task.triggerRule ?? null,
      when: task.when ?? null,
      level: level[at] ?? 0,
    };
  });
  return {
    dagId: graph.spec.id,
    nodes,
    edges,
    fanOuts: fanOuts.map(({ path, parent, over }) => ({
      path,
      parent: parent === undefined ? null : (fanOuts[parent]?.path ?? null),
      over,
    })),
  };
}

/** The tasks right before a node; a task that begins a fan-out comes after what the fan-out waits for. */
function taskUpstreams(graph: Graph, node: number): number[] {
  const found: number[] = [];
  const stack = directUpstreams(graph, node);
  const seen = new Set(stack);
  while (stack.length > 0) {
    const next = stack.pop() as number;
    if (graph.kind[next] === TASK) found.push(next);
    else stack.push(...directUpstreams(graph, next).filter((up) => !seen.has(up)));
    seen.add(next);
  }
  return found;
}

function directUpstreams(graph: Graph, node: number): number[] {
  const found: number[] = [];
  for (let edge = graph.up.off[node] ?? 0; edge < (graph.up.off[node + 1] ?? 0); edge++)
    found.push(graph.up.to[edge] ?? 0);
  const scope = graph.scopes[graph.scopeOf[node] ?? 0];
  if (scope === undefined || scope.fanOut < 0) return found;
  const isInside = (up: number): boolean => up >= scope.first && up < scope.first + scope.size;
  return found.some(isInside) ? found : [...found, graph.gateOf[scope.fanOut] ?? 0];
}
