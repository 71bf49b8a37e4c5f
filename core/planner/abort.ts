import { TASK, taskAt } from '../graph/graph.ts';
import type { Facts } from '../model/because.ts';
import { type CancelledReason, holdsSlot, isFinished, isRunFinished, S } from '../model/states.ts';
import { evaluateNode, isBlockOpen, survivesAbort } from './readiness.ts';
import type { Abort } from './run-abort.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

const REASON_OF: Record<Abort['code'], CancelledReason> = {
  critical_failed: 'critical',
  cancelled_by_user: 'user',
  run_timed_out: 'run_timeout',
  superseded: 'overlap',
  shutdown: 'shutdown',
  expansion_failed: 'critical',
  unknown_key: 'critical',
  quarantined: 'critical',
  marked: 'user',
};

/** The reason that instances cancelled by this abort carry. */
export function cancelReason(abort: Abort): CancelledReason {
  return REASON_OF[abort.code];
}

/**
 * Ends a run early: what has not started is cancelled, what runs is stopped with grace, teardowns still run.
 * The decision is stored before its effects, so that a new leader goes on with it.
 */
export function abortRun(turn: Turn, run: RunWorld, abort: Abort, kill = false): void {
  if (isRunFinished(run.record.state)) return;
  const known = run.abort ?? abort;
  if (run.abort === null || (kill && !isKill(run.abort))) {
    run.abort = kill ? { ...known, facts: { ...known.facts, kill: true } } : known;
    const { state, runNo } = run.record;
    turn.actions.push({ type: 'run.change', runNo, from: state, to: state, ...storedAbort(run.abort) });
    turn.world.ranking.touch(run);
    turn.world.changed.add(run);
  }
  sweep(turn, run);
}

/** Aborts the runs whose critical tasks failed for good. */
export function abortFatal(turn: Turn): void {
  for (const { run, node } of turn.fatal.splice(0)) {
    if (run.abort || run.state[node] !== S.failed) continue;
    abortRun(turn, run, { code: 'critical_failed', facts: { task: run.nameOf(node) }, state: 'failed' });
  }
}

/** What a run keeps of its abort while it ends. */
export function storedAbort(abort: Abort): { code: Abort['code']; facts: Facts } {
  return { code: abort.code, facts: { ...abort.facts, outcome: abort.state } };
}

function isKill(abort: Abort): boolean {
  return abort.facts['kill'] === true;
}

/** Cancels and stops what an abort does not spare; a kill spares no teardown and gives no grace. */
export function sweep(turn: Turn, run: RunWorld): void {
  const abort = run.abort as Abort;
  const kill = isKill(abort);
  const reason = cancelReason(abort);
  for (const ghost of run.ghosts) {
    run.ending.add(ghost);
    if (kill) turn.stop(run, ghost, reason, 0);
  }
  const spared: { node: number; template: number }[] = [];
  for (const { node, template, block } of run.existing()) {
    const state = run.state[node] as number;
    if (isFinished(state) || !run.isSelected(template, block)) continue;
    const isReal = isBlockOpen(run, block) && !run.isPlaceholder(node, template);
    if (!kill && isReal && survivesAbort(run, template)) spared.push({ node, template });
    else if (holdsSlot(state)) {
      run.ending.add(node);
      turn.stop(run, node, reason, kill ? 0 : graceOf(turn.world, run, template));
    } else turn.change(run, node, S.cancelled, abort.code, abort.facts, { reason });
  }
  for (const { node, template } of spared) evaluateNode(turn, run, node, template);
}

/** An attempt that an abort asked to stop is over; after the last one the teardowns begin. */
export function markEnded(turn: Turn, run: RunWorld, node: number): void {
  if (!run.ending.delete(node) || run.ending.size > 0) return;
  for (const { node: teardown, template, block } of run.existing()) {
    const isReal = isBlockOpen(run, block) && !run.isPlaceholder(teardown, template);
    if (isReal && survivesAbort(run, template)) evaluateNode(turn, run, teardown, template);
  }
}

/** How long an attempt of this task may take to end after it was asked to. */
export function graceOf(world: World, run: RunWorld, template: number): number {
  if (run.graph.kind[template] !== TASK) return 0;
  return taskAt(run.graph, template).killGraceMs ?? world.limits.defaults.killGraceMs;
}
