import type { TryNo } from '../model/ids.ts';
import { isFinished, isRunFinished, S } from '../model/states.ts';
import { abortFatal, abortRun, storedAbort } from './abort.ts';
import { backfillOf, runsOfBackfill } from './backfill-world.ts';
import { expandReady } from './expand.ts';
import { choose } from './lanes.ts';
import { nodesInState } from './nodes-in-state.ts';
import { evaluateNode, propagate, recount } from './readiness.ts';
import { runOutcome } from './run-outcome.ts';
import { inOrderOfStart } from './run-priority.ts';
import { timeoutAt } from './run-timer.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import { isActive, runsLimit, type World } from './world.ts';

/** Counts what is open in a run and the upstreams of every instance anew from the states. */
export function recountRun(run: RunWorld): void {
  run.open = 0;
  for (const { node, template, block } of run.existing()) {
    if (!run.isSelected(template, block)) continue;
    if (!isFinished(run.state[node] as number)) run.open++;
    if (!run.isPlaceholder(node, template)) recount(run, node, template);
  }
}

/**
 * Decides about every instance of a run that has not started: at its start, and when it was loaded or
 * retried.
 */
export function evaluateRun(turn: Turn, run: RunWorld): void {
  for (const node of nodesInState(run, (state) => state === S.none)) {
    const template = run.templateOf(node);
    if (!run.isPlaceholder(node, template)) evaluateNode(turn, run, node, template);
  }
}

/** Starts queued runs, by priority and then the oldest first, as `maxActiveRuns` of their DAGs allow. */
export function promoteRuns(turn: Turn): void {
  if (turn.world.draining) return;
  if (turn.world.queued.size === 0) return;
  const queued = [...turn.world.queued.values()].filter(({ record }) => record.state === 'queued');
  for (const run of inOrderOfStart(queued, turn.now.at)) {
    if (run.abort && isOver(run)) continue;
    if (!hasPlace(turn.world, run) && !isAwaited(run)) continue;
    const { code, facts } = run.abort ? storedAbort(run.abort) : { code: 'started' as const, facts: null };
    turn.changeRun(run, 'running', code, facts, { startedAt: run.record.startedAt ?? turn.now.at });
    evaluateRun(turn, run);
  }
}

/** Whether a run that is under way looks at this one: it may be what takes the place, and waits for it. */
function isAwaited({ followers }: RunWorld): boolean {
  for (const past of followers) if (isActive(past.run.record)) return true;
  return false;
}

/** Whether one more run may start beside those of its backfill, or else beside those of its DAG. */
function hasPlace(world: World, run: RunWorld): boolean {
  const backfill = backfillOf(world, run);
  if (backfill === null) return world.dagLoad(run.record.dagId).runs < runsLimit(world, run.graph.spec);
  const { maxActiveRuns, state } = backfill.record;
  if (state === 'paused' && !run.abort) return false;
  return (
    runsOfBackfill(world, backfill.record).filter(({ record }) => isActive(record)).length < maxActiveRuns
  );
}

/** Gives slots to ready instances; their attempts are dispatched once this is stored. */
export function queueReady(turn: Turn): void {
  if (turn.world.draining || turn.world.pause !== null) return;
  choose(turn, (run, node) => {
    run.tryNo[node] = ((run.tryNo[node] as number) + 1) as TryNo;
    const rule = run.templates.rule[run.templateOf(node)] as string;
    turn.change(run, node, S.queued, 'rule_met', rule === 'all_success' ? null : { rule });
    turn.dispatch.push({ run, node });
  });
}

/** Works until nothing follows from what is known: downstreams told, fan-outs expanded. */
export function settle(turn: Turn): void {
  do {
    abortFatal(turn);
    propagate(turn);
    expandReady(turn);
  } while (turn.settled.length > 0 || turn.gates.length > 0 || turn.fatal.length > 0);
}

/** Aborts runs that took longer than their timeout. */
export function timeOutRuns(turn: Turn): void {
  for (const run of turn.world.timed.values()) {
    const dueAt = timeoutAt(run);
    if (dueAt === null || turn.now.at < dueAt) continue;
    const facts = { timeoutMs: run.graph.spec.timeoutMs ?? 0 };
    abortRun(turn, run, { code: 'run_timed_out', facts, state: 'failed' });
  }
}

/**
 * Ends runs that have nothing left to do, those included that a refused request has ended. Ended runs leave
 * the world once that is stored.
 */
export function finishRuns(turn: Turn): RunWorld[] {
  const { changed, runs } = turn.world;
  const ended: RunWorld[] = [];
  const candidates = [...changed];
  changed.clear();
  for (const run of candidates) {
    if (runs.get(run.record.runNo) !== run) continue;
    const isEnded = isRunFinished(run.record.state);
    if (!isEnded && (!isOver(run) || (run.record.state === 'queued' && !run.abort))) continue;
    if (!isEnded) endRun(turn, run);
    ended.push(run);
  }
  return ended;
}

/** Whether a run has nothing left to do and no attempt is alive. */
export function isOver(run: RunWorld): boolean {
  return run.open === 0 && run.ghosts.size === 0;
}

/** Gives a run that is over its final state. */
export function endRun(turn: Turn, run: RunWorld): void {
  const { state, code, facts, counts } = runOutcome(run);
  turn.changeRun(run, state, code, facts, { endedAt: turn.now.at, counts });
}
