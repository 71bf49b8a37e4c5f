import { fanOutAt, GATE } from '../graph/graph.ts';
import type { FanOutSpec } from '../model/dag.ts';
import { S } from '../model/states.ts';
import { abortRun } from './abort.ts';
import { keysOf } from './list-keys.ts';
import { evaluateNode, propagate } from './readiness.ts';
import { regroup } from './regroup.ts';
import { EMPTY, type RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import { settleUnrun } from './unrun.ts';

/** Expands every fan-out whose gate became ready in this turn. */
export function expandReady(turn: Turn): void {
  for (let ready = turn.gates.pop(); ready !== undefined; ready = turn.gates.pop()) {
    if (ready.run.state[ready.node] === S.scheduled) expand(turn, ready.run, ready.node);
    propagate(turn);
  }
  for (const run of turn.expanded) refuseUnknownKeys(turn, run);
  turn.expanded.clear();
}

/**
 * Asks for the keys of a fan-out, for the first time or again. The gate goes last: a tick that is written in
 * parts leaves it open, and the next leader asks again.
 */
function expand(turn: Turn, run: RunWorld, gate: number): void {
  const template = run.templateOf(gate);
  const fanOut = fanOutAt(run.graph, template);
  const keyed = keysOf(run, gate, template, fanOut);
  if (!keyed.ok) {
    const facts = { fanOut: fanOut.path, error: keyed.error };
    return settleUnrun(turn, run, gate, template, S.failed, 'expansion_failed', facts);
  }
  regroup(turn, run, gate, template, keyed);
  if (keyed.keys.length === 0) {
    return settleUnrun(turn, run, gate, template, S.skipped, 'no_keys', { fanOut: fanOut.path });
  }
  openGate(turn, run, gate, template, fanOut);
}

/** Lets the instances of an expanded fan-out begin. */
function openGate(turn: Turn, run: RunWorld, gate: number, template: number, fanOut: FanOutSpec): void {
  const blocks = run.blocksIn(run.blockOf(gate), run.graph.source[template] as number);
  turn.change(run, gate, S.success, 'expanded', { fanOut: fanOut.path, keys: blocks.length });
  if (run.wantedKeys) turn.expanded.add(run);
  for (const block of blocks) {
    for (const { node, template: inner } of run.existingIn(block))
      if (!run.isPlaceholder(node, inner)) evaluateNode(turn, run, node, inner);
  }
}

/**
 * A key of the scope that no fan-out has is a mistake of whoever asked for it: the run fails. It is known
 * once every gate has told its keys; where one could not, nobody knows.
 */
function refuseUnknownKeys(turn: Turn, run: RunWorld): void {
  const names = new Set<string>();
  const known: (readonly string[])[] = [];
  for (const { node, template, block } of run.existing()) {
    if (run.graph.kind[template] !== GATE || !run.isSelected(template, block)) continue;
    if (run.state[node] === S.removed) continue;
    if (run.state[node] !== S.success && !((run.flags[node] as number) & EMPTY)) return;
    names.add(fanOutAt(run.graph, template).path);
    for (const { keys } of run.blocksIn(block, run.graph.source[template] as number)) known.push(keys);
  }
  const [key] = run.wantedKeys?.unknown(known) ?? [];
  if (key === undefined) return;
  abortRun(turn, run, {
    code: 'unknown_key',
    facts: { key, fanOut: [...names].join(', ') },
    state: 'failed',
  });
}
