import { type Graph, nodePath, TASK, taskAt } from '../core/graph/graph.ts';
import type { TaskSpec } from '../core/model/dag.ts';
import type { RunScope } from '../core/model/scope.ts';

/** A task of a DAG as a trigger would treat it. */
export interface PlannedTask {
  readonly taskId: string;
  readonly stage: string | null;
  readonly selected: boolean;
  /** Longest way from a root, from 0. */
  readonly level: number;
  /** Paths of selected tasks that it waits for. */
  readonly after: readonly string[];
  /** How often it runs; `null` if the keys are not known before the run. */
  readonly instances: number | null;
  /** Why it is selected or not. */
  readonly because: string;
  readonly spec: TaskSpec;
}

/** The tasks of a DAG in the order in which they may start, with what a scope makes of them. */
export function planTasks(
  graph: Graph,
  selected: Uint8Array,
  scope: RunScope,
  keys: ReadonlyMap<string, readonly string[] | null>,
): PlannedTask[] {
  const nodes = [...graph.order].filter((node) => graph.kind[node] === TASK);
  const level = (node: number): number => graph.level[node] ?? 0;
  nodes.sort((a, b) => level(a) - level(b) || a - b);
  const steps = new Map([...new Set(nodes.filter((node) => selected[node] === 1).map(level))].map((one, at) => [one, at]));
  return nodes.map((node) => {
    const spec = taskAt(graph, node);
    const isSelected = selected[node] === 1;
    return {
      taskId: spec.path,
      stage: spec.stage ?? null,
      selected: isSelected,
      level: steps.get(level(node)) ?? 0,
      after: upstreamTasks(graph, node, selected),
      instances: isSelected ? instancesOf(graph, spec, scope, keys) : 0,
      because: becauseText(spec, isSelected, scope),
      spec,
    };
  });
}

/** Gates and joins are looked through: people know fan-outs by their tasks. */
function upstreamTasks(graph: Graph, node: number, selected: Uint8Array): string[] {
  const found = new Set<string>();
  for (let edge = graph.up.off[node] ?? 0; edge < (graph.up.off[node + 1] ?? 0); edge++) {
    const upstream = graph.up.to[edge] ?? -1;
    if (selected[upstream] === 1) found.add(nodePath(graph, upstream));
  }
  return [...found];
}

function instancesOf(graph: Graph, spec: TaskSpec, scope: RunScope, keys: ReadonlyMap<string, readonly string[] | null>): number | null {
  if (spec.fanOut === undefined) return 1;
  const fanOut = graph.spec.fanOuts?.[spec.fanOut];
  const known = fanOut === undefined ? null : (keys.get(fanOut.path) ?? null);
  if (known === null) return null;
  return scope.keys === undefined ? known.length : known.filter((key) => scope.keys?.includes(key)).length;
}

function becauseText(spec: TaskSpec, isSelected: boolean, scope: RunScope): string {
  if (!isSelected) return 'outside the scope';
  const named = (names: readonly string[] | undefined): string | undefined => names?.find((name) => isNamed(spec, name));
  if (named(scope.only) !== undefined) return `named by --only ${named(scope.only)}`;
  if (named(scope.until) !== undefined) return `named by --until ${named(scope.until)}`;
  if (named(scope.from) !== undefined) return `named by --from ${named(scope.from)}`;
  if (scope.until !== undefined) return `needed by ${scope.until.join(', ')}`;
  if (scope.from !== undefined) return `depends on ${scope.from.join(', ')}`;
  return spec.teardown === true && scope.only !== undefined ? 'teardown of a selected setup' : 'part of the DAG';
}

function isNamed({ path, stage }: TaskSpec, name: string): boolean {
  return path === name || stage === name || path.endsWith(`.${name}`) || path.startsWith(`${name}.`);
}
