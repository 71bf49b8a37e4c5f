import type { Expression } from '../expression/expression.ts';
import { parseExpression } from '../expression/parse.ts';
import { targets } from '../graph/csr.ts';
import { fanOutAt, GATE, type Graph, JOIN, type Scope, TASK, taskAt } from '../graph/graph.ts';
import {
  FAN_OUT_DEFAULTS,
  PRIORITY_LEVELS,
  TASK_DEFAULTS,
  type TaskSpec,
  type TriggerRule,
} from '../model/dag.ts';

/** Bits of {@link Templates.traits}. */
export const CRITICAL = 1;
export const TEARDOWN = 2;
/** A teardown whose failure does not fail the run. */
export const IGNORABLE = 4;
/** Done by the planner itself: gates, joins, `choose` by expression, `pass`. */
export const INSTANT = 8;
/** The planner reads its output. */
export const READ = 16;
/** Comes after a short circuit: it may be cut off, so it waits until every upstream is finished. */
export const AFTER_CUT = 32;
/**
 * Its condition, choice or list reads outputs, so it runs when every upstream is finished, whatever its rule.
 */
export const READER = 64;
/** It looks at the run of the slot before. */
export const PAST = 128;
export const LATEST_ONLY = 256;
/** Decided by people. */
export const APPROVAL = 512;
/** An earlier success may stand for it. */
export const CACHED = 1_024;

/** What the planner needs of every template node, unpacked once per version. */
export interface Templates {
  readonly rule: readonly TriggerRule[];
  readonly traits: Uint16Array;
  readonly pool: readonly string[];
  readonly slots: Int32Array;
  readonly level: Uint8Array;
  readonly weight: Float64Array;
  readonly when: readonly (Expression | null)[];
  readonly shortCircuit: readonly (Expression | null)[];
  /** Setups around a task that are not its direct upstreams; `null` for most. */
  readonly indirectSetups: readonly (readonly number[] | null)[];
  /** The inverse: the nodes for which a setup holds indirectly. */
  readonly heldBySetup: ReadonlyMap<number, readonly number[]>;
  /** The gates whose keys come from the output of a node. */
  readonly gatesFed: ReadonlyMap<number, readonly number[]>;
  /** A task has `dependsOnPast`. */
  readonly usesPast: boolean;
  /** A task has a hook. */
  readonly hasHooks: boolean;
}

const cache = new WeakMap<Graph, Templates>();

/** Unpacks the templates of a graph; the result is kept as long as the graph. */
export function templatesOf(graph: Graph): Templates {
  const known = cache.get(graph);
  if (known) return known;
  const made = unpack(graph);
  cache.set(graph, made);
  return made;
}

function unpack(graph: Graph): Templates {
  const size = graph.size;
  const rule: TriggerRule[] = new Array(size);
  const pool: string[] = new Array(size).fill(TASK_DEFAULTS.pool);
  const when: (Expression | null)[] = new Array(size).fill(null);
  const shortCircuit: (Expression | null)[] = new Array(size).fill(null);
  const traits = new Uint16Array(size);
  const slots = new Int32Array(size).fill(1);
  const level = new Uint8Array(size);
  const weight = new Float64Array(size);
  const dagLevel = PRIORITY_LEVELS.indexOf(graph.spec.priority ?? 'normal');
  for (let node = 0; node < size; node++) {
    level[node] = dagLevel;
    if (graph.kind[node] !== TASK) {
      traits[node] = INSTANT;
      const own = graph.kind[node] === GATE ? fanOutAt(graph, node).triggerRule : 'all_done';
      rule[node] = own ?? FAN_OUT_DEFAULTS.triggerRule;
      continue;
    }
    const task = taskAt(graph, node);
    rule[node] = task.triggerRule ?? (task.teardown ? 'all_done_setup_success' : TASK_DEFAULTS.triggerRule);
    traits[node] = traitsOf(task);
    pool[node] = task.pool ?? TASK_DEFAULTS.pool;
    slots[node] = task.poolSlots ?? TASK_DEFAULTS.poolSlots;
    if (typeof task.priority === 'string') level[node] = PRIORITY_LEVELS.indexOf(task.priority);
    if (typeof task.priority === 'number') weight[node] = task.priority;
    when[node] = task.when === undefined ? null : parsed(task.when);
    shortCircuit[node] = task.shortCircuit === undefined ? null : parsed(task.shortCircuit);
  }
  markReads(graph, traits);
  markCuts(graph, traits, shortCircuit);
  if (graph.spec.priorityRule) accumulate(graph, weight, graph.spec.priorityRule);
  const setups = indirectSetups(graph);
  const heldBySetup = inverse(setups);
  return {
    rule,
    traits,
    pool,
    slots,
    level,
    weight,
    when,
    shortCircuit,
    indirectSetups: setups,
    heldBySetup,
    gatesFed: gatesFed(graph),
    usesPast: graph.spec.tasks.some(({ dependsOnPast }) => dependsOnPast === true),
    hasHooks: graph.spec.tasks.some(({ hooks }) => hooks !== undefined),
  };
}

function traitsOf(task: TaskSpec): number {
  let traits = 0;
  if (task.critical) traits |= CRITICAL;
  if (task.teardown) traits |= task.failRun ? TEARDOWN : TEARDOWN | IGNORABLE;
  if (task.action.kind === 'approval') traits |= APPROVAL;
  if (task.action.kind === 'choose' || task.action.kind === 'pass') traits |= INSTANT;
  if (task.dependsOnPast) traits |= PAST;
  if (task.latestOnly) traits |= LATEST_ONLY;
  if (task.cache !== undefined) traits |= CACHED;
  return traits;
}

/**
 * Parses an expression of a stored graph.
 * @throws Error when it does not parse; `compileDag` refuses such a DAG, so the stored graph is damaged.
 */
export function parsed(text: string): Expression {
  const result = parseExpression(text);
  if (!result.ok) throw new Error(`stored expression ${text}: ${result.error.message}`);
  return result.expression;
}

/** The gates that read the output of each node for their keys. */
function gatesFed(graph: Graph): Map<number, number[]> {
  const fed = new Map<number, number[]>();
  for (const [index, fanOut] of (graph.spec.fanOuts ?? []).entries()) {
    const givers = new Set<number>();
    for (const [root, name] of parsed(fanOut.over).reads) {
      const { needs = {} } = fanOut;
      const paths =
        root === 'tasks' ? [name] : root !== 'needs' ? [] : name ? [needs[name]] : Object.values(needs);
      for (const path of paths) {
        const node = path === undefined ? undefined : outputNode(graph, path);
        if (node !== undefined) givers.add(node);
      }
    }
    for (const node of givers) fed.set(node, [...(fed.get(node) ?? []), graph.gateOf[index] as number]);
  }
  return fed;
}

/** The task whose output a path stands for: itself, or what a fan-out returns. */
function outputNode(graph: Graph, path: string): number | undefined {
  const fanOut = graph.fanOutOfPath.get(path);
  const returns = fanOut === undefined ? path : graph.spec.fanOuts?.[fanOut]?.returns;
  return returns === undefined ? undefined : graph.nodeOfPath.get(returns);
}

/** Marks the nodes whose outputs appear in conditions, cases, short circuits and fan-out lists. */
function markReads(graph: Graph, traits: Uint16Array): void {
  const mark = (path: string | undefined): void => {
    const node = path === undefined ? undefined : outputNode(graph, path);
    if (node !== undefined) traits[node] = (traits[node] as number) | READ;
  };
  const visit = (
    text: string,
    needs: { readonly [input: string]: string } | undefined,
    self: string,
    node: number,
  ): void => {
    for (const read of parsed(text).reads) {
      if (read[0] === 'needs' || read[0] === 'tasks') traits[node] = (traits[node] as number) | READER;
      if (read[0] === 'needs' && read[1] !== undefined) mark(needs?.[read[1]]);
      else if (read[0] === 'needs') for (const path of Object.values(needs ?? {})) mark(path);
      else if (read[0] === 'tasks') mark(read[1]);
      else if (read[0] === 'output') mark(self);
    }
  };
  for (const [index, task] of graph.spec.tasks.entries()) {
    const node = graph.nodeOfTask[index] as number;
    if (task.when !== undefined) visit(task.when, task.needs, task.path, node);
    if (task.shortCircuit !== undefined) visit(task.shortCircuit, task.needs, task.path, node);
    if (task.loop !== undefined) visit(task.loop.until, task.needs, task.path, node);
    if (task.action.kind !== 'choose') continue;
    for (const choice of task.action.cases) visit(choice.when, task.needs, task.path, node);
  }
  for (const [index, fanOut] of (graph.spec.fanOuts ?? []).entries()) {
    visit(fanOut.over, fanOut.needs, fanOut.path, graph.gateOf[index] as number);
  }
}

/** Marks everything after a task with a short circuit; teardowns run in spite of it. */
function markCuts(graph: Graph, traits: Uint16Array, shortCircuit: readonly (Expression | null)[]): void {
  const stack = [...shortCircuit.keys()].filter((node) => shortCircuit[node] !== null);
  const seen = new Set(stack);
  const push = (node: number): void => {
    if (seen.has(node)) return;
    seen.add(node);
    stack.push(node);
  };
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const target of targets(graph.down, node)) {
      if ((traits[target] as number) & TEARDOWN) continue;
      traits[target] = (traits[target] as number) | AFTER_CUT;
      push(target);
    }
    if (graph.kind[node] !== GATE) continue;
    const { first, size } = graph.scopes[(graph.source[node] as number) + 1] as Scope;
    for (let inner = first; inner < first + size; inner++) push(inner);
  }
}

/** Weights summed over all descendants or ancestors; above this size a task keeps its own weight. */
const WEIGHT_SUM_NODES_MAX = 5_000;

function accumulate(graph: Graph, weight: Float64Array, rule: 'downstream' | 'upstream'): void {
  if (graph.size > WEIGHT_SUM_NODES_MAX) return;
  const own = weight.map((value, node) => value || (graph.kind[node] === TASK ? 1 : 0));
  const rows = rule === 'downstream' ? graph.down : graph.up;
  const seen = new Int32Array(graph.size).fill(-1);
  for (let start = 0; start < graph.size; start++) {
    let sum = 0;
    const stack = [start];
    seen[start] = start;
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      sum += own[node] as number;
      for (const next of targets(rows, node)) {
        if (seen[next] === start) continue;
        seen[next] = start;
        stack.push(next);
      }
    }
    weight[start] = sum;
  }
}

/**
 * The setups that hold for each task without being its direct upstreams: a setup holds for everything after
 * it that is before one of its teardowns.
 */
function indirectSetups(graph: Graph): (readonly number[] | null)[] {
  const found: (number[] | null)[] = new Array(graph.size).fill(null);
  const teardownsOf = new Map<number, number[]>();
  for (const [index, task] of graph.spec.tasks.entries()) {
    for (const setup of task.teardown ? (task.setups ?? []) : []) {
      const node = graph.nodeOfPath.get(setup);
      if (node === undefined) continue;
      teardownsOf.set(node, [...(teardownsOf.get(node) ?? []), graph.nodeOfTask[index] as number]);
    }
  }
  for (const [setup, teardowns] of teardownsOf) {
    const after = reachable(graph, [setup], 'down');
    const before = reachable(graph, teardowns, 'up');
    for (let node = 0; node < graph.size; node++) {
      if (!after[node] || !before[node] || node === setup || teardowns.includes(node)) continue;
      if (graph.kind[node] === JOIN || targets(graph.up, node).includes(setup)) continue;
      found[node] = [...(found[node] ?? []), setup];
    }
  }
  return found;
}

function inverse(setupsOf: readonly (readonly number[] | null)[]): Map<number, number[]> {
  const held = new Map<number, number[]>();
  for (const [node, setups] of setupsOf.entries()) {
    for (const setup of setups ?? []) held.set(setup, [...(held.get(setup) ?? []), node]);
  }
  return held;
}

function reachable(graph: Graph, start: readonly number[], way: 'up' | 'down'): Uint8Array {
  const reached = new Uint8Array(graph.size);
  const stack = [...start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (reached[node]) continue;
    reached[node] = 1;
    for (const next of targets(graph[way], node)) stack.push(next);
  }
  return reached;
}
