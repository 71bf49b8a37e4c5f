import { isTrue } from '../expression/evaluate.ts';
import { fanOutAt, GATE, JOIN, nodePath, taskAt } from '../graph/graph.ts';
import { targets } from '../graph/csr.ts';
import type { TryNo, NodeNo } from '../model/ids.ts';
import type { Json } from '../model/json.ts';
import { isFinished, S } from '../model/states.ts';
import type { Block, RunWorld } from './run-world.ts';
import { settleUnrun } from './readiness.ts';
import { evaluateIn } from './scope-values.ts';
import { parsed } from './templates.ts';
import type { Turn } from './turn.ts';

/** Does what needs no runner: hands gates to the expansion, counts quorums, chooses, passes. */
export function completeInstant(turn: Turn, run: RunWorld, node: number, template: number): void {
  if (run.graph.kind[template] === GATE) {
    turn.assume(run, node, S.scheduled);
    turn.gates.push({ run, node });
    return;
  }
  if (run.graph.kind[template] === JOIN) return countQuorum(turn, run, node, template);
  const { action } = taskAt(run.graph, template);
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

function succeedWith(turn: Turn, run: RunWorld, node: number, value: Json): void {
  run.values.set(node, value);
  const { runNo } = run.record;
  turn.actions.push({
    type: 'output',
    runNo,
    nodeNo: node as NodeNo,
    tryNo: run.tryNo[node] as TryNo,
    output: { json: JSON.stringify(value) },
  });
  turn.change(run, node, S.success, 'chosen', { value });
}

/** A fan-out with `minSuccess` is a success when enough of its keys are. */
function countQuorum(turn: Turn, run: RunWorld, node: number, template: number): void {
  const fanOut = fanOutAt(run.graph, template);
  const expansion = run.blockOf(node).expansions.get(run.graph.source[template] as number);
  const blocks = (expansion?.blocks ?? []).filter((block) => run.wantsKeys(block.keys));
  if (blocks.length === 0) {
    return turn.change(run, node, S.skipped, 'no_keys', { fanOut: fanOut.path });
  }
  const succeeded = blocks.filter((block) => keySucceeded(run, block, template)).length;
  const asked = fanOut.minSuccess ?? 1;
  const needed = Math.min(blocks.length, asked < 1 ? Math.ceil(asked * blocks.length) : asked);
  const facts = { fanOut: fanOut.path, succeeded, keys: blocks.length, needed };
  if (succeeded >= needed) return turn.change(run, node, S.success, 'passed', facts);
  turn.change(run, node, S.failed, 'quorum_missed', facts, { reason: 'error' });
}

/** A key succeeded when none of the fan-out's leaves ended badly for it, and its result, if any, is a success. */
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
