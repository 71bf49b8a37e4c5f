import type { DagSpec } from '../model/dag.ts';
import type { ScheduleState } from '../model/slot.ts';
import { cursorAtStart, slotStep } from '../timetables/slot-step.ts';
import { timetableOf } from '../timetables/timetable-of.ts';
import { policyOf } from './agenda.ts';

/** The runs that a scheduler makes by itself for a DAG if nothing else happens. */
export interface Upcoming {
  /** For slots that are due already; at most {@link AT_ONCE_MAX} are counted. */
  readonly atOnce: number;
  /** The next slots after that, epoch ms. */
  readonly slots: readonly number[];
}

const AT_ONCE_MAX = 10_000;
/** Steps over slots that get no run, of which each can stand for any number of them. */
const STEPS_MAX = 4 * AT_ONCE_MAX;

/**
 * What a scheduler that looks at a DAG now makes of its slots: of those that are due, and of the next ones.
 * `state` is where its schedule stands, `null` for a DAG that was never seen; `isRescheduled`: its schedule
 * is not the one that the state belongs to.
 */
export function upcomingRuns(
  spec: DagSpec,
  state: ScheduleState | null,
  isRescheduled: boolean,
  now: number,
  count: number,
): Upcoming {
  const timetable = timetableOf(spec);
  if (timetable === null || state?.paused) return { atOnce: 0, slots: [] };
  const policy = policyOf(spec.id, spec);
  const startAt = spec.startAt === undefined ? null : Date.parse(spec.startAt);
  const how = spec.onActivate ?? (policy.catchup ? 'all' : 'next');
  let cursorAt = state?.cursorAt ?? cursorAtStart(timetable, how, startAt, now);
  const isSkipped = state !== null && (isRescheduled || !state.present) && !policy.catchup;
  if (isSkipped) cursorAt = Math.max(cursorAt, now);
  let atOnce = 0;
  for (let steps = 0; steps < STEPS_MAX && atOnce < AT_ONCE_MAX; steps++) {
    const step = slotStep(timetable, policy, cursorAt, now);
    if (step.kind === 'wait') break;
    cursorAt = step.kind === 'run' ? step.slot.at : step.lastAt;
    if (step.kind === 'run') atOnce++;
  }
  const slots: number[] = [];
  for (let slot = timetable.next(cursorAt); slot !== null && slots.length < count; ) {
    slots.push(slot.at);
    slot = timetable.next(slot.at);
  }
  return { atOnce, slots };
}
