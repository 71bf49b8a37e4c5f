/** A field of a cron expression: its name, its bounds, and the names that stand for its numbers. */
export interface CronField {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  /** The first name stands for `low`. */
  readonly names: readonly string[];
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The six fields, the smallest unit first. Sunday is 0 and 7. */
export const CRON_FIELDS = {
  second: { name: 'second', low: 0, high: 59, names: [] },
  minute: { name: 'minute', low: 0, high: 59, names: [] },
  hour: { name: 'hour', low: 0, high: 23, names: [] },
  dayOfMonth: { name: 'day of month', low: 1, high: 31, names: [] },
  month: { name: 'month', low: 1, high: 12, names: MONTHS },
  dayOfWeek: { name: 'day of week', low: 0, high: 7, names: DAYS },
} as const satisfies Record<string, CronField>;

/** What is wrong with a field, in the words of a sentence about the expression. */
export class CronMistake extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/**
 * The numbers that a field names, ascending: `*`, a number or name, a range, a range or `*` with a step, or a
 * list of these.
 *
 * @throws CronMistake for anything else.
 */
export function numbersOf(field: CronField, text: string): number[] {
  const found = new Set<number>();
  for (const part of text.split(',')) for (const number of partNumbers(field, part)) found.add(number);
  return [...found].sort((a, b) => a - b);
}

function partNumbers(field: CronField, part: string): number[] {
  const [range = '', step, ...more] = part.split('/');
  if (more.length > 0) throw new CronMistake(`'${part}' has more than one step`);
  if (step !== undefined && !/^[1-9]\d*$/.test(step))
    throw new CronMistake(`the step of '${part}' must be a whole number from 1`);
  if (step !== undefined && range !== '*' && !range.includes('-'))
    throw new CronMistake(
      `a step belongs to '*' or to a range, not to '${range}'`,
      `write '${range}-${field.high}/${step}'`,
    );
  const [from, to] = boundsOf(field, range);
  if (Number(step ?? 1) > field.high) throw new CronMistake(`the step of '${part}' is longer than the field`);
  const numbers: number[] = [];
  for (let number = from; number <= to; number += Number(step ?? 1)) numbers.push(number);
  return numbers;
}

function boundsOf(field: CronField, range: string): [from: number, to: number] {
  // A week has seven days: Sunday counts once.
  if (range === '*') return [field.low, field.high === 7 ? 6 : field.high];
  const ends = range.split('-');
  if (ends.length > 2) throw new CronMistake(`'${range}' is not a range`);
  const from = numberOf(field, ends[0] ?? '');
  const named = ends.length === 1 ? from : numberOf(field, ends[1] ?? '');
  // A week that ends with Sunday: `FRI-SUN`.
  const to = field.high === 7 && named === 0 && from > 0 ? 7 : named;
  if (from > to)
    throw new CronMistake(
      `the range '${range}' runs backwards`,
      `write '${from}-${field.high},${field.low}-${to}'`,
    );
  return [from, to];
}

/** The number that a text of a field names. @throws CronMistake if it names none. */
export function numberOf(field: CronField, text: string): number {
  const at = field.names.indexOf(text);
  if (at >= 0) return field.low + at;
  if (!/^\d{1,9}$/.test(text)) throw new CronMistake(`the ${field.name} field cannot be '${text}'`);
  const number = Number(text);
  if (number >= field.low && number <= field.high) return number;
  const message = `the ${field.name} field goes from ${field.low} to ${field.high}; ${number} is outside`;
  throw new CronMistake(
    message,
    number === field.high + 1 && field.low === 0 ? `write ${field.low}` : OTHER_FORMS,
  );
}

const OTHER_FORMS = "write a number of that range, '*' for every one, or '*/5' for every fifth";
