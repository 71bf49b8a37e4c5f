import type { BackfillWhich } from '../model/backfill.ts';
import type { BecauseCode, Facts } from '../model/because.ts';
import type { RunRecord } from '../model/run.ts';
import { isPartial } from '../model/scope.ts';
import type { ScheduleState } from '../model/slot.ts';
import { isRunFinished } from '../model/states.ts';
import { cursorAtStart, newestDue } from '../timetables/slot-step.ts';
import type { Slot } from '../timetables/timetable.ts';
import type { ScheduledDag } from './agenda.ts';

/** What a backfill does about a slot, and why. */
export interface SlotFate {
  readonly what: 'run' | 'retry' | 'leave';
  readonly code: BecauseCode;
  readonly facts: Facts;
}

/**
 * What a backfill does about a slot. The schedule decides first about what lies after its cursor, so that
 * both never make a run for one slot.
 */
export function fateOf(
  slot: Slot,
  existing: Pick<RunRecord, 'uid' | 'state' | 'scope'> | null,
  which: BackfillWhich,
  decidedUntilAt: number,
): SlotFate {
  if (existing === null) {
    return slot.at > decidedUntilAt
      ? { what: 'leave', code: 'slot_of_schedule', facts: {} }
      : { what: 'run', code: 'slot_missing', facts: {} };
  }
  const { uid, state, scope } = existing;
  if (!isRunFinished(state)) return { what: 'leave', code: 'slot_in_flight', facts: { run: uid } };
  const facts = { run: uid, state, ...(isPartial(scope) ? { partial: true } : {}) };
  const isRetried = which === 'all' || (which === 'failed' && state === 'failed');
  return { what: isRetried ? 'retry' : 'leave', code: 'slot_run_over', facts };
}

/** Whether the slots of now pass a DAG by, so that its cursor may follow: it never makes them up. */
export function passesOver({ state, policy }: Pick<ScheduledDag, 'state' | 'policy'>): boolean {
  return !policy.catchup && (state.paused || !state.present);
}

/** Up to where the schedule of a DAG will have decided once a scheduler has looked at it at an instant. */
export function decidedUntil(dag: ScheduledDag, state: ScheduleState, now: number): number {
  const { timetable, policy, spec } = dag;
  if (timetable === null || passesOver({ state, policy })) return now;
  const startAt = spec.startAt === undefined ? null : Date.parse(spec.startAt);
  const how = spec.onActivate ?? (policy.catchup ? 'all' : 'next');
  const cursorAt = state.cursorAt ?? cursorAtStart(timetable, how, startAt, now);
  const { misfireGraceMs } = policy;
  const missed = misfireGraceMs === null ? null : timetable.previous(now - misfireGraceMs - 1);
  const graced = Math.max(cursorAt, missed?.at ?? cursorAt);
  if (policy.catchup) return graced;
  const newest = newestDue(timetable, policy, now);
  return newest === null ? graced : Math.max(graced, newest.at - 1);
}
