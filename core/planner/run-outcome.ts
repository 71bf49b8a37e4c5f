import { targets } from '../graph/csr.ts';
import { GATE, type Graph, TASK } from '../graph/graph.ts';
import { gatesAround } from '../graph/select.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import type { TriggerRule } from '../model/dag.ts';
import { S, TASK_STATES } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';
import { CRITICAL, IGNORABLE } from './templates.ts';
import { verdictOf } from './trigger-rules.ts';

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
  const leaf = leavesOf(run.graph, run.selected, (node) => isIgnorable(run, node), run.templates.rule);
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
 * teardowns whose failure does not count (unless there is nothing else), and nodes whose failure would fail
 * a leaf outside the scope: a part of a DAG does not succeed where the whole would have failed. Gates are
 * no leaves: their fate is that of their tasks.
 */
export function leavesOf(
  graph: Graph,
  selected: Uint8Array,
  isIgnorableNode: (node: number) => boolean,
  rules: readonly TriggerRule[],
): Uint8Array {
  const counts = (node: number): boolean => !isIgnorableNode(node);
  const leaf = lastOf(graph, selected, counts);
  if (!leaf.includes(1)) return lastOf(graph, selected, () => true);
  if (selected.includes(0)) addLostEnds(graph, selected, counts, rules, leaf);
  return leaf;
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

/** Walks from the leaves outside the scope against the edges, as far as failures would have come. */
function addLostEnds(
  graph: Graph,
  selected: Uint8Array,
  counts: (node: number) => boolean,
  rules: readonly TriggerRule[],
  leaf: Uint8Array,
): void {
  const seen = new Uint8Array(graph.size);
  const open: number[] = [];
  const visit = (node: number): void => {
    if (selected[node] || seen[node] || !isFailedByUpstream(rules[node])) return;
    seen[node] = 1;
    open.push(node);
  };
  const everything = new Uint8Array(graph.size).fill(1);
  lastOf(graph, everything, counts).forEach((isLast, node) => {
    if (isLast) visit(node);
  });
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const source of targets(graph.up, node)) {
      if (!selected[source]) visit(source);
      else if (graph.kind[source] !== GATE && counts(source)) leaf[source] = 1;
    }
    const [gate] = gatesAround(graph, node);
    if (gate !== undefined) visit(gate);
  }
}

function isFailedByUpstream(rule: TriggerRule = 'all_success'): boolean {
  return (
    verdictOf(rule, { total: 1, success: 0, skipped: 0, failed: 1, upstreamFailed: 0 }) === 'upstream_failed'
  );
}
