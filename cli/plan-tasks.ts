import { type Graph, taskAt } from '../core/graph/graph.ts';
import type { TaskSpec } from '../core/model/dag.ts';
import type { JsonObject } from '../core/model/json.ts';
import type { RunScope } from '../core/model/scope.ts';
import { KeyScope } from '../core/planner/key-scope.ts';
import { knownKeys } from '../core/planner/known-keys.ts';
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
  /** How often it runs; `null` if its keys are not known before the run. */
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
  params: JsonObject,
): PlannedTask[] {
  const drawn = drawnGraph(graph);
  const node = (at: number): number => graph.nodeOfPath.get(drawn.nodes[at]?.taskId ?? '') ?? 0;
  const times = timesByFanOut(graph, scope, params);
  const timesOf = (at: number): number | null => {
    const { fanOut } = taskAt(graph, node(at));
    return fanOut === undefined ? 1 : (times[fanOut] ?? null);
  };
  const isLeftOut = (at: number): boolean => scope.keys !== undefined && timesOf(at) === 0;
  const isSelected = (at: number): boolean => selected[node(at)] === 1 && !isLeftOut(at);
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
      instances: isSelected(at) ? timesOf(at) : 0,
      because: becauseText(spec, selected[node(at)] === 1, isLeftOut(at), scope),
      spec,
    };
  });
}

/** How often each fan-out repeats its tasks within the scope; `null` where params do not tell. */
function timesByFanOut(graph: Graph, scope: RunScope, params: JsonObject): readonly (number | null)[] {
  const wanted = scope.keys === undefined ? null : new KeyScope(graph, params, scope.keys);
  const isWanted = (keys: readonly string[], scopeNo: number): boolean =>
    wanted === null || wanted.wants(keys, scopeNo);
  return knownKeys(graph, params).map((list, at) =>
    list === null ? null : list.filter((keys) => isWanted(keys, at + 1)).length,
  );
}

function becauseText(spec: TaskSpec, isSelected: boolean, isLeftOut: boolean, scope: RunScope): string {
  if (!isSelected) return 'outside the scope';
  if (isLeftOut) return `no instance is in --key ${scope.keys?.join(' --key ')}`;
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
