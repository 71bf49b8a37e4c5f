import { taskAt } from '../graph/graph.ts';
import type { AttemptEvent, LogRange, Outcome } from '../model/attempt.ts';
import type { BecauseCode } from '../model/because.ts';
import { type NodeNo, parseAttemptId, type RunNo, type TryNo } from '../model/ids.ts';
import { type FailedReason, holdsSlot, S } from '../model/states.ts';
import { cancelReason, graceOf, markEnded } from './abort.ts';
import { askAgainAt } from './ask-again.ts';
import { recordProduced } from './asset-events.ts';
import { noteArtifact, putIntoCache } from './cache.ts';
import { dropCheckpoint, keepCheckpoint, pauseAttempt, putDown, takePause } from './checkpoints.ts';
import { startsHooks } from './hooks.ts';
import { makeReady } from './lanes.ts';
import { survivesAbort } from './readiness.ts';
import { chanceOf, decideRetry, errorOf, retryDelay } from './retry.ts';
import { type RunWorld, UNWRITTEN } from './run-world.ts';
import { READ } from './templates.ts';
import type { ChangeDetails, Turn } from './turn.ts';
import { defer, loopsOn, wakeWaiting } from './waits.ts';
import type { Due, World } from './world.ts';

/** `running` is stored this long after the start at the latest, if the attempt has not ended by then. */
const RUNNING_WRITE_MS = 50;

type Ended = Extract<AttemptEvent, { type: 'attempt.ended' }>;

/**
 * Takes in what the executor tells about an attempt; anything about an attempt that is over is only noted.
 */
export function onAttempt(turn: Turn, event: AttemptEvent): void {
  const id = parseAttemptId(event.attemptId);
  const run = id ? turn.world.runs.get(id.run) : undefined;
  if (!id || !run) return;
  const { node, tryNo } = id;
  const current = node < run.size && run.tryNo[node] === tryNo && holdsSlot(run.state[node] as number);
  if (!current) {
    if (event.type !== 'attempt.ended') return;
    turn.note(run, node, 'late_outcome', { try: tryNo });
    turn.world.heldStill.delete(event.attemptId);
    if (run.tryNo[node] !== tryNo || !run.ghosts.delete(node)) return;
    turn.world.changed.add(run);
    markEnded(turn, run, node);
    return;
  }
  const at = { runNo: run.record.runNo, nodeNo: node, tryNo };
  switch (event.type) {
    case 'attempt.started':
      return onStarted(turn, run, node, event);
    case 'attempt.progress':
      turn.actions.push({
        type: 'progress',
        ...at,
        done: event.done,
        total: event.total,
        step: event.step ?? null,
      });
      return;
    case 'attempt.metric':
      turn.actions.push({ type: 'metric', ...at, name: event.name, value: event.value, at: event.at });
      return;
    case 'attempt.artifact':
      turn.actions.push({ type: 'artifact', ...at, artifact: event.artifact });
      return noteArtifact(run, node, event.artifact);
    case 'attempt.checkpoint':
      return keepCheckpoint(turn, run, node, event.at, event.state);
    case 'attempt.ended':
      return onEnded(turn, run, node, event);
  }
}

function onStarted(
  turn: Turn,
  run: RunWorld,
  node: number,
  event: Extract<AttemptEvent, { type: 'attempt.started' }>,
): void {
  if (run.state[node] !== S.queued) return;
  run.startedAt[node] = event.at;
  const { world, now } = turn;
  const sinceMs = Math.min(Math.max(0, now.at - event.at), RUNNING_WRITE_MS);
  const due = watchDeadline(turn, run, node, sinceMs);
  if (event.log) run.openLogs.set(node, event.log);
  if (startsHooks(run, node)) recordStart(turn, run, node, event.at, event.log);
  else {
    turn.assume(run, node, S.running);
    run.flags[node] = (run.flags[node] as number) | UNWRITTEN;
    world.unwritten.set(event.attemptId, { ...due, atMono: now.mono - sinceMs + RUNNING_WRITE_MS });
  }
  pauseAttempt(turn, run, node);
}

/** Stores `running` at once: the hooks for it are due now. */
function recordStart(turn: Turn, run: RunWorld, node: number, startedAt: number, log?: LogRange): void {
  const facts = { try: run.tryNo[node] as number };
  turn.change(run, node, S.running, 'running', facts, { startedAt, ...(log ? { log } : {}) });
}

/** Arms the timeout of an attempt that started `sinceMs` ago; one that is known already holds. */
export function watchDeadline(turn: Turn, run: RunWorld, node: number, sinceMs = 0): Due {
  const { world, now } = turn;
  const { timeoutMs } = attemptLimits(world, run, run.templateOf(node));
  const tryNo = run.tryNo[node] as TryNo;
  const id = run.attemptOf(node);
  const due = { run, node, tryNo, atMono: world.knownDeadlines.get(id) ?? now.mono - sinceMs + timeoutMs };
  world.knownDeadlines.delete(id);
  world.deadlines.set(id, due);
  world.nextDeadlineAt = Math.min(world.nextDeadlineAt, due.atMono);
  return due;
}

/** Stores `running` for attempts that have been running long enough. */
export function writeRunning(turn: Turn): void {
  const { world, now } = turn;
  for (const [id, due] of world.unwritten) {
    if (due.atMono > now.mono) continue;
    world.unwritten.delete(id);
    const { run, node } = due;
    const isLate = run.tryNo[node] !== due.tryNo || run.state[node] !== S.running;
    if (isLate || !((run.flags[node] as number) & UNWRITTEN)) continue;
    const log = run.openLogs.get(node);
    turn.change(
      run,
      node,
      S.running,
      'running',
      { try: due.tryNo },
      {
        startedAt: run.startedAt[node] as number,
        ...(log ? { log } : {}),
      },
    );
  }
}

/** Asks for the end of attempts that ran out of time. */
export function stopOverdue(turn: Turn): void {
  const { world, now } = turn;
  if (world.nextDeadlineAt > now.mono) return;
  world.nextDeadlineAt = Number.POSITIVE_INFINITY;
  for (const [id, due] of world.deadlines) {
    if (due.atMono > now.mono) {
      world.nextDeadlineAt = Math.min(world.nextDeadlineAt, due.atMono);
      continue;
    }
    world.deadlines.delete(id);
    if (due.run.tryNo[due.node] !== due.tryNo || !holdsSlot(due.run.state[due.node] as number)) continue;
    turn.stop(due.run, due.node, 'timeout', graceOf(world, due.run, due.run.templateOf(due.node)));
  }
}

/** The time and memory that an attempt may take. */
export interface AttemptLimits {
  readonly timeoutMs: number;
  readonly memoryMb: number | null;
}

/** The limits of the attempts of a task. */
export function attemptLimits(world: World, run: RunWorld, template: number): AttemptLimits {
  const task = taskAt(run.graph, template);
  return { timeoutMs: task.timeoutMs ?? world.limits.defaults.timeoutMs, memoryMb: task.memoryMb ?? null };
}

function onEnded(turn: Turn, run: RunWorld, node: number, event: Ended): void {
  const id = event.attemptId;
  turn.world.deadlines.delete(id);
  turn.world.knownDeadlines.delete(id);
  turn.world.unwritten.delete(id);
  turn.world.heldStill.delete(id);
  run.openLogs.delete(node);
  const template = run.templateOf(node);
  const times = { startedAt: event.startedAt, endedAt: event.at, ...(event.log ? { log: event.log } : {}) };
  const { outcome } = event;
  const wasPaused = takePause(run, node);
  const began = outcome.kind !== 'lost' && outcome.kind !== 'stopped';
  if (began && run.state[node] === S.queued && startsHooks(run, node))
    recordStart(turn, run, node, event.startedAt, event.log);
  const spared =
    survivesAbort(run, template) && outcome.kind !== 'stopped' && run.abort?.facts['kill'] !== true;
  if (run.abort && !spared) {
    const reason = cancelReason(run.abort);
    turn.change(run, node, S.cancelled, run.abort.code, run.abort.facts, { ...times, reason });
    return markEnded(turn, run, node);
  }
  if (wasPaused && outcome.kind === 'stopped') return putDown(turn, run, node, times);
  if (outcome.kind === 'deferred') return defer(turn, run, node, outcome, times);
  if (outcome.kind === 'success' && loopsOn(turn, run, node, outcome, times)) return;
  if (outcome.kind === 'success') return succeed(turn, run, node, template, outcome, times);
  if (outcome.kind === 'skipped') {
    const facts = outcome.message === undefined ? null : { message: outcome.message };
    return turn.change(run, node, S.skipped, 'skipped_itself', facts, times);
  }
  if (outcome.kind === 'lost' || outcome.kind === 'stopped') {
    const detail = outcome.kind === 'lost' ? outcome.detail : 'it was stopped without a request';
    return lose(turn, run, node, template, detail, times);
  }
  fail(turn, run, node, template, outcome, times);
}

type Times = { startedAt: number; endedAt: number; log?: Ended['log'] & object };

function succeed(
  turn: Turn,
  run: RunWorld,
  node: number,
  template: number,
  outcome: Extract<Outcome, { kind: 'success' }>,
  times: Times,
): void {
  if (outcome.output !== undefined || outcome.spilled) {
    const output = outcome.spilled ?? { json: outcome.output as string };
    const at = { runNo: run.record.runNo, nodeNo: node as NodeNo, tryNo: run.tryNo[node] as TryNo };
    turn.actions.push({ type: 'output', ...at, output });
    run.outputs.set(node, output);
    const isRead = ((run.templates.traits[template] as number) & READ) !== 0;
    if (isRead && outcome.output !== undefined) run.values.set(node, JSON.parse(outcome.output));
  }
  dropCheckpoint(turn, run, node);
  recordProduced(turn, run, node, template);
  putIntoCache(turn, run, node, run.outputs.get(node) ?? null);
  turn.change(run, node, S.success, 'succeeded', null, times);
}

function fail(
  turn: Turn,
  run: RunWorld,
  node: number,
  template: number,
  outcome: Outcome,
  times: Times,
): void {
  const task = taskAt(run.graph, template);
  const tryNo = run.tryNo[node] as number;
  const failures = tryNo - (run.tryBase[node] as number) - (run.lost[node] as number);
  const error = errorOf(outcome, attemptLimits(turn.world, run, template));
  const details = { ...times, error: JSON.stringify(error) };
  const policy = { ...turn.world.limits.defaults.retries, ...task.retries };
  const decision = decideRetry(policy, outcome, failures);
  const reason: FailedReason =
    outcome.kind === 'timeout' || outcome.kind === 'memory' || outcome.kind === 'rejected_output'
      ? outcome.kind
      : 'error';
  if (decision.retry) {
    const chance = chanceOf(`${run.record.uid}/${node}/${tryNo}`);
    const delayMs = Math.max(decision.atLeastMs, retryDelay(policy, failures, chance));
    return retryLater(
      turn,
      run,
      node,
      delayMs,
      'retry_wait',
      { try: tryNo, delayMs, error: error.message },
      { ...details, reason },
    );
  }
  const facts = { try: tryNo, name: error.name, error: error.message };
  run.errors.set(node, error.message);
  turn.change(run, node, S.failed, decision.why, facts, { ...details, reason });
}

/** A lost attempt is nobody's failure: it has a small budget of its own. */
function lose(turn: Turn, run: RunWorld, node: number, template: number, detail: string, times: Times): void {
  const task = taskAt(run.graph, template);
  const lost = (run.lost[node] as number) + 1;
  run.lost[node] = lost;
  const details = {
    ...times,
    reason: 'lost' as const,
    error: JSON.stringify({ name: 'Lost', message: detail }),
  };
  const tryNo = run.tryNo[node] as number;
  if (task.onLost === 'fail') {
    return turn.change(run, node, S.failed, 'attempt_lost', { try: tryNo, detail }, details);
  }
  const budget = turn.world.limits.defaults.lostBudget;
  if (lost > budget) {
    return turn.change(run, node, S.failed, 'lost_too_often', { lost, budget }, details);
  }
  retryLater(turn, run, node, 0, 'attempt_lost', { try: tryNo, detail }, details);
}

type ReasonFacts = { [fact: string]: string | number };

function retryLater(
  turn: Turn,
  run: RunWorld,
  node: number,
  delayMs: number,
  code: BecauseCode,
  facts: ReasonFacts,
  details: ChangeDetails & Times,
): void {
  const dueAt = Math.min(details.endedAt, turn.now.at) + delayMs;
  turn.change(run, node, S.up_for_retry, code, facts, { ...details, dueAt });
  askAgainAt(turn, run, node, dueAt);
}

/** Makes attempts ready whose wait is over. */
export function wakeRetries(turn: Turn): void {
  const { world, now } = turn;
  for (let due = world.takeRetry(now.mono); due !== null; due = world.takeRetry(now.mono)) {
    const { run, node, tryNo } = due;
    const isCurrent = world.runs.get(run.record.runNo as RunNo) === run && run.tryNo[node] === tryNo;
    if (isCurrent && run.state[node] === S.waiting) wakeWaiting(turn, run, node);
    if (!isCurrent || run.state[node] !== S.up_for_retry) continue;
    turn.assume(run, node, S.scheduled);
    makeReady(world, run, node, now.at);
  }
}
