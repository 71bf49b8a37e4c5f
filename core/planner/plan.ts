import type { FileArrival } from '../model/asset.ts';
import type { AttemptEvent } from '../model/attempt.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import type { ScheduleState } from '../model/slot.ts';
import type { DagEntry } from './agenda.ts';
import { onEventsRead, type StoredEvents } from './asset-events.ts';
import type { BackfillOffer } from './backfill-world.ts';
import { endBackfills, takeOffers } from './backfills.ts';
import { onCacheRead } from './cache-answers.ts';
import type { CacheAnswer } from './cache-lookups.ts';
import { takeHistory, watchDeadlines } from './deadline.ts';
import type { DurationHistory } from './forecast.ts';
import { endHeld } from './held-still.ts';
import { finishRuns, promoteRuns, queueReady, settle, timeOutRuns } from './lifecycle.ts';
import { onFileArrived } from './open-files.ts';
import { onDagGone, onDagSeen, onRunEnded, openSlots } from './open-slots.ts';
import { onAttempt, stopOverdue, wakeRetries, writeRunning } from './outcomes.ts';
import { wakeChanged } from './past-turn.ts';
import type { PastOffer } from './pasts.ts';
import { onRequest, type PlannedRequest } from './requests.ts';
import type { RunWorld } from './run-world.ts';
import { type Instant, Turn } from './turn.ts';
import type { World } from './world.ts';

/** What was read for the planner, which reads nothing itself. */
export type Offer =
  /** The next slots of a backfill. */
  | { readonly type: 'backfill.slots'; readonly offer: BackfillOffer }
  /** The runs before a run. */
  | { readonly type: 'past'; readonly offer: PastOffer }
  /** Which instances that are ready have an earlier success. */
  | { readonly type: 'cache'; readonly answers: readonly CacheAnswer[] }
  /** How long the tasks of a DAG took before. */
  | { readonly type: 'history'; readonly dagId: string; readonly history: DurationHistory };

/** What happened since the last turn, in order. */
export type PlannerEvent =
  | { readonly type: 'attempt'; readonly event: AttemptEvent }
  | { readonly type: 'request'; readonly request: PlannedRequest }
  /** A DAG file was read; `isRescheduled`: its schedule is not that of the version before. */
  | { readonly type: 'dag.seen'; readonly dag: DagEntry; readonly isRescheduled: boolean }
  | Offer
  | StoredEvents
  /** A file for which a DAG waits stands still. */
  | { readonly type: 'file.arrived'; readonly file: FileArrival }
  /** Something beside all runs that the journal shall have. */
  | { readonly type: 'noted'; readonly code: BecauseCode; readonly facts: Facts }
  /** No file declares a DAG any more; `state` is what the store has of it. */
  | { readonly type: 'dag.gone'; readonly dagId: string; readonly state: ScheduleState };

/** What is read or seen for the planner, beside attempts, requests and DAG files. */
export type TidingsEvent = Exclude<PlannerEvent, { type: 'attempt' | 'request' | 'dag.seen' }>;

/** What the planner decided, and when it wants to be asked again if nothing happens. */
export interface Plan {
  readonly actions: Turn['actions'];
  /** Attempts to hand to the executor once the actions are stored. */
  readonly dispatch: Turn['dispatch'];
  /** Attempts to stop once the actions are stored. */
  readonly stops: Turn['stops'];
  /** Attempts to hold still, or to let go on, once the actions are stored. */
  readonly holds: Turn['holds'];
  /** DAGs of whose slots nothing could be decided: they are looked at again when they are seen again. */
  readonly faults: Turn['faults'];
  /** Runs that ended. */
  readonly ended: readonly RunWorld[];
  /** Monotonic instant of the next timer; infinite if there is none. */
  readonly wakeAt: number;
}

/**
 * Decides. Takes what happened and the time, changes the world in place and says what to write, start and
 * stop. Pure otherwise: no clock, no chance, no IO; equal worlds and events give equal plans.
 */
export function plan(world: World, events: readonly PlannerEvent[], now: Instant): Plan {
  const turn = new Turn(world, now);
  for (const event of events) {
    if (event.type === 'attempt') onAttempt(turn, event.event);
    else if (event.type === 'request') onRequest(turn, event.request);
    else if (event.type === 'dag.seen') onDagSeen(turn, event.dag, event.isRescheduled);
    else if (event.type === 'backfill.slots') putOffer(world, event.offer);
    else if (event.type === 'past') world.pasts.take(event.offer, world.runs);
    else if (event.type === 'cache') onCacheRead(turn, event.answers);
    else if (event.type === 'history') takeHistory(world, event.dagId, event.history);
    else if (event.type === 'asset.events') onEventsRead(turn, event);
    else if (event.type === 'file.arrived') onFileArrived(turn, event.file);
    else if (event.type === 'noted') writeNote(turn, event.code, event.facts);
    else onDagGone(turn, event.dagId, event.state);
  }
  if (world.draining) endHeld(turn);
  wakeRetries(turn);
  stopOverdue(turn);
  if (now.at >= world.nextTimerAt) {
    timeOutRuns(turn);
    watchDeadlines(turn);
    world.resetTimers();
  }
  const ended: RunWorld[] = [];
  for (;;) {
    openSlots(turn);
    takeOffers(turn);
    promoteRuns(turn);
    wakeChanged(turn);
    settle(turn);
    const over = finishRuns(turn);
    if (over.length === 0) break;
    for (const run of over) {
      world.drop(run);
      onRunEnded(turn, run);
    }
    ended.push(...over);
  }
  endBackfills(turn);
  queueReady(turn);
  writeRunning(turn);
  const { actions, dispatch, stops, holds, faults } = turn;
  return { actions, dispatch, stops, holds, faults, ended, wakeAt: nextWake(world, now) };
}

function writeNote(turn: Turn, code: BecauseCode, facts: Facts): void {
  turn.actions.push({ type: 'note', runNo: null, nodeNo: null, tryNo: null, code, facts });
}

function putOffer(world: World, offer: BackfillOffer): void {
  const backfill = world.backfills.get(offer.backfillNo);
  if (backfill) backfill.offer = offer;
}

function nextWake(world: World, now: Instant): number {
  let wakeAt = Math.min(world.nextDeadlineAt, world.nextRetryAt());
  if (world.agenda !== null)
    wakeAt = Math.min(wakeAt, now.mono + Math.max(0, world.agenda.nextAt() - now.at));
  for (const due of world.unwritten.values()) wakeAt = Math.min(wakeAt, due.atMono);
  return Math.min(wakeAt, now.mono + Math.max(0, world.nextTimerAt - now.at));
}
