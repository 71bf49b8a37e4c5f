import type { LogRange } from '../model/attempt.ts';
import type { NodeNo, TryNo } from '../model/ids.ts';
import type { JsonText } from '../model/json.ts';
import { S } from '../model/states.ts';
import { graceOf } from './abort.ts';
import { askAgainAt } from './ask-again.ts';
import { goOn, holdStill } from './held-still.ts';
import { nodesInState } from './nodes-in-state.ts';
import { PAUSING, type RunWorld, STOPPING } from './run-world.ts';
import type { Turn } from './turn.ts';

/** Keeps from what the next attempt of an instance can go on. One whose run is paused stops there. */
export function keepCheckpoint(turn: Turn, run: RunWorld, node: number, at: number, state: JsonText): void {
  const tryNo = run.tryNo[node] as TryNo;
  run.checkpoints.set(node, { tryNo, at, state });
  turn.actions.push({
    type: 'checkpoint',
    runNo: run.record.runNo,
    nodeNo: node as NodeNo,
    tryNo,
    at,
    state,
  });
  if ((run.flags[node] as number) & PAUSING) stopForPause(turn, run, node);
}

/** What has succeeded begins anew if it runs once more. */
export function dropCheckpoint(turn: Turn, run: RunWorld, node: number): void {
  if (!run.checkpoints.delete(node)) return;
  const { runNo } = run.record;
  const tryNo = run.tryNo[node] as TryNo;
  const at = turn.now.at;
  turn.actions.push({ type: 'checkpoint', runNo, nodeNo: node as NodeNo, tryNo, at, state: null });
}

/**
 * Has a pause hold for attempts under way as well: what has kept a checkpoint is stopped, the others are held
 * where they are, those that have not started as soon as they do.
 */
export function pauseAttempts(turn: Turn, run: RunWorld): void {
  for (const node of nodesInState(run, (state) => state === S.queued || state === S.running)) {
    run.flags[node] = (run.flags[node] as number) | PAUSING;
    pauseAttempt(turn, run, node);
  }
}

/** Pauses an attempt under way if a pause is meant for it. */
export function pauseAttempt(turn: Turn, run: RunWorld, node: number): void {
  if (((run.flags[node] as number) & PAUSING) === 0) return;
  if (run.checkpoints.get(node)?.tryNo === run.tryNo[node]) stopForPause(turn, run, node);
  else if (run.state[node] === S.running) holdStill(turn, run, node);
}

/** Attempts that were not stopped for a pause go on where they are. */
export function resumeAttempts(turn: Turn, run: RunWorld): void {
  for (let node = 0; node < run.size; node++) {
    const flags = run.flags[node] as number;
    if ((flags & STOPPING) !== 0) continue;
    run.flags[node] = flags & ~PAUSING;
    if (run.state[node] === S.paused) goOn(turn, run, node);
  }
}

function stopForPause(turn: Turn, run: RunWorld, node: number): void {
  turn.stop(run, node, 'pause', graceOf(turn.world, run, run.templateOf(node)));
}

/** Whether an attempt that has ended now was meant by a pause; it is so once. */
export function takePause(run: RunWorld, node: number): boolean {
  const flags = run.flags[node] as number;
  run.flags[node] = flags & ~PAUSING;
  return (flags & PAUSING) !== 0;
}

/** An attempt was stopped for a pause: no failure, and the next one is due as soon as its run goes on. */
export function putDown(
  turn: Turn,
  run: RunWorld,
  node: number,
  times: { readonly startedAt: number; readonly endedAt: number; readonly log?: LogRange },
): void {
  const { now } = turn;
  const tryNo = run.tryNo[node] as number;
  run.tryBase[node] = (run.tryBase[node] as number) + 1;
  const code = run.checkpoints.has(node) ? 'paused_at_checkpoint' : 'ended_while_paused';
  turn.change(run, node, S.up_for_retry, code, { try: tryNo }, { ...times, dueAt: now.at });
  askAgainAt(turn, run, node, now.at);
}
