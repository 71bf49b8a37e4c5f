import { instantSlot, type Slot, type Timetable } from './timetable.ts';

/** Every so many milliseconds of elapsed time, on a grid through one instant that no restart moves. */
export class GridTimetable implements Timetable {
  readonly #everyMs: number;
  readonly #anchorAt: number;

  constructor(everyMs: number, anchorAt: number) {
    this.#everyMs = everyMs;
    this.#anchorAt = anchorAt;
  }

  next(afterAt: number): Slot {
    return this.#slot(Math.floor((afterAt - this.#anchorAt) / this.#everyMs) + 1);
  }

  previous(untilAt: number): Slot {
    return this.#slot(Math.floor((untilAt - this.#anchorAt) / this.#everyMs));
  }

  #slot(step: number): Slot {
    return instantSlot(this.#anchorAt + step * this.#everyMs);
  }
}
