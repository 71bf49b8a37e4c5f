import { targets } from '../graph/csr.ts';
import { GATE, type Graph, TASK } from '../graph/graph.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { S, TASK_STATES } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';
import { CRITICAL, IGNORABLE } from './templates.ts';

/** How a run with nothing left to do ends. */
export interface RunOutcome {
  readonly state: 'success' | 'failed' | 'cancelled';
  readonly code: BecauseCode;
  readonly facts: Facts | null;
  /** Task instances by state, those outside the scope included. */
  readonly counts: { [state: string]: number };
}

/**
 * The outcome of a run whose every node is finished: an abort decides first, then a failed critical task,
 * then the leaves: any that failed or could not run fails the run; otherwise it is a success.
 */
export function runOutcome(run: RunWorld): RunOutcome {
  const leaf = leavesOf(run.graph, run.selected, (node) => isIgnorable(run, node));
  const counts: { [state: string]: number } = {};
  let culprit: { node: number; state: number; critical: boolean } | null = null;
  for (const { node, template, block } of run.existing()) {
    const selected = run.isSelected(template, block);
    const state = selected ? (run.state[node] as number) : S.not_selected;
    if (run.isTask(template)) {
      const name = TASK_STATES[state] as string;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    if (!selected || culprit?.critical) continue;
    const critical = state === S.failed && ((run.templates.traits[template] as number) & CRITICAL) !== 0;
    const bad = state === S.failed || state === S.upstream_failed || state === S.cancelled;
    if (critical || (bad && leaf[template] && culprit === null)) culprit = { node, state, critical };
  }
  return { ...decide(run, culprit), counts };
}

function decide(
  run: RunWorld,
  culprit: { node: number; state: number; critical: boolean } | null,
): Omit<RunOutcome, 'counts'> {
  if (run.abort) return { state: run.abort.state, code: run.abort.code, facts: run.abort.facts };
  if (!culprit) return { state: 'success', code: 'leaves_succeeded', facts: null };
  const task = run.nameOf(culprit.node);
  if (culprit.critical) return { state: 'failed', code: 'critical_failed', facts: { task } };
  return {
    state: 'failed',
    code: 'leaf_failed',
    facts: { task, state: TASK_STATES[culprit.state] as string },
  };
}

function isIgnorable(run: RunWorld, node: number): boolean {
  return ((run.templates.traits[node] as number) & IGNORABLE) !== 0;
}

/**
 * The leaves of the selected part of a graph: nodes that nothing selected comes after, leaving aside
 * teardowns whose failure does not count (unless there is nothing else). Gates are no leaves: their fate is
 * that of their tasks.
 */
export function leavesOf(
  graph: Graph,
  selected: Uint8Array,
  isIgnorableNode: (node: number) => boolean,
): Uint8Array {
  const leaf = lastOf(graph, selected, (node) => !isIgnorableNode(node));
  return leaf.includes(1) ? leaf : lastOf(graph, selected, () => true);
}

function lastOf(graph: Graph, selected: Uint8Array, counts: (node: number) => boolean): Uint8Array {
  const last = new Uint8Array(graph.size);
  for (let node = 0; node < graph.size; node++) {
    if (!selected[node] || graph.kind[node] === GATE || (graph.kind[node] === TASK && !counts(node)))
      continue;
    last[node] = 1;
    for (const target of targets(graph.down, node)) if (selected[target] && counts(target)) last[node] = 0;
  }
  return last;
}
