/** A time at which a DAG is due. Instants are epoch milliseconds. */
export interface Slot {
  /** When the run may start. */
  readonly at: number;
  /** The instant that the run is about, its identity: the start of its interval. */
  readonly logicalAt: number;
  readonly intervalStartAt: number;
  readonly intervalEndAt: number;
}

/** When a DAG is due. Slots are ordered by `at`, and there is one for each `at`. */
export interface Timetable {
  /** The first slot after an instant; `null` if none comes. */
  next(afterAt: number): Slot | null;
  /** The last slot at or before an instant; `null` if there was none. */
  previous(untilAt: number): Slot | null;
}

/** A slot about one instant. */
export function instantSlot(at: number): Slot {
  return { at, logicalAt: at, intervalStartAt: at, intervalEndAt: at };
}

/** A slot about the time between two instants, due at its end. */
export function intervalSlot(startAt: number, endAt: number): Slot {
  return { at: endAt, logicalAt: startAt, intervalStartAt: startAt, intervalEndAt: endAt };
}
