import { GATE } from '../graph/graph.ts';
import type { Answer } from '../model/action.ts';
import { type NodeNo, parseAttemptId } from '../model/ids.ts';
import { holdsSlot, isFinished, isRunFinished, S, TASK_STATES } from '../model/states.ts';
import { sweep } from './abort.ts';
import { accepted, conflict } from './answers.ts';
import { keepGoing, keepStill } from './held-still.ts';
import { evaluateRun } from './lifecycle.ts';
import { adoptRun, orphans } from './load.ts';
import { nodesInState } from './nodes-in-state.ts';
import { onAttempt, watchDeadline } from './outcomes.ts';
import { isCutSource } from './readiness.ts';
import { type Repinning, repinRun } from './repin.ts';
import { CUT, type RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import { shareFate } from './unrun.ts';
import { isPutOff, waitsForItself } from './waits.ts';

/** A run loaded from the store; attempts in `live` are still with the executor, all others are lost. */
export interface AdoptRequest {
  readonly kind: 'adopt';
  readonly run: RunWorld;
  readonly live?: ReadonlySet<string>;
  /** A run that is led already is refused. */
  readonly takeOver?: boolean;
  readonly repin?: Repinning;
}

/**
 * Goes on with a run whose process is gone. Its attempts are lost: what they may have left alive was ended
 * before the executor started, so a new attempt cannot meet an old one.
 */
export function adopt(turn: Turn, { run, live, takeOver, repin }: AdoptRequest): Answer {
  if (turn.world.runs.has(run.record.runNo))
    return takeOver ? conflict(`run ${run.record.uid} is under way: orch watch follows it`) : accepted(run);
  if (isRunFinished(run.record.state)) return conflict(`the run is already ${run.record.state}`);
  adoptRun(turn.world, run);
  if (repin) repinRun(turn, run, repin);
  restoreCuts(run);
  for (const node of orphans(run)) {
    const id = run.attemptOf(node);
    if (live?.has(id)) keepLive(turn, run, node);
    else loseOrphan(turn, run, node);
  }
  for (const id of live ?? []) keepGhost(run, id);
  for (const node of nodesInState(run, isPutOff)) {
    if (!waitsForItself(run, node)) continue;
    const waitMs = Math.max(0, (run.dueAt.get(node) ?? turn.now.at) - turn.now.at);
    turn.world.addRetry({ atMono: turn.now.mono + waitMs, run, node, tryNo: run.tryNo[node] as number });
  }
  if (run.abort) sweep(turn, run);
  closeGates(turn, run);
  if (run.wantedKeys) turn.expanded.add(run);
  evaluateRun(turn, run);
  return accepted(run);
}

/** What an attempt has left so far is not known here: its success does not go into the cache. */
function keepLive(turn: Turn, run: RunWorld, node: NodeNo): void {
  if (run.state[node] === S.paused) keepStill(turn, run, node);
  else {
    keepGoing(turn, run, node);
    watchDeadline(turn, run, node);
  }
  run.cacheAsks.delete(node);
}

/** An attempt that still lives although its instance was settled by hand. */
function keepGhost(run: RunWorld, id: string): void {
  const at = parseAttemptId(id);
  if (!at || at.run !== run.record.runNo || at.node >= run.size || run.tryNo[at.node] !== at.tryNo) return;
  if (!holdsSlot(run.state[at.node] as number)) run.ghosts.add(at.node);
}

/** A tick that is written in parts may have stored the fate of a gate without that of what is behind it. */
function closeGates(turn: Turn, run: RunWorld): void {
  if (nodesInState(run, (state) => isFinished(state) && state !== S.success).length === 0) return;
  for (const { node, template } of run.existing()) {
    const state = run.state[node] as number;
    if (run.graph.kind[template] !== GATE || !isFinished(state) || state === S.success) continue;
    const facts = { rule: run.templates.rule[template] as string, upstream: run.nameOf(node) };
    const [code, more] =
      state === S.skipped
        ? (['upstream_skipped', {}] as const)
        : (['upstream_failed', { state: TASK_STATES[state] as string }] as const);
    shareFate(turn, run, node, template, code, { ...facts, ...more });
  }
}

function loseOrphan(turn: Turn, run: RunWorld, node: NodeNo): void {
  onAttempt(turn, {
    type: 'attempt.ended',
    attemptId: run.attemptOf(node),
    startedAt: run.startedAt[node] || run.queuedAt[node] || turn.now.at,
    at: turn.now.at,
    outcome: { kind: 'lost', detail: 'the process that ran it is gone' },
  });
}

/** Knows again which short circuits have cut a path. */
export function restoreCuts(run: RunWorld): void {
  if (run.templates.shortCircuit.every((one) => one === null)) return;
  for (const { node, template } of run.existing()) {
    if (!isCutSource(run, node, template)) continue;
    run.flags[node] = (run.flags[node] as number) | CUT;
    run.hasCuts = true;
  }
}
