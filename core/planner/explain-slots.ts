import { type Because, because } from '../model/because.ts';
import type { DagSpec } from '../model/dag.ts';
import type { ScheduleState } from '../model/slot.ts';
import { slotStep } from '../timetables/slot-step.ts';
import { timetableOf } from '../timetables/timetable-of.ts';
import { policyOf } from './agenda.ts';

/** What the next run of a schedule waits for. */
export interface SlotsExplanation {
  readonly because: Because;
  /** When there is something to do next, epoch ms; `null` if nothing is known to come. */
  readonly nextAt: number | null;
}

/** How a DAG stands beside its schedule. */
export interface SlotsFacts {
  readonly unfinishedRuns: number;
  readonly maxActiveRuns: number;
  /** Whether a process leads the store. */
  readonly isLed: boolean;
}

/** Why no run of a DAG starts by itself now, from the functions that decide about its slots. */
export function explainSlots(
  spec: DagSpec,
  state: ScheduleState,
  { unfinishedRuns, maxActiveRuns, isLed }: SlotsFacts,
  now: number,
): SlotsExplanation {
  const dag = spec.id;
  const timetable = timetableOf(spec);
  if (timetable === null) return { because: because('slots_none', { dag }), nextAt: null };
  if (!state.present && state.sinceAt !== null)
    return { because: because('dag_removed', { dag }), nextAt: null };
  if (state.paused) return { because: because('dag_paused', { dag }), nextAt: null };
  if (state.cursorAt === null) return { because: because('slots_unseen', { dag }), nextAt: null };
  const step = slotStep(timetable, policyOf(spec.id, spec), state.cursorAt, now);
  if (step.kind === 'wait') {
    if (step.untilAt === null) return { because: because('slots_over', { dag }), nextAt: null };
    const due = new Date(step.untilAt).toISOString();
    return { because: because(isLed ? 'slot_waits' : 'slot_unled', { dag, due }), nextAt: step.untilAt };
  }
  const slotAt = step.kind === 'run' ? step.slot.at : step.lastAt;
  const due = new Date(slotAt).toISOString();
  if (!isLed) return { because: because('slot_unled', { dag, due }), nextAt: null };
  if (unfinishedRuns >= maxActiveRuns && spec.overlap !== 'cancel_running') {
    const facts = { dag, due, active: unfinishedRuns, limit: maxActiveRuns };
    return { because: because('slot_queued', facts), nextAt: null };
  }
  return { because: because('slot_due', { dag, due }), nextAt: now };
}
