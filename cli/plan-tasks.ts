import { type Graph, taskAt } from '../core/graph/graph.ts';
import type { TaskSpec } from '../core/model/dag.ts';
import type { RunScope } from '../core/model/scope.ts';
import { drawnGraph } from './render/drawn-graph.ts';

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
  const drawn = drawnGraph(graph);
  const node = (at: number): number => graph.nodeOfPath.get(drawn.nodes[at]?.taskId ?? '') ?? 0;
  const isSelected = (at: number): boolean => selected[node(at)] === 1;
  const levels = new Set(drawn.nodes.filter((_, at) => isSelected(at)).map(({ level }) => level));
  const steps = new Map([...levels].sort((a, b) => a - b).map((level, step) => [level, step]));
  const before = drawn.nodes.map((): string[] => []);
  for (const [from, to] of drawn.edges)
    if (isSelected(from)) before[to]?.push(drawn.nodes[from]?.taskId ?? '');
  const order = [...drawn.nodes.keys()].sort(
    (a, b) => (drawn.nodes[a]?.level ?? 0) - (drawn.nodes[b]?.level ?? 0) || a - b,
  );
  return order.map((at) => {
    const spec = taskAt(graph, node(at));
    return {
      taskId: spec.path,
      stage: spec.stage ?? null,
      selected: isSelected(at),
      level: steps.get(drawn.nodes[at]?.level ?? 0) ?? 0,
      after: before[at] ?? [],
      instances: isSelected(at) ? instancesOf(graph, spec, scope, keys) : 0,
      because: becauseText(spec, isSelected(at), scope),
      spec,
    };
  });
}

function instancesOf(
  graph: Graph,
  spec: TaskSpec,
  scope: RunScope,
  keys: ReadonlyMap<string, readonly string[] | null>,
): number | null {
  if (spec.fanOut === undefined) return 1;
  const fanOut = graph.spec.fanOuts?.[spec.fanOut];
  const known = fanOut === undefined ? null : (keys.get(fanOut.path) ?? null);
  if (known === null) return null;
  return scope.keys === undefined ? known.length : known.filter((key) => scope.keys?.includes(key)).length;
}

function becauseText(spec: TaskSpec, isSelected: boolean, scope: RunScope): string {
  if (!isSelected) return 'outside the scope';
  const named = (names: readonly string[] | undefined): string | undefined =>
    names?.find((name) => isNamed(spec, name));
  if (named(scope.only) !== undefined) return `named by --only ${named(scope.only)}`;
  if (named(scope.until) !== undefined) return `named by --until ${named(scope.until)}`;
  if (named(scope.from) !== undefined) return `named by --from ${named(scope.from)}`;
  if (scope.until !== undefined) return `needed by ${scope.until.join(', ')}`;
  if (scope.from !== undefined) return `depends on ${scope.from.join(', ')}`;
  return spec.teardown === true && scope.only !== undefined
    ? 'teardown of a selected setup'
    : 'part of the DAG';
}

function isNamed({ path, stage }: TaskSpec, name: string): boolean {
  return path === name || stage === name || path.endsWith(`.${name}`) || path.startsWith(`${name}.`);
}
