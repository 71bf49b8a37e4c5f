import { taskAt } from '../graph/graph.ts';
import { parseAttemptId, type TryNo } from '../model/ids.ts';
import { S } from '../model/states.ts';
import { graceOf } from './abort.ts';
import { PAUSING, type RunWorld, STOPPING } from './run-world.ts';
import type { ChangeDetails, Turn } from './turn.ts';

/**
 * Has the processes of a running attempt be held still where they are: it keeps its slot and its memory, and
 * its time stands still. One that is being ended is left alone.
 */
export function holdStill(turn: Turn, run: RunWorld, node: number): void {
  if (((run.flags[node] as number) & STOPPING) !== 0) return;
  const { world, now } = turn;
  const id = run.attemptOf(node);
  const due = world.deadlines.get(id);
  world.heldStill.set(
    id,
    due === undefined ? timeoutOf(turn, run, node) : Math.max(0, due.atMono - now.mono),
  );
  world.deadlines.delete(id);
  world.unwritten.delete(id);
  turn.change(run, node, S.paused, 'held_still', { try: run.tryNo[node] as number }, startOf(run, node));
  turn.holds.push({ run, node, still: true });
}

/** Has an attempt that was held still go on, with the time that it had left. */
export function goOn(turn: Turn, run: RunWorld, node: number): void {
  const { world, now } = turn;
  const id = run.attemptOf(node);
  const atMono = now.mono + (world.heldStill.get(id) ?? timeoutOf(turn, run, node));
  world.heldStill.delete(id);
  world.deadlines.set(id, { run, node, tryNo: run.tryNo[node] as TryNo, atMono });
  world.nextDeadlineAt = Math.min(world.nextDeadlineAt, atMono);
  turn.change(run, node, S.running, 'running', { try: run.tryNo[node] as number }, startOf(run, node));
  turn.holds.push({ run, node, still: false });
}

/** Takes in again that an attempt which lives is held still, after memory was dropped. */
export function keepStill(turn: Turn, run: RunWorld, node: number): void {
  const { world, now } = turn;
  const id = run.attemptOf(node);
  const at = world.knownDeadlines.get(id);
  const leftMs = world.heldStill.get(id) ?? (at === undefined ? timeoutOf(turn, run, node) : at - now.mono);
  world.heldStill.set(id, Math.max(0, leftMs));
  run.flags[node] = (run.flags[node] as number) | PAUSING;
}

/** An attempt runs although memory that was dropped had it held still: that was never stored. */
export function keepGoing({ world, now }: Turn, run: RunWorld, node: number): void {
  const id = run.attemptOf(node);
  const leftMs = world.heldStill.get(id);
  if (leftMs === undefined) return;
  world.heldStill.delete(id);
  world.knownDeadlines.set(id, now.mono + leftMs);
}

/** Ends what is held still, for a leader that ends does not wait for it: it begins anew with the resume. */
export function endHeld(turn: Turn): void {
  for (const id of turn.world.heldStill.keys()) {
    const at = parseAttemptId(id);
    const run = at === null ? undefined : turn.world.runs.get(at.run);
    if (at === null || run === undefined) continue;
    turn.stop(run, at.node, 'pause', graceOf(turn.world, run, run.templateOf(at.node)));
  }
}

function timeoutOf(turn: Turn, run: RunWorld, node: number): number {
  const task = taskAt(run.graph, run.templateOf(node));
  return task.timeoutMs ?? turn.world.limits.defaults.timeoutMs;
}

function startOf(run: RunWorld, node: number): ChangeDetails {
  const log = run.openLogs.get(node);
  return { startedAt: run.startedAt[node] as number, ...(log === undefined ? {} : { log }) };
}
