import { GATE, JOIN, TASK } from '../../../core/graph/graph.ts';
import type { FanOutSpec, TaskSpec, TriggerRule } from '../../../core/model/dag.ts';
import { S, TASK_STATES } from '../../../core/model/states.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { constantVerdict, type Final, type Upstream } from './rule-reference.ts';

/**
 * One node of a run as the oracle sees it: found by names and keys, not by the numbers that the planner uses.
 */
interface Seen {
  readonly node: number;
  readonly path: string;
  readonly kind: number;
  readonly keys: readonly string[];
  /** Fan-outs around it, outermost first. */
  readonly around: readonly number[];
  readonly state: string;
  readonly selected: boolean;
}

function look(run: RunWorld): Seen[] {
  const fanOuts = run.graph.spec.fanOuts ?? [];
  return [...run.existing()].map(({ node, template, block }) => {
    const kind = run.graph.kind[template] as number;
    const source = run.graph.source[template] as number;
    const spec = kind === TASK ? run.graph.spec.tasks[source] : fanOuts[source];
    const first = kind === TASK ? (spec as TaskSpec).fanOut : (spec as FanOutSpec).parent;
    const around: number[] = [];
    for (let at = first; at !== undefined; at = fanOuts[at]?.parent) around.unshift(at);
    const state = TASK_STATES[run.state[node] as number] as string;
    const selected = run.isSelected(template, block);
    return { node, path: (spec as { path: string }).path, kind, keys: block.keys, around, state, selected };
  });
}

/** The nodes that stand for an upstream named `path`, as seen from a node. */
function sourcesOf(run: RunWorld, all: readonly Seen[], from: Seen, path: string): Seen[] {
  const fanOut = run.graph.spec.fanOuts?.find((one) => one.path === path);
  const wanted = fanOut ? (fanOut.minSuccess === undefined ? fanOut.returns : path) : path;
  const kind = fanOut && fanOut.minSuccess !== undefined ? JOIN : TASK;
  return all.filter((seen) => {
    if (seen.path !== wanted || seen.kind !== kind) return false;
    let shared = 0;
    while (shared < seen.around.length && seen.around[shared] === from.around[shared]) shared++;
    const depth = Math.min(shared, seen.keys.length, from.keys.length);
    return seen.keys.slice(0, depth).join('\n') === from.keys.slice(0, depth).join('\n');
  });
}

const LIKE: { readonly [state: string]: Final } = {
  success: 'success',
  skipped: 'skipped',
  failed: 'failed',
  upstream_failed: 'upstream_failed',
  cancelled: 'upstream_failed',
};

function pathsBefore(spec: TaskSpec | FanOutSpec): Set<string> {
  const setups = 'setups' in spec ? (spec.setups ?? []) : [];
  return new Set([...Object.values(spec.needs ?? {}), ...(spec.after ?? []), ...setups]);
}

/** The upstreams of a node by state, found anew by names and keys. */
export function upstreamsOf(run: RunWorld, node: number): { rule: TriggerRule; states: Upstream[] } {
  const all = look(run);
  const self = all.find((seen) => seen.node === node) as Seen;
  const source = run.graph.source[run.templateOf(node)] as number;
  const spec = (
    self.kind === TASK ? run.graph.spec.tasks[source] : run.graph.spec.fanOuts?.[source]
  ) as TaskSpec;
  const found = new Map<number, Seen>();
  for (const path of pathsBefore(spec)) {
    for (const seen of sourcesOf(run, all, self, path)) if (seen.selected) found.set(seen.node, seen);
  }
  const rule = spec.triggerRule ?? (spec.teardown ? 'all_done_setup_success' : 'all_success');
  return { rule, states: [...found.values()].map(({ state }) => LIKE[state] ?? 'open') };
}

/** Throws when an attempt starts although its rule does not say so whatever the open upstreams do. */
export function checkStart(run: RunWorld, node: number): void {
  const { rule, states } = upstreamsOf(run, node);
  const verdict = constantVerdict(rule, states);
  if (verdict !== 'run')
    throw new Error(`${run.nameOf(node)} starts, but ${rule} of ${states} says ${verdict}`);
}

/**
 * Throws when the final state of an untouched run contradicts a rule: the outcome is a function of the
 * upstreams.
 */
export function checkOutcome(run: RunWorld): void {
  for (const { node, template, block } of run.existing()) {
    const state = run.state[node] as number;
    if (run.graph.kind[template] === JOIN || !run.isSelected(template, block)) continue;
    if (run.isPlaceholder(node, template) || state === S.cancelled) continue;
    const { rule, states } = upstreamsOf(run, node);
    const verdict = constantVerdict(rule, states);
    const ran = (run.tryNo[node] as number) > 0;
    const name = `${run.nameOf(node)} (${run.graph.kind[template] === GATE ? 'gate' : 'task'})`;
    if (ran && verdict !== 'run') throw new Error(`${name} ran, but ${rule} of ${states} says ${verdict}`);
    if (state === S.success && verdict !== 'run')
      throw new Error(`${name} is success, but ${rule} of ${states} says ${verdict}`);
  }
}
