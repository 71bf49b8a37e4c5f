import { isTrue } from '../expression/evaluate.ts';
import { taskAt } from '../graph/graph.ts';
import type { Answer } from '../model/action.ts';
import type { LogRange, Outcome } from '../model/attempt.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import { type ApprovalAction, CALLS_MAX, type LoopSpec, WAIT_DEFAULTS } from '../model/dag.ts';
import type { NodeNo } from '../model/ids.ts';
import type { WaitRecord } from '../model/run.ts';
import { type FailedReason, S } from '../model/states.ts';
import { accepted, conflict } from './answers.ts';
import { askAgainAt } from './ask-again.ts';
import { succeedWith } from './instant.ts';
import { makeReady } from './lanes.ts';
import type { RunWorld } from './run-world.ts';
import { evaluateIn } from './scope-values.ts';
import { parsed } from './templates.ts';
import type { ChangeDetails, Turn } from './turn.ts';

type Deferral = Extract<Outcome, { kind: 'deferred' }>;
type Times = { startedAt: number; endedAt: number; log?: LogRange };

/** Puts an instance off: it waits without a slot until it is asked again, or gives up. */
export function defer(turn: Turn, run: RunWorld, node: number, outcome: Deferral, times: Times): void {
  const { sensor } = taskAt(run.graph, run.templateOf(node));
  const afterMs = outcome.afterMs ?? sensor?.everyMs ?? 0;
  const message = outcome.message === undefined ? {} : { message: outcome.message };
  if (!sensor && outcome.afterMs === undefined) {
    const error = 'it answered notYet, but is no sensor: only a sensor says when it looks again';
    return failAt(turn, run, node, 'output_rejected', { error }, times, 'rejected_output');
  }
  const code: BecauseCode = sensor && outcome.afterMs === undefined ? 'not_yet' : 'deferred';
  putOff(turn, run, node, { afterMs, state: outcome.state ?? null, code, facts: message }, times);
}

/** A loop whose condition does not hold yet: `true` if its attempt does not end the instance well. */
export function loopsOn(
  turn: Turn,
  run: RunWorld,
  node: number,
  outcome: Extract<Outcome, { kind: 'success' }>,
  times: Times,
): boolean {
  const template = run.templateOf(node);
  const { loop } = taskAt(run.graph, template);
  if (loop === undefined) return false;
  run.values.set(node, outcome.output === undefined ? null : JSON.parse(outcome.output));
  const result = evaluateIn(run, node, template, parsed(loop.until));
  if (result.ok && isTrue(result.value)) return false;
  run.values.delete(node);
  if (!result.ok) {
    failAt(turn, run, node, 'loop_error', { until: loop.until, error: result.error }, times);
  } else nextIteration(turn, run, node, loop, outcome.spilled ? null : (outcome.output ?? null), times);
  return true;
}

function nextIteration(
  turn: Turn,
  run: RunWorld,
  node: number,
  loop: LoopSpec,
  state: string | null,
  times: Times,
): void {
  const { until, maxIterations = WAIT_DEFAULTS.maxIterations, delayMs = WAIT_DEFAULTS.delayMs } = loop;
  const iteration = (run.waits.get(node)?.iterations ?? 0) + 1;
  if (iteration >= maxIterations)
    return failAt(turn, run, node, 'loop_spent', { until, iterations: iteration }, times);
  const facts = { iteration, until };
  putOff(turn, run, node, { afterMs: delayMs, state, code: 'looped', facts }, times);
}

interface PutOff {
  readonly afterMs: number;
  readonly state: string | null;
  readonly code: BecauseCode;
  readonly facts: { readonly [fact: string]: string | number };
}

function putOff(turn: Turn, run: RunWorld, node: number, how: PutOff, times: Times): void {
  const { now } = turn;
  const before = run.waits.get(node);
  const wait: WaitRecord = {
    sinceAt: before?.sinceAt ?? times.startedAt,
    calls: (before?.calls ?? 0) + 1,
    iterations: (before?.iterations ?? 0) + (how.code === 'looped' ? 1 : 0),
    state: how.state,
  };
  if (wait.calls >= CALLS_MAX)
    return failAt(turn, run, node, 'called_too_often', { calls: wait.calls }, times);
  keepWait(turn, run, node, wait);
  // An attempt that puts the instance off is no failure.
  run.tryBase[node] = (run.tryBase[node] as number) + 1;
  const dueAt = Math.min(Math.min(times.endedAt, now.at) + how.afterMs, giveUpAt(run, node, wait));
  const facts = { ...how.facts, calls: wait.calls, dueAt: new Date(dueAt).toISOString() };
  turn.change(run, node, S.waiting, how.code, facts, { ...times, dueAt });
  if (times.log) run.waitLogs.set(node, times.log);
  askAgainAt(turn, run, node, dueAt);
}

/** Writes what an instance carries to its next attempt; `null`: it begins anew. */
export function keepWait(turn: Turn, run: RunWorld, node: number, wait: WaitRecord | null): void {
  if (wait === null) run.waits.delete(node);
  else run.waits.set(node, wait);
  turn.actions.push({ type: 'wait', runNo: run.record.runNo, nodeNo: node as NodeNo, wait });
}

/** When an instance that is put off gives up, in wall time. A loop has its iterations instead. */
function giveUpAt(run: RunWorld, node: number, wait: WaitRecord): number {
  const { sensor, loop } = taskAt(run.graph, run.templateOf(node));
  if (loop) return Number.POSITIVE_INFINITY;
  return wait.sinceAt + (sensor?.giveUpMs ?? WAIT_DEFAULTS.giveUpMs);
}

/** The wait of an instance is over: it is asked again, or nobody answered, or it looked long enough. */
export function wakeWaiting(turn: Turn, run: RunWorld, node: number): void {
  const { action, sensor } = taskAt(run.graph, run.templateOf(node));
  if (action.kind === 'approval') return giveUpAsking(turn, run, node, action);
  const wait = run.waits.get(node);
  if (wait === undefined || turn.now.at < giveUpAt(run, node, wait)) {
    turn.assume(run, node, S.scheduled);
    return makeReady(turn.world, run, node, turn.now.at);
  }
  const facts = { giveUpMs: sensor?.giveUpMs ?? WAIT_DEFAULTS.giveUpMs, calls: wait.calls };
  if (sensor?.softFail) return turn.change(run, node, S.skipped, 'sensor_timed_out', facts, logOf(run, node));
  const code = sensor ? 'sensor_timed_out' : 'deferred_too_long';
  failAt(turn, run, node, code, facts, logOf(run, node), 'timeout');
}

function logOf(run: RunWorld, node: number): { log?: LogRange } {
  const log = run.waitLogs.get(node);
  return log ? { log } : {};
}

function failAt(
  turn: Turn,
  run: RunWorld,
  node: number,
  code: BecauseCode,
  facts: Facts,
  details: ChangeDetails,
  reason: FailedReason = 'error',
): void {
  turn.change(run, node, S.failed, code, facts, { ...details, reason });
}

/** Asks people: the instance waits for an answer, without a slot. */
export function askPeople(turn: Turn, run: RunWorld, node: number): void {
  const { now } = turn;
  const { title, options, answerWithinMs } = taskAt(run.graph, run.templateOf(node)).action as ApprovalAction;
  run.tryNo[node] = (run.tryNo[node] as number) + 1;
  const facts = { title, options: [...options] };
  if (answerWithinMs === undefined)
    return turn.change(run, node, S.waiting, 'waits_answer', facts, { startedAt: now.at });
  const dueAt = now.at + answerWithinMs;
  turn.change(run, node, S.waiting, 'waits_answer', facts, { startedAt: now.at, dueAt });
  askAgainAt(turn, run, node, dueAt);
}

function giveUpAsking(
  turn: Turn,
  run: RunWorld,
  node: number,
  { onTimeout, answerWithinMs = 0 }: ApprovalAction,
): void {
  if (onTimeout === undefined)
    return failAt(turn, run, node, 'answer_timed_out', { answerWithinMs }, {}, 'timeout');
  succeedWith(turn, run, node, onTimeout, 'answer_defaulted', { option: onTimeout });
}

/** Somebody decides for an option of an approval. */
export interface ApproveRequest {
  readonly kind: 'approve';
  readonly run: RunWorld;
  readonly node: number;
  readonly option: string;
  readonly by: string;
  readonly message: string | null;
}

/** Decides an approval that waits for an answer. */
export function answerApproval(turn: Turn, run: RunWorld, given: ApproveRequest): Answer {
  const { node } = given;
  const template = run.templateOf(node);
  const name = run.nameOf(node);
  const action = run.isTask(template) ? taskAt(run.graph, template).action : null;
  if (action?.kind !== 'approval') return conflict(`task ${name} is no approval: nobody is asked there`);
  if (!action.options.includes(given.option)) {
    const message = `task ${name} has no option '${given.option}': it has ${action.options.join(', ')}`;
    return { ok: false, code: 'invalid', message };
  }
  if (run.state[node] !== S.waiting) return conflict(`task ${name} does not wait for an answer (now)`);
  const { option, by, message } = given;
  succeedWith(turn, run, node, option, 'answered', { option, by, ...(message === null ? {} : { message }) });
  return accepted(run, { instance: name, option });
}

/** Whether an instance waits without a slot: for its next attempt, or for people. */
export function isPutOff(state: number): boolean {
  return state === S.up_for_retry || state === S.waiting;
}

/** Whether an instance goes on when its time comes; an approval without a limit waits for people only. */
export function waitsForItself(run: RunWorld, node: number): boolean {
  const state = run.state[node] as number;
  return state === S.up_for_retry || (state === S.waiting && run.dueAt.has(node));
}
