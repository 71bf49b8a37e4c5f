import { type Csr, targets } from '../graph/csr.ts';
import { GATE } from '../graph/graph.ts';
import { isFinished, S } from '../model/states.ts';
import { eachBehindGate } from './readiness.ts';
import type { RunWorld } from './run-world.ts';

/** Which instances of a run get new attempts. */
export type RetrySelection =
  /** All that failed, could not run or were cancelled, and everything after them. */
  | { readonly select: 'failed' }
  | { readonly select: 'all' }
  | { readonly select: 'nodes'; readonly nodes: readonly number[]; readonly upstream: boolean; readonly downstream: boolean };

/** The nodes of a selection, in node order. */
export function selectForRetry(run: RunWorld, selection: RetrySelection): number[] {
  if (selection.select === 'all') return selectedNodes(run, () => true);
  if (selection.select === 'failed') {
    const bad = selectedNodes(run, (node) => isBad(run.state[node] as number));
    return sorted(new Set([...bad, ...descendantsOf(run, bad)]));
  }
  const chosen = new Set(selection.nodes);
  if (selection.upstream) for (const node of reach(run, selection.nodes, run.graph.up)) chosen.add(node);
  if (selection.downstream) for (const node of descendantsOf(run, selection.nodes)) chosen.add(node);
  return sorted(chosen);
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
    if (run.isSelected(template, block) && isFinished(run.state[node] as number) && test(node)) nodes.push(node);
  }
  return keepExpanded(run, nodes);
}

/** An expanded fan-out stays expanded: its keys are kept. */
function keepExpanded(run: RunWorld, nodes: number[]): number[] {
  return nodes.filter((node) => run.graph.kind[run.templateOf(node)] !== GATE || run.state[node] !== S.success);
}

function reach(run: RunWorld, start: readonly number[], rows: Csr): number[] {
  const seen = new Set<number>();
  const stack = [...start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const template = run.templateOf(node);
    const block = run.blockOf(node);
    const visit = (next: number): void => {
      if (seen.has(next) || !run.isSelected(run.templateOf(next), run.blockOf(next))) return;
      seen.add(next);
      stack.push(next);
    };
    for (const target of targets(rows, template)) run.eachConnected(block, target, visit);
    const isClosedGate = run.graph.kind[template] === GATE && !block.expansions.has(run.graph.source[template] as number);
    if (isClosedGate && rows === run.graph.down) eachBehindGate(run, node, template, visit);
  }
  return keepExpanded(run, [...seen]);
}

function sorted(nodes: ReadonlySet<number>): number[] {
  return [...nodes].sort((a, b) => a - b);
}
