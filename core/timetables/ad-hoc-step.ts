import type { AdHocSchedule } from '../model/ad-hoc-schedule.ts';
import { slotStep } from './slot-step.ts';
import type { Timetable } from './timetable.ts';
import { timetableOf } from './timetable-of.ts';

/** What is to be done next about an ad-hoc schedule. */
export type AdHocStep =
  /** Nothing until an instant; `null`: never by itself. */
  | { readonly kind: 'wait'; readonly untilAt: number | null }
  /** The slots up to this one get no run: they are too late, or a newer one is due. */
  | { readonly kind: 'pass'; readonly slotAt: number }
  | { readonly kind: 'run'; readonly slotAt: number };

/** When an ad-hoc schedule is due. Intervals count from when it was made. */
export function adHocTimetable({ plan, createdAt }: AdHocSchedule): Timetable | null {
  return timetableOf({ schedule: [plan.when], startAt: new Date(createdAt).toISOString() });
}

/** The next step of an ad-hoc schedule whose slots are decided up to its cursor. */
export function adHocStep(schedule: AdHocSchedule, now: number): AdHocStep {
  const timetable = adHocTimetable(schedule);
  if (timetable === null || schedule.paused) return { kind: 'wait', untilAt: null };
  const { catchup, misfireGraceMs } = schedule.plan;
  const policy = { catchup, coalesce: false, misfireGraceMs, jitterMs: () => 0 };
  const step = slotStep(timetable, policy, schedule.cursorAt, now);
  if (step.kind === 'wait') return step;
  if (step.kind === 'leave') return { kind: 'pass', slotAt: step.lastAt };
  return { kind: 'run', slotAt: step.slot.at };
}

/** The schedule once it is paused, or is not any more: without `catchup` the slots of a pause pass. */
export function withPause(schedule: AdHocSchedule, paused: boolean, now: number): AdHocSchedule {
  const isOver = schedule.paused && !paused && !schedule.plan.catchup;
  return { ...schedule, paused, cursorAt: isOver ? Math.max(schedule.cursorAt, now) : schedule.cursorAt };
}
