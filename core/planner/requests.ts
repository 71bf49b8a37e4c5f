import { GATE } from '../graph/graph.ts';
import type { Answer } from '../model/action.ts';
import type { PriorityLevel } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import {
  canTransition,
  holdsSlot,
  isFinished,
  isRunFinished,
  S,
  TASK_STATES,
  type TaskState,
} from '../model/states.ts';
import { abortFatal, abortRun, graceOf } from './abort.ts';
import { type AdoptRequest, adopt, restoreCuts } from './adopt.ts';
import { type DagEntry, ScheduledDag } from './agenda.ts';
import { accepted, conflict } from './answers.ts';
import { onReported, type ReportedEvent } from './asset-events.ts';
import { type BackfillRequest, onBackfillRequest } from './backfill-requests.ts';
import { forgetAsks, keepAsk } from './cache.ts';
import { pauseAttempts, resumeAttempts } from './checkpoints.ts';
import { endRun, evaluateRun, isOver, recountRun } from './lifecycle.ts';
import { adoptRun } from './load.ts';
import { markRun } from './mark-run.ts';
import { setPaused } from './open-slots.ts';
import { type OperateRequest, operate } from './operate.ts';
import { propagate } from './readiness.ts';
import { type Repinning, repinRun } from './repin.ts';
import { descendantsOf, type RetrySelection, selectForRetry } from './retry-selection.ts';
import { type RollBackRequest, rollBackDag } from './roll-back.ts';
import { setPriority } from './run-priority.ts';
import { CUT, EMPTY, FRESH, type RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import { type ApproveRequest, answerApproval, isPutOff, keepWait } from './waits.ts';

type Refusal = Extract<Answer, { ok: false }>;

/** A request whose names have been looked up and whose run is in memory, ready to be decided. */
export type PlannedRequest = { readonly inboxId: number | null } & (
  | { readonly kind: 'refuse'; readonly refusal: Omit<Refusal, 'ok'> }
  /** A new run, with the number of the unfinished run that it replaces. */
  | { readonly kind: 'start'; readonly run: RunWorld; readonly replaces: RunNo | null }
  | AdoptRequest
  | { readonly kind: 'cancel'; readonly runNo: RunNo; readonly by: string; readonly kill: boolean }
  /** `attempts`: those under way as well, as far as they can go on later. */
  | { readonly kind: 'pause'; readonly runNo: RunNo; readonly attempts?: boolean }
  | { readonly kind: 'resume'; readonly runNo: RunNo }
  | {
      readonly kind: 'setPriority';
      readonly runNo: RunNo;
      readonly priority: PriorityLevel;
      readonly by: string;
    }
  /** A finished run whose rows are gone by now. */
  | { readonly kind: 'deleted'; readonly runUid: string; readonly dagId: string; readonly by: string }
  | BackfillRequest
  | ReportedEvent
  | RollBackRequest
  | OperateRequest
  /** A scheduler wants to lead. */
  | { readonly kind: 'handOver' }
  /** `dag` as the store has it; a scheduler takes the one on its agenda. */
  | { readonly kind: 'pauseDag'; readonly dag: DagEntry; readonly paused: boolean; readonly by: string }
  | {
      readonly kind: 'retry';
      readonly run: RunWorld;
      readonly by: string;
      readonly selection: RetrySelection;
      readonly repin?: Repinning;
    }
  | ApproveRequest
  | {
      readonly kind: 'markTask';
      readonly run: RunWorld;
      readonly by: string;
      readonly node: number;
      readonly state: 'success' | 'failed';
    }
  | {
      readonly kind: 'markRun';
      readonly run: RunWorld;
      readonly by: string;
      readonly state: 'success' | 'failed';
    }
);

/** Decides about a request and answers it in the same transaction. */
export function onRequest(turn: Turn, request: PlannedRequest): void {
  abortFatal(turn);
  propagate(turn);
  const answer = decide(turn, request);
  if (request.inboxId !== null) turn.actions.push({ type: 'answer', inboxId: request.inboxId, answer });
}

function decide(turn: Turn, request: PlannedRequest): Answer {
  switch (request.kind) {
    case 'refuse':
      return { ok: false, ...request.refusal };
    case 'start':
      return start(turn, request.run, request.replaces);
    case 'adopt':
      return adopt(turn, request);
    case 'cancel':
      return withRun(turn, request.runNo, (run) => {
        abortRun(
          turn,
          run,
          { code: 'cancelled_by_user', facts: { by: request.by }, state: 'cancelled' },
          request.kill,
        );
        return undefined;
      });
    case 'pause':
      return withRun(turn, request.runNo, (run) => pause(turn, run, request.attempts ?? false));
    case 'resume':
      return withRun(turn, request.runNo, (run) => resume(turn, run));
    case 'setPriority':
      return withRun(turn, request.runNo, (run) => setPriority(turn, run, request.priority, request.by));
    case 'deleted':
      turn.note(null, null, 'run_deleted', { run: request.runUid, dag: request.dagId, by: request.by });
      return { ok: true, value: { runId: request.runUid } };
    case 'handOver':
      if (turn.world.agenda !== null) return conflict('a scheduler leads already');
      turn.world.draining = true;
      return { ok: true, value: {} };
    case 'createBackfill':
    case 'changeBackfill':
      return onBackfillRequest(turn, request);
    case 'assetEvent':
      return onReported(turn, request.inboxId, request);
    case 'rollBackDag':
      return rollBackDag(turn, request);
    case 'operate':
      return operate(turn, request);
    case 'pauseDag':
      return pauseDag(turn, request.dag, request.paused, request.by);
  }
  // A run is in memory once: of requests that were prepared together each has a copy of its own.
  const run = turn.world.runs.get(request.run.record.runNo) ?? request.run;
  switch (request.kind) {
    case 'retry':
      return retry(turn, { ...request, run }, request.run);
    case 'approve':
      return refuseWhileEnding(turn, run) ?? answerApproval(turn, run, request);
    case 'markTask':
      return markTask(turn, run, request.by, request.node, request.state);
    case 'markRun':
      return markRun(turn, run, request.by, request.state);
  }
}

function pauseDag(turn: Turn, entry: DagEntry, paused: boolean, by: string): Answer {
  const { agenda } = turn.world;
  const dag = agenda?.dags.get(entry.dagId) ?? new ScheduledDag(entry);
  // Whoever tells of the DAG later may have read the store before.
  agenda?.dags.set(entry.dagId, dag);
  setPaused(turn, dag, paused, by);
  return { ok: true, value: { dagId: entry.dagId, paused } };
}

function withRun(turn: Turn, runNo: RunNo, act: (run: RunWorld) => Answer | undefined): Answer {
  const run = turn.world.runs.get(runNo);
  if (!run) return conflict('the run is already finished');
  return act(run) ?? accepted(run);
}

/** Refuses what an abort under way does not allow. */
function refuseWhileEnding(turn: Turn, run: RunWorld): Answer | null {
  if (!run.abort || isRunFinished(run.record.state)) return null;
  if (!isOver(run)) return conflict('the run is being ended: wait until its attempts have stopped');
  endRun(turn, run);
  return null;
}

function start(turn: Turn, run: RunWorld, replaces: RunNo | null): Answer {
  const old = replaces === null ? undefined : turn.world.runs.get(replaces);
  if (old) abortRun(turn, old, { code: 'superseded', facts: { run: run.record.uid }, state: 'cancelled' });
  turn.actions.push({ type: 'run.create', run: run.record });
  adoptRun(turn.world, run);
  return accepted(run);
}

function pause(turn: Turn, run: RunWorld, attempts: boolean): Answer | undefined {
  if (run.abort) return conflict('the run is being ended: it cannot be paused');
  if (run.record.state !== 'paused') turn.changeRun(run, 'paused', 'run_paused', null);
  if (attempts) pauseAttempts(turn, run);
  return undefined;
}

/** A run that was paused before it started takes its place in the queue again. */
function resume(turn: Turn, run: RunWorld): Answer | undefined {
  if (run.abort) return conflict('the run is being ended: it cannot be resumed');
  if (run.record.state !== 'paused') return undefined;
  resumeAttempts(turn, run);
  turn.changeRun(run, run.record.startedAt === null ? 'queued' : 'running', 'started', null);
  evaluateRun(turn, run);
  return undefined;
}

/**
 * Adds attempts: the chosen instances go back to `none`; what they did before stays in their past attempts.
 */
export function retry(
  turn: Turn,
  request: Omit<Extract<PlannedRequest, { kind: 'retry' }>, 'inboxId' | 'kind'>,
  asked: RunWorld = request.run,
): Answer {
  const { run, by, selection, repin } = request;
  if (repin && run !== asked) return conflict('the run was taken up by another request: ask again');
  const refused = refuseWhileEnding(turn, run);
  if (refused) return refused;
  const chosen = selectForRetry(run, selection);
  const busy = chosen.find((node) => holdsSlot(run.state[node] as number) || run.ghosts.has(node));
  if (busy !== undefined) return conflict(`${run.nameOf(busy)} has an attempt under way: cancel it first`);
  const leaving = ghostBehind(run, new Set(chosen));
  if (leaving !== undefined)
    return conflict(`an attempt of ${run.nameOf(leaving)} is being stopped: wait until it has ended`);
  const nodes = chosen.filter(
    (node) => isFinished(run.state[node] as number) || isPutOff(run.state[node] as number),
  );
  if (nodes.length === 0) return conflict('there is nothing to retry in this run');
  reopen(turn, run, by, null);
  if (repin) repinRun(turn, run, repin);
  // Gates first: written in parts, no list may be done again without its gate asking again.
  const isGate = (node: number): boolean => run.graph.kind[run.templateOf(node)] === GATE;
  for (const node of nodes.filter(isGate)) reset(turn, run, node, by);
  for (const node of nodes) if (!isGate(node)) reset(turn, run, node, by);
  for (const node of chosen) holdBack(turn, run, node, by);
  recountRun(run);
  evaluateRun(turn, run);
  return accepted(run, {
    instances: nodes.filter((node) => run.isTask(run.templateOf(node))).map((node) => run.nameOf(node)),
  });
}

/** A key that comes back while an old attempt of it lives would have two: its fan-out may not ask yet. */
function ghostBehind(run: RunWorld, chosen: ReadonlySet<number>): number | undefined {
  return [...run.ghosts].find((ghost) => {
    for (let block = run.blockOf(ghost); block.parent !== null; block = block.parent)
      if (chosen.has(run.gateOf(block) as number)) return true;
    return false;
  });
}

/** What was ready is decided anew, because something before it has changed. */
function holdBack(turn: Turn, run: RunWorld, node: number, by: string): void {
  if (run.state[node] !== S.scheduled) return;
  if (run.stored[node] === S.none) turn.assume(run, node, S.none);
  else reset(turn, run, node, by);
}

function reset(turn: Turn, run: RunWorld, node: number, by: string): void {
  run.tryBase[node] = run.tryNo[node] as number;
  run.lost[node] = 0;
  run.flags[node] = ((run.flags[node] as number) & ~(CUT | EMPTY)) | FRESH;
  run.values.delete(node);
  run.outputs.delete(node);
  if (run.waits.has(node)) keepWait(turn, run, node, null);
  if (run.cacheAsks.has(node)) keepAsk(turn, run, node, null);
  turn.change(run, node, S.none, 'retried', { by });
}

/** A finished run becomes active again, as one that started at `startedAt`; `null`: that starts anew. */
function reopen(turn: Turn, run: RunWorld, by: string, startedAt: number | null): void {
  run.abort = null;
  forgetAsks(turn, run);
  turn.world.ranking.touch(run);
  run.queuedSince = turn.now.at;
  run.ending.clear();
  if (!turn.world.runs.has(run.record.runNo)) {
    adoptRun(turn.world, run);
    restoreCuts(run);
  }
  if (isRunFinished(run.record.state))
    turn.changeRun(run, 'queued', 'retried', { by }, { startedAt, endedAt: null });
}

/**
 * A mark says how an instance counts, not how long it ran. The run keeps its start too, unless its timeout
 * has to leave time for what runs after the mark.
 */
function markTask(turn: Turn, run: RunWorld, by: string, node: number, state: 'success' | 'failed'): Answer {
  const refused = markRefusal(run, node, state) ?? refuseWhileEnding(turn, run);
  if (refused) return refused;
  const behind = descendantsOf(run, [node]);
  const isTimedAnew =
    run.graph.spec.timeoutMs !== undefined && behind.some((after) => isUndecided(run, after));
  reopen(turn, run, by, isTimedAnew ? null : run.record.startedAt);
  if (holdsSlot(run.state[node] as number)) {
    turn.stop(run, node, 'user', graceOf(turn.world, run, run.templateOf(node)));
    run.ghosts.add(node);
  }
  run.flags[node] = (run.flags[node] as number) & ~CUT;
  if (isReset(run, node)) {
    run.tryNo[node] = (run.tryNo[node] as number) + 1;
    run.startedAt[node] = 0;
  }
  const details = { ...timesOf(run, node), ...(state === 'failed' ? { reason: 'error' as const } : {}) };
  turn.change(run, node, S[state], 'marked', { state, by }, details);
  for (const after of behind) {
    if (isUndecided(run, after)) reset(turn, run, after, by);
    else holdBack(turn, run, after, by);
  }
  forgetSettled(turn, run);
  recountRun(run);
  evaluateRun(turn, run);
  return accepted(run);
}

function timesOf(run: RunWorld, node: number): { endedAt?: number } {
  const endedAt = run.endedAt[node] as number;
  const ran = (run.startedAt[node] as number) > 0 && isFinished(run.state[node] as number);
  return ran && endedAt > 0 ? { endedAt } : {};
}

/**
 * Retried and not started since: its number is that of the old attempt, whose output is not to be taken
 * again.
 */
function isReset(run: RunWorld, node: number): boolean {
  return (run.tryNo[node] as number) > 0 && run.tryNo[node] === run.tryBase[node];
}

/** What never ran because of something before it: its rule is asked again when that changes. */
function isUndecided(run: RunWorld, node: number): boolean {
  const isFailedGate = run.state[node] === S.failed && run.graph.kind[run.templateOf(node)] === GATE;
  return isFailedGate || run.state[node] === S.upstream_failed;
}

function markRefusal(run: RunWorld, node: number, state: 'success' | 'failed'): Answer | null {
  const template = run.templateOf(node);
  if (run.isPlaceholder(node, template)) {
    return conflict(
      `task ${run.nameOf(node)} has no instances, because its fan-out has no keys yet: it cannot be marked`,
    );
  }
  const isSelected = run.isSelected(template, run.blockOf(node));
  const from = isSelected ? (TASK_STATES[run.state[node] as number] as TaskState) : 'not_selected';
  return canTransition(from, state)
    ? null
    : conflict(`task ${run.nameOf(node)} is ${from}: it cannot be marked ${state}`);
}

/** A recount includes what just finished, so nobody needs to be told again. */
function forgetSettled(turn: Turn, run: RunWorld): void {
  const others = turn.settled.filter((done) => done.run !== run);
  turn.settled.splice(0, turn.settled.length, ...others);
  turn.world.pasts.touch(run);
}
