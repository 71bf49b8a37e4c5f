import type { Csr } from '../graph/csr.ts';
import { targets } from '../graph/csr.ts';
import { GATE } from '../graph/graph.ts';
import { isFinished, S } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';

/** Which instances of a run get new attempts. */
export type RetrySelection =
  /** All that failed, could not run or were cancelled, and everything after them. */
  | { readonly select: 'failed' }
  | { readonly select: 'all' }
  | {
      readonly select: 'nodes';
      readonly nodes: readonly number[];
      readonly upstream: boolean;
      readonly downstream: boolean;
    };

/** The nodes of a selection, in node order. */
export function selectForRetry(run: RunWorld, selection: RetrySelection): number[] {
  if (selection.select === 'all') return selectedNodes(run, () => true);
  if (selection.select === 'failed') {
    const bad = withGates(
      run,
      selectedNodes(run, (node) => isBad(run.state[node] as number)),
    );
    return sorted(new Set([...bad, ...descendantsOf(run, bad)]));
  }
  const named = withGates(
    run,
    withFedGates(
      run,
      selection.nodes.filter((node) => run.state[node] !== S.removed),
    ),
  );
  const chosen = new Set(named);
  if (selection.upstream) for (const node of reach(run, named, run.graph.up)) chosen.add(node);
  if (selection.downstream) for (const node of descendantsOf(run, named)) chosen.add(node);
  return sorted(withGates(run, withFedGates(run, chosen)));
}

/** What gives the keys of a fan-out brings its gate along: it asks again, and counts its keys again. */
function withFedGates(run: RunWorld, nodes: Iterable<number>): Set<number> {
  const chosen = new Set(nodes);
  const { joinOf, source } = run.graph;
  for (const node of chosen) {
    for (const gate of run.templates.gatesFed.get(run.templateOf(node)) ?? []) {
      const join = joinOf[source[gate] as number] as number;
      for (const target of join < 0 ? [gate] : [gate, join]) {
        run.eachConnected(run.blockOf(node), target, (next) => {
          if (!run.isPlaceholder(next, target) && run.isSelected(target, run.blockOf(next))) chosen.add(next);
        });
      }
    }
  }
  return chosen;
}

/** Everything after the given nodes, without them (unless one comes after another). */
export function descendantsOf(run: RunWorld, nodes: readonly number[]): number[] {
  return reach(run, nodes, run.graph.down);
}

function isBad(state: number): boolean {
  return state === S.failed || state === S.upstream_failed || state === S.cancelled;
}

function selectedNodes(run: RunWorld, test: (node: number) => boolean): number[] {
  const nodes: number[] = [];
  for (const { node, template, block } of run.existing()) {
    const state = run.state[node] as number;
    if (run.isSelected(template, block) && isFinished(state) && state !== S.removed && test(node))
      nodes.push(node);
  }
  return nodes;
}

/**
 * Instances come with the gates around them that did not open, and gates that never opened with everything
 * behind them.
 */
function withGates(run: RunWorld, nodes: Iterable<number>): number[] {
  const chosen = new Set(nodes);
  for (const node of chosen) {
    const template = run.templateOf(node);
    const block = run.blockOf(node);
    const gate = run.isPlaceholder(node, template) ? run.gateBefore(node, template) : run.gateOf(block);
    if (gate !== null && run.state[gate] !== S.success) chosen.add(gate);
    const isGate = run.graph.kind[template] === GATE;
    if (!isGate || run.blocksIn(block, run.graph.source[template] as number).length > 0) continue;
    for (const behind of run.existingBehind(node, template)) {
      if (run.isSelected(behind.template, behind.block)) chosen.add(behind.node);
    }
  }
  return [...chosen];
}

/** A task inside a fan-out comes after its gate; as long as it does not exist, its gate stands for it. */
function reach(run: RunWorld, start: readonly number[], rows: Csr): number[] {
  const seen = new Set<number>();
  const stack = [...start];
  const visit = (next: number): void => {
    if (seen.has(next) || !run.isSelected(run.templateOf(next), run.blockOf(next))) return;
    seen.add(next);
    stack.push(next);
  };
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const template = run.templateOf(node);
    const block = run.blockOf(node);
    for (const target of targets(rows, template)) {
      run.eachConnected(block, target, (next) => {
        if (!run.isPlaceholder(next, target)) visit(next);
        else if (rows === run.graph.up) visit(run.gateBefore(next, target));
      });
    }
    if (rows === run.graph.up) {
      const gate = run.isPlaceholder(node, template) ? run.gateBefore(node, template) : run.gateOf(block);
      if (gate !== null) visit(gate);
    } else if (run.graph.kind[template] === GATE) {
      for (const behind of run.existingBehind(node, template)) visit(behind.node);
    }
  }
  return [...seen];
}

function sorted(nodes: Iterable<number>): number[] {
  return [...nodes].sort((a, b) => a - b);
}
