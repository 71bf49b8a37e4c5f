import { CRON_FIELDS, CronMistake, numberOf, numbersOf } from './cron-field.ts';

/** The days of a month that match, ascending; months are counted from 0 as in `Date`. */
export type DaysOf = (year: number, month: number) => readonly number[];

/** The length of a month, and the day of the week on which it begins; Sunday is 0. */
interface Month {
  readonly length: number;
  readonly first: number;
}
type DayRule = (month: Month) => readonly number[];

/**
 * The rule for days of a cron expression. When both fields restrict, a day matches that either of them names
 * (Vixie cron; a field restricts unless it is exactly `*`).
 *
 * @throws CronMistake for a field that is not of the grammar.
 */
export function parseDays(dayOfMonth: string, dayOfWeek: string): DaysOf {
  const byMonth = monthRule(dayOfMonth);
  const byWeek = weekRule(dayOfWeek);
  const isEither = dayOfMonth !== '*' && dayOfWeek !== '*';
  const known = new Map<number, readonly number[]>();
  return (year, month) => {
    const length = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
    const first = new Date(Date.UTC(year, month, 1)).getUTCDay();
    // What matches depends on the length of the month and on the day that it begins with: 28 kinds.
    const kind = length * 7 + first;
    let days = known.get(kind);
    if (days === undefined) {
      const one = new Set(byMonth({ length, first }));
      const other = new Set(byWeek({ length, first }));
      const all = Array.from({ length }, (_, index) => index + 1);
      days = all.filter((day) =>
        isEither ? one.has(day) || other.has(day) : one.has(day) && other.has(day),
      );
      known.set(kind, days);
    }
    return days;
  };
}

/** `L` is the last day, `15W` the weekday nearest to the 15th in the same month, `LW` the last weekday. */
function monthRule(text: string): DayRule {
  const field = CRON_FIELDS.dayOfMonth;
  const rules = text.split(',').map((part): DayRule => {
    if (part === 'L') return ({ length }) => [length];
    if (part === 'LW') return (month) => [nearestWeekday(month, month.length)];
    const [, day] = /^(\d+)W$/.exec(part) ?? [];
    if (day !== undefined) {
      const wanted = numberOf(field, day);
      return (month) => (wanted > month.length ? [] : [nearestWeekday(month, wanted)]);
    }
    const numbers = numbersOf(field, part);
    return ({ length }) => numbers.filter((number) => number <= length);
  });
  return (month) => rules.flatMap((rule) => rule(month));
}

/** `5#2` is the second Friday, `5L` and `5#L` are the last one. */
function weekRule(text: string): DayRule {
  const field = CRON_FIELDS.dayOfWeek;
  const rules = text.split(',').map((part): DayRule => {
    const [, days, nth] = /^([^#]+)#(.*)$/.exec(part) ?? /^(\d+|[A-Z]{3})(L)$/.exec(part) ?? [];
    const wanted = numbersOf(field, days ?? part).map((number) => number % 7);
    if (nth === undefined) return (month) => wanted.flatMap((day) => daysOfWeek(month, day));
    if (nth === 'L') return (month) => wanted.flatMap((day) => daysOfWeek(month, day).slice(-1));
    if (!/^[1-5]$/.test(nth))
      throw new CronMistake(`'${part}' must have a number from 1 to 5, or L, after '#'`);
    return (month) => wanted.flatMap((day) => daysOfWeek(month, day).slice(Number(nth) - 1, Number(nth)));
  });
  return (month) => rules.flatMap((rule) => rule(month));
}

function daysOfWeek({ length, first }: Month, dayOfWeek: number): number[] {
  const days: number[] = [];
  for (let day = 1 + ((dayOfWeek - first + 7) % 7); day <= length; day += 7) days.push(day);
  return days;
}

/** Saturday gives the Friday before, Sunday the Monday after; neither leaves the month. */
function nearestWeekday({ length, first }: Month, day: number): number {
  const dayOfWeek = (first + day - 1) % 7;
  if (dayOfWeek === 6) return day > 1 ? day - 1 : day + 2;
  if (dayOfWeek === 0) return day < length ? day + 1 : day - 2;
  return day;
}
