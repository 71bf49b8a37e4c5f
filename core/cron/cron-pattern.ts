import { type DaysOf, parseDays } from './cron-days.ts';
import { CRON_FIELDS, CronMistake, numbersOf } from './cron-field.ts';

/** Months that are searched: a calendar comes again after 28 years, or 40 across one without a leap day. */
const MONTHS_MAX = 12 * 41;
/** Expressions that are kept once they were read. */
const PATTERNS_MAX = 1_000;
const patterns = new Map<string, CronPattern>();

/**
 * The local times that a cron expression matches, without a time zone: a local time is written as the epoch
 * milliseconds that it would be in UTC.
 */
export class CronPattern {
  readonly #daysOf: DaysOf;
  /** Months that match, from 0 as in `Date`. */
  readonly #months: ReadonlySet<number>;
  /** The times of a day that match, in its own three fields. */
  readonly #hours: readonly number[];
  readonly #minutes: readonly number[];
  readonly #seconds: readonly number[];
  /** The hour field is exactly `*`. */
  readonly isEveryHour: boolean;

  /**
   * Reads five fields, or six with seconds first, in capitals with one blank between them.
   *
   * @throws CronMistake for anything else.
   */
  constructor(expression: string) {
    const fields = expression.split(' ');
    if (fields.length === 5) fields.unshift('0');
    if (fields.length !== 6) throw new CronMistake(`it has ${fields.length} fields`);
    const [second, minute, hour, dayOfMonth, month, dayOfWeek] = fields as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    this.#seconds = numbersOf(CRON_FIELDS.second, second);
    this.#minutes = numbersOf(CRON_FIELDS.minute, minute);
    this.#hours = numbersOf(CRON_FIELDS.hour, hour);
    this.#daysOf = parseDays(dayOfMonth, dayOfWeek);
    this.#months = new Set(numbersOf(CRON_FIELDS.month, month).map((number) => number - 1));
    this.isEveryHour = hour === '*';
  }

  /** As the constructor does; most DAGs of a project share a few expressions, which are read once. */
  static of(expression: string): CronPattern {
    let pattern = patterns.get(expression);
    if (pattern === undefined) {
      pattern = new CronPattern(expression);
      if (patterns.size >= PATTERNS_MAX) patterns.clear();
      patterns.set(expression, pattern);
    }
    return pattern;
  }

  /** The first local time after another one that matches; `null` if none comes. */
  next(afterLocal: number): number | null {
    const from = new Date(Math.floor(afterLocal / 1000) * 1000 + 1000);
    const midnight = Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate());
    const day = this.#firstDay(from, from.getUTCDate());
    if (day === midnight) {
      const time = this.#firstTime(from.getUTCHours(), from.getUTCMinutes(), from.getUTCSeconds());
      if (time !== null) return day + time;
      const later = this.#firstDay(from, from.getUTCDate() + 1);
      return later === null ? null : later + (this.#firstTime(0, 0, 0) as number);
    }
    return day === null ? null : day + (this.#firstTime(0, 0, 0) as number);
  }

  /** The last local time at or before another one that matches; `null` if there was none. */
  previous(untilLocal: number): number | null {
    const until = new Date(untilLocal);
    const midnight = Date.UTC(until.getUTCFullYear(), until.getUTCMonth(), until.getUTCDate());
    const day = this.#lastDay(until, until.getUTCDate());
    if (day === midnight) {
      const time = this.#lastTime(until.getUTCHours(), until.getUTCMinutes(), until.getUTCSeconds());
      if (time !== null) return day + time;
      const earlier = this.#lastDay(until, until.getUTCDate() - 1);
      return earlier === null ? null : earlier + (this.#lastTime(23, 59, 59) as number);
    }
    return day === null ? null : day + (this.#lastTime(23, 59, 59) as number);
  }

  /** The midnight of the first day that matches, from a day of the month of a date on. */
  #firstDay(date: Date, fromDay: number): number | null {
    let year = date.getUTCFullYear();
    let month = date.getUTCMonth();
    let from = fromDay;
    for (let months = 0; months < MONTHS_MAX; months++) {
      const day = this.#months.has(month) ? this.#daysOf(year, month).find((one) => one >= from) : undefined;
      if (day !== undefined) return Date.UTC(year, month, day);
      from = 1;
      month = (month + 1) % 12;
      if (month === 0) year++;
    }
    return null;
  }

  #lastDay(date: Date, untilDay: number): number | null {
    let year = date.getUTCFullYear();
    let month = date.getUTCMonth();
    let until = untilDay;
    for (let months = 0; months < MONTHS_MAX; months++) {
      const day = this.#months.has(month)
        ? this.#daysOf(year, month).findLast((one) => one <= until)
        : undefined;
      if (day !== undefined) return Date.UTC(year, month, day);
      until = 31;
      month = (month + 11) % 12;
      if (month === 11) year--;
    }
    return null;
  }

  /** The first time of a day at or after another one, in milliseconds; `null` if the day has none. */
  #firstTime(hour: number, minute: number, second: number): number | null {
    const first = [this.#minutes[0] as number, this.#seconds[0] as number] as const;
    for (const h of this.#hours) {
      if (h < hour) continue;
      if (h > hour) return timeOf(h, ...first);
      for (const m of this.#minutes) {
        if (m < minute) continue;
        if (m > minute) return timeOf(h, m, first[1]);
        const s = this.#seconds.find((one) => one >= second);
        if (s !== undefined) return timeOf(h, m, s);
      }
    }
    return null;
  }

  #lastTime(hour: number, minute: number, second: number): number | null {
    const last = [this.#minutes.at(-1) as number, this.#seconds.at(-1) as number] as const;
    for (const h of this.#hours.toReversed()) {
      if (h > hour) continue;
      if (h < hour) return timeOf(h, ...last);
      for (const m of this.#minutes.toReversed()) {
        if (m > minute) continue;
        if (m < minute) return timeOf(h, m, last[1]);
        const s = this.#seconds.findLast((one) => one <= second);
        if (s !== undefined) return timeOf(h, m, s);
      }
    }
    return null;
  }
}

function timeOf(hour: number, minute: number, second: number): number {
  return ((hour * 60 + minute) * 60 + second) * 1000;
}
