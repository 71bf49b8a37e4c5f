import { instantSlot, type Slot, type Timetable } from './timetable.ts';

/** At given instants, once each. */
export class DateTimetable implements Timetable {
  readonly #instants: readonly number[];

  /** Takes epoch milliseconds in any order. */
  constructor(instants: readonly number[]) {
    this.#instants = [...new Set(instants)].sort((a, b) => a - b);
  }

  next(afterAt: number): Slot | null {
    return slotOf(this.#instants.find((at) => at > afterAt));
  }

  previous(untilAt: number): Slot | null {
    return slotOf(this.#instants.findLast((at) => at <= untilAt));
  }
}

function slotOf(at: number | undefined): Slot | null {
  return at === undefined ? null : instantSlot(at);
}
