import type { Slot, Timetable } from './timetable.ts';

/**
 * Due whenever one of several timetables is; where they meet, the slot of the first of them counts. Intervals
 * of different schedules may begin together, so a slot is known by the instant at which it is due.
 */
export class AnyOf implements Timetable {
  readonly #timetables: readonly Timetable[];
  /**
   * What was asked for last: a scheduler asks for the slot that it waits for again once that is due, and so
   * for every DAG that is due at the same instants.
   */
  #afterAt = Number.NaN;
  #next: Slot | null = null;

  constructor(timetables: readonly Timetable[]) {
    this.#timetables = timetables;
  }

  next(afterAt: number): Slot | null {
    const isKnown = afterAt >= this.#afterAt && (this.#next === null || afterAt < this.#next.at);
    if (isKnown) return this.#next;
    this.#next = this.#best(
      (one) => one.next(afterAt),
      (a, b) => a.at < b.at,
    );
    this.#afterAt = afterAt;
    return this.#next;
  }

  previous(untilAt: number): Slot | null {
    return this.#best(
      (one) => one.previous(untilAt),
      (a, b) => a.at > b.at,
    );
  }

  #best(find: (one: Timetable) => Slot | null, isBetter: (a: Slot, b: Slot) => boolean): Slot | null {
    let best: Slot | null = null;
    for (const one of this.#timetables) {
      const slot = find(one);
      if (slot !== null && (best === null || isBetter(slot, best))) best = slot;
    }
    return best === null || this.#timetables.length === 1 ? best : { ...best, logicalAt: best.at };
  }
}

/** The slots of a timetable whose interval begins within bounds, both included; `null` is no bound. */
export class Bounded implements Timetable {
  readonly #timetable: Timetable;
  readonly #startAt: number;
  readonly #endAt: number;

  constructor(timetable: Timetable, startAt: number | null, endAt: number | null) {
    this.#timetable = timetable;
    this.#startAt = startAt ?? Number.NEGATIVE_INFINITY;
    this.#endAt = endAt ?? Number.POSITIVE_INFINITY;
  }

  next(afterAt: number): Slot | null {
    let slot = this.#timetable.next(Math.max(afterAt, this.#startAt - 1));
    while (slot !== null && slot.intervalStartAt < this.#startAt) slot = this.#timetable.next(slot.at);
    return slot !== null && slot.intervalStartAt <= this.#endAt ? slot : null;
  }

  previous(untilAt: number): Slot | null {
    let slot = this.#timetable.previous(untilAt);
    if (slot !== null && slot.intervalStartAt > this.#endAt) slot = this.#lastWithinEnd();
    return slot !== null && slot.intervalStartAt >= this.#startAt ? slot : null;
  }

  /** Of the slots that begin by the end, the last is due at or after it. */
  #lastWithinEnd(): Slot | null {
    const after = this.#timetable.next(this.#endAt);
    return after !== null && after.intervalStartAt <= this.#endAt
      ? after
      : this.#timetable.previous(this.#endAt);
  }
}
