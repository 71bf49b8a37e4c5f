import type { Agenda } from '../planner/agenda.ts';
import type { Backlog } from './simulation.ts';

/** Of one DAG so many slots are counted. */
const SLOTS_MAX = 100_000;

/** The slots on an agenda that are due by an instant and not decided, by DAG; a paused one has none. */
export function backlogOf(agenda: Agenda, untilAt: number): Backlog[] {
  return [...agenda.dags.values()].flatMap(({ entry: { dagId }, timetable, state }) => {
    if (timetable === null || state.cursorAt === null || state.paused) return [];
    const first = timetable.next(state.cursorAt);
    if (first === null || first.at > untilAt) return [];
    let slots = 0;
    for (
      let slot = first as typeof first | null;
      slot !== null && slot.at <= untilAt && slots < SLOTS_MAX;
    ) {
      slots++;
      slot = timetable.next(slot.at);
    }
    return [{ dagId, slots, firstAt: first.at }];
  });
}
