import { GATE } from '../graph/graph.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { holdsSlot, isFinished, S } from '../model/states.ts';
import { CUT, EMPTY, type RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';

/** Gives an instance a final state without running it; the placeholders behind a gate share its fate. */
export function settleUnrun(
  turn: Turn,
  run: RunWorld,
  node: number,
  template: number,
  state: number,
  code: BecauseCode,
  facts: Facts | null,
): void {
  const failed = state === S.failed;
  turn.change(run, node, state, code, facts, failed ? { reason: 'error' } : {});
  if (run.graph.kind[template] !== GATE) return;
  if (code === 'no_keys') run.flags[node] = (run.flags[node] as number) | EMPTY;
  if (run.wantedKeys) turn.expanded.add(run);
  shareFate(turn, run, node, template, code, facts);
}

/** Gives what is behind a gate that did not open the fate of the gate. */
export function shareFate(
  turn: Turn,
  run: RunWorld,
  gate: number,
  template: number,
  code: BecauseCode,
  facts: Facts | null,
): void {
  const state = run.state[gate] as number;
  const cut = (run.flags[gate] as number) & CUT;
  for (const { node, template: inner, block } of run.existingBehind(gate, template)) {
    const at = run.state[node] as number;
    if (isFinished(at) || holdsSlot(at) || !run.isSelected(inner, block)) continue;
    run.flags[node] = (run.flags[node] as number) | cut;
    turn.change(run, node, state === S.failed ? S.upstream_failed : state, code, facts);
  }
}
