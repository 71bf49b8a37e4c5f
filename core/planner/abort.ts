import type { StopReason } from '../model/attempt.ts';
import { taskAt, TASK } from '../graph/graph.ts';
import { type CancelledReason, holdsSlot, isFinished, S } from '../model/states.ts';
import { evaluateNode, survivesAbort } from './readiness.ts';
import type { Abort, RunWorld } from './run-world.ts';
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
 * Ends a run early: what has not started is cancelled, what runs is stopped with grace, teardowns still run. The
 * decision is stored before its effects, so that a new leader goes on with it.
 */
export function abortRun(turn: Turn, run: RunWorld, abort: Abort, kill = false): void {
  if (isFinishedRun(run)) return;
  if (!run.abort) {
    run.abort = abort;
    const { state } = run.record;
    turn.actions.push({
      type: 'run.change',
      runNo: run.record.runNo,
      from: state,
      to: state,
      code: abort.code,
      facts: { ...abort.facts, outcome: abort.state },
    });
  }
  sweep(turn, run, kill);
}

/** Cancels and stops what an abort does not spare; with `kill`, teardowns as well and without grace. */
export function sweep(turn: Turn, run: RunWorld, kill: boolean): void {
  const abort = run.abort as Abort;
  const reason = cancelReason(abort);
  const spared: { node: number; template: number }[] = [];
  for (const { node, template, block } of run.existing()) {
    const state = run.state[node] as number;
    if (isFinished(state) || !run.isSelected(template, block)) continue;
    if (!kill && survivesAbort(run, template)) spared.push({ node, template });
    else if (holdsSlot(state)) turn.stop(run, node, reason as StopReason, kill ? 0 : graceOf(turn.world, run, template));
    else turn.change(run, node, S.cancelled, abort.code, abort.facts, { reason });
  }
  for (const { node, template } of spared) evaluateNode(turn, run, node, template);
}

/** How long an attempt of this task may take to end after it was asked to. */
export function graceOf(world: World, run: RunWorld, template: number): number {
  if (run.graph.kind[template] !== TASK) return 0;
  return taskAt(run.graph, template).killGraceMs ?? world.limits.defaults.killGraceMs;
}

function isFinishedRun(run: RunWorld): boolean {
  const { state } = run.record;
  return state === 'success' || state === 'failed' || state === 'cancelled';
}
