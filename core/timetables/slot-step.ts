import type { Slot, Timetable } from './timetable.ts';

/** What a DAG wants of slots that are late. */
export interface SlotPolicy {
  /** Every missed slot gets a run; otherwise only the newest. */
  readonly catchup: boolean;
  /** With `catchup`: one run stands for all missed slots. */
  readonly coalesce: boolean;
  /** A slot that is later than this gets no run; `null` is no limit. */
  readonly misfireGraceMs: number | null;
  /** How much later than its instant a slot is due: the same for a slot for ever. */
  readonly jitterMs: (slotAt: number) => number;
}

/** Slots from the first to the last one, both included. */
export interface SlotRange {
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What is to be done about the next slot of a DAG. */
export type SlotStep =
  /** Nothing until an instant, or for ever. */
  | { readonly kind: 'wait'; readonly untilAt: number | null }
  /** These slots get no run. */
  | ({ readonly kind: 'leave'; readonly why: 'missed' | 'skipped' } & SlotRange)
  /** This slot gets a run, which stands for earlier ones as well. */
  | { readonly kind: 'run'; readonly slot: Slot; readonly coalesced: SlotRange | null };

/**
 * The next step of a DAG whose slots are decided up to a cursor. One step decides any number of slots that
 * share a fate, so a long outage takes few steps.
 */
export function slotStep(timetable: Timetable, policy: SlotPolicy, cursorAt: number, now: number): SlotStep {
  const first = timetable.next(cursorAt);
  if (first === null) return { kind: 'wait', untilAt: null };
  const dueAt = first.at + policy.jitterMs(first.at);
  if (dueAt > now) return { kind: 'wait', untilAt: dueAt };
  const { misfireGraceMs } = policy;
  if (misfireGraceMs !== null && first.at < now - misfireGraceMs) {
    const last = timetable.previous(now - misfireGraceMs - 1) ?? first;
    return { kind: 'leave', why: 'missed', firstAt: first.at, lastAt: last.at };
  }
  if (policy.catchup && !policy.coalesce) return { kind: 'run', slot: first, coalesced: null };
  const second = timetable.next(first.at);
  const isOnly = second === null || second.at > now;
  const newest = isOnly ? first : (newestDue(timetable, policy, now) ?? first);
  if (newest.at <= first.at) return { kind: 'run', slot: first, coalesced: null };
  const last = timetable.previous(newest.at - 1) ?? first;
  const older = { firstAt: first.at, lastAt: last.at };
  if (policy.catchup) return { kind: 'run', slot: newest, coalesced: older };
  return { kind: 'leave', why: 'skipped', ...older };
}

/** The newest slot that is due at an instant, jitter included. */
export function newestDue(timetable: Timetable, policy: SlotPolicy, now: number): Slot | null {
  let slot = timetable.previous(now);
  while (slot !== null && slot.at + policy.jitterMs(slot.at) > now) slot = timetable.previous(slot.at - 1);
  return slot;
}

/** The cursor of a DAG that becomes active: the slots after it count. */
export function cursorAtStart(
  timetable: Timetable,
  onActivate: 'next' | 'latest' | 'all',
  startAt: number | null,
  now: number,
): number {
  if (onActivate === 'all') return startAt === null ? now : startAt - 1;
  if (onActivate === 'next') return now;
  const latest = timetable.previous(now);
  return latest === null ? now : latest.at - 1;
}
