import { CronPattern } from '../cron/cron-pattern.ts';
import { Zone } from '../cron/zone.ts';
import { instantSlot, intervalSlot, type Slot, type Timetable } from './timetable.ts';

/**
 * The ticks of a cron expression in a time zone.
 *
 * With an hour field of exactly `*` every instant is a tick whose local time matches, so ticks are evenly
 * spaced also where the clocks change by whole hours. Otherwise every matching local time is one tick: at its
 * first instant where it comes twice, and at the first instant after the gap where it is skipped; ticks that
 * meet there are one.
 */
export class CronTicks {
  readonly #pattern: CronPattern;
  readonly #zone: Zone;

  /** @throws Error for an expression or a zone that does not exist: authoring has refused both. */
  constructor(expression: string, zone: string) {
    this.#pattern = CronPattern.of(expression);
    this.#zone = Zone.of(zone);
  }

  /** The first tick after an instant, in epoch milliseconds; `null` if none comes. */
  next(afterAt: number): number | null {
    return this.#pattern.isEveryHour ? this.#nextElapsed(afterAt) : this.#nextOnTheWall(afterAt);
  }

  /** The last tick at or before an instant. */
  previous(untilAt: number): number | null {
    return this.#pattern.isEveryHour ? this.#previousElapsed(untilAt) : this.#previousOnTheWall(untilAt);
  }

  #nextOnTheWall(afterAt: number): number | null {
    let local = this.#zone.localAt(afterAt) - 1;
    for (;;) {
      const match = this.#pattern.next(local);
      if (match === null) return null;
      const at = this.#zone.instantOf(match);
      if (at > afterAt) return at;
      local = match;
    }
  }

  #previousOnTheWall(untilAt: number): number | null {
    // Local times that come again are behind us as soon as they came first.
    const change = this.#zone.lastTransition(untilAt, untilAt - FOLD_MAX_MS);
    const seen = change === null ? 0 : change.at + change.before - 1;
    const match = this.#pattern.previous(Math.max(this.#zone.localAt(untilAt), seen));
    return match === null ? null : this.#zone.instantOf(match);
  }

  #nextElapsed(afterAt: number): number | null {
    let since = afterAt;
    let match = this.#pattern.next(this.#zone.localAt(since));
    while (match !== null) {
      const at = match - this.#zone.offsetAt(since);
      const change = this.#zone.nextTransition(since, at);
      if (change === null) return at;
      since = change.at;
      match = this.#pattern.next(since + change.after - 1);
    }
    return null;
  }

  #previousElapsed(untilAt: number): number | null {
    let until = untilAt;
    let offset = this.#zone.offsetAt(until);
    let match = this.#pattern.previous(until + offset);
    while (match !== null) {
      const at = match - offset;
      const change = this.#zone.lastTransition(until, at);
      if (change === null || change.at === at) return at;
      until = change.at - 1;
      offset = change.before;
      match = this.#pattern.previous(until + offset);
    }
    return null;
  }
}

/** No clock is set back by more. */
const FOLD_MAX_MS = 2 * 86_400_000;

/** The timetable of a cron expression: at its ticks, or with `interval` for the time between two of them. */
export class CronTimetable implements Timetable {
  readonly #ticks: CronTicks;
  readonly #isInterval: boolean;

  constructor(expression: string, zone: string, isInterval: boolean) {
    this.#ticks = new CronTicks(expression, zone);
    this.#isInterval = isInterval;
  }

  next(afterAt: number): Slot | null {
    return this.#slot(this.#ticks.next(afterAt));
  }

  previous(untilAt: number): Slot | null {
    return this.#slot(this.#ticks.previous(untilAt));
  }

  #slot(at: number | null): Slot | null {
    if (at === null) return null;
    if (!this.#isInterval) return instantSlot(at);
    const startAt = this.#ticks.previous(at - 1);
    return startAt === null ? null : intervalSlot(startAt, at);
  }
}
