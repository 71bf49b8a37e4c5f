import { isTrue } from '../expression/evaluate.ts';
import { targets } from '../graph/csr.ts';
import { fanOutAt, GATE, JOIN, nodePath, taskAt } from '../graph/graph.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import type { NodeNo, TryNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import { isFinished, S, TASK_STATES } from '../model/states.ts';
import type { Block } from './blocks.ts';
import { EMPTY, type RunWorld } from './run-world.ts';
import { evaluateIn } from './scope-values.ts';
import { parsed } from './templates.ts';
import type { Turn } from './turn.ts';
import { settleUnrun } from './unrun.ts';

/** Does what needs no runner: hands gates to the expansion, counts quorums, chooses, passes. */
export function completeInstant(turn: Turn, run: RunWorld, node: number, template: number): void {
  if (run.graph.kind[template] === GATE) {
    turn.assume(run, node, S.scheduled);
    turn.gates.push({ run, node });
    return;
  }
  if (run.graph.kind[template] === JOIN) return countQuorum(turn, run, node, template);
  const { action } = taskAt(run.graph, template);
  run.tryNo[node] = (run.tryNo[node] as number) + 1;
  if (action.kind !== 'choose') return turn.change(run, node, S.success, 'passed', null);
  for (const choice of action.cases) {
    const result = evaluateIn(run, node, template, parsed(choice.when));
    if (!result.ok) {
      const facts = { when: choice.when, error: result.error };
      return settleUnrun(turn, run, node, template, S.failed, 'when_error', facts);
    }
    if (isTrue(result.value)) return succeedWith(turn, run, node, choice.value);
  }
  succeedWith(turn, run, node, action.otherwise ?? null);
}

/** Ends an instance well that no runner did, with its output. */
export function succeedWith(
  turn: Turn,
  run: RunWorld,
  node: number,
  value: Json,
  code: BecauseCode = 'chosen',
  facts: Facts = { value },
): void {
  const output = { json: JSON.stringify(value) };
  run.values.set(node, value);
  run.outputs.set(node, output);
  const at = { runNo: run.record.runNo, nodeNo: node as NodeNo, tryNo: run.tryNo[node] as TryNo };
  turn.actions.push({ type: 'output', ...at, output });
  turn.change(run, node, S.success, code, facts);
}

/** A fan-out with `minSuccess` is a success when enough of its keys are. */
function countQuorum(turn: Turn, run: RunWorld, node: number, template: number): void {
  const fanOut = fanOutAt(run.graph, template);
  const index = run.graph.source[template] as number;
  const gate = run.nodeIn(run.blockOf(node), run.graph.gateOf[index] as number);
  if (run.state[gate] !== S.success) return joinClosed(turn, run, node, gate);
  const blocks = run.blocksIn(run.blockOf(node), index).filter((block) => run.wantsKeys(block));
  const succeeded = blocks.filter((block) => keySucceeded(run, block, template)).length;
  const asked = fanOut.minSuccess ?? 1;
  const needed = Math.min(blocks.length, asked < 1 ? Math.ceil(asked * blocks.length) : asked);
  const facts = { fanOut: fanOut.path, succeeded, keys: blocks.length, needed };
  if (succeeded >= needed) return turn.change(run, node, S.success, 'passed', facts);
  turn.change(run, node, S.failed, 'quorum_missed', facts, { reason: 'error' });
}

/** Without keys there is nothing to count: the join goes the way of its gate. */
function joinClosed(turn: Turn, run: RunWorld, node: number, gate: number): void {
  const state = run.state[gate] as number;
  const fanOut = fanOutName(run, gate);
  if (state !== S.skipped) {
    const facts = { rule: 'all_done', upstream: fanOut, state: TASK_STATES[state] as string };
    return turn.change(run, node, S.upstream_failed, 'upstream_failed', facts);
  }
  if ((run.flags[gate] as number) & EMPTY) return turn.change(run, node, S.skipped, 'no_keys', { fanOut });
  turn.change(run, node, S.skipped, 'upstream_skipped', { rule: 'all_done', upstream: fanOut });
}

/**
 * A key succeeded when none of the fan-out's leaves ended badly for it, and its result, if any, is a success.
 */
function keySucceeded(run: RunWorld, block: Block, join: number): boolean {
  let good = true;
  for (const leaf of targets(run.graph.up, join)) {
    run.eachConnected(block, leaf, (node) => {
      const state = run.state[node] as number;
      if (!run.isSelected(leaf, run.blockOf(node))) return;
      if (isFinished(state) && state !== S.success && state !== S.skipped) good = false;
    });
  }
  const returns = fanOutAt(run.graph, join).returns;
  const result = returns === undefined ? undefined : run.graph.nodeOfPath.get(returns);
  if (result === undefined || !run.selected[result]) return good;
  return good && run.state[run.nodeIn(block, result)] === S.success;
}

/** What people call the fan-out of a gate. */
export function fanOutName(run: RunWorld, gate: number): string {
  return nodePath(run.graph, run.templateOf(gate));
}
