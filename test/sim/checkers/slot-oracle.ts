import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';

const MINUTE = 60_000;
const DAY_MINUTES = 1_440;

/** A local time, to the minute. */
interface Local {
  readonly day: string;
  readonly dayOfWeek: number;
  readonly dayOfMonth: number;
  readonly month: number;
  readonly hour: number;
  readonly minute: number;
  /** Minutes since an arbitrary local midnight, so that gaps show. */
  readonly wallMinutes: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const locals = new Map<string, Local>();

function localAt(at: number, zone: string): Local {
  const key = `${zone} ${at}`;
  const known = locals.get(key);
  if (known) return known;
  let format = formats.get(zone);
  if (!format) {
    const two = { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
    format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', ...two });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
  const asUtc = Date.UTC(year, month - 1, day, hour, minute);
  const local: Local = {
    day: `${year}-${month}-${day}`,
    dayOfWeek: new Date(asUtc).getUTCDay(),
    dayOfMonth: day,
    month,
    hour,
    minute,
    wallMinutes: asUtc / MINUTE,
  };
  if (locals.size > 200_000) locals.clear();
  locals.set(key, local);
  return local;
}

function fieldMatches(field: string, value: number, low: number, high: number): boolean {
  return field.split(',').some((part) => {
    const [range = '', step = '1'] = part.split('/');
    const [from, to] =
      range === '*'
        ? [low, high]
        : range.includes('-')
          ? range.split('-').map(Number)
          : [Number(range), Number(range)];
    return (
      value >= (from as number) && value <= (to as number) && (value - (from as number)) % Number(step) === 0
    );
  });
}

function wallMatches(
  fields: readonly string[],
  { minute, hour, dayOfMonth, month, dayOfWeek }: Local,
): boolean {
  const [minutes = '*', hours = '*', days = '*', months = '*', weekdays = '*'] = fields;
  return (
    fieldMatches(minutes, minute, 0, 59) &&
    fieldMatches(hours, hour, 0, 23) &&
    fieldMatches(days, dayOfMonth, 1, 31) &&
    fieldMatches(months, month, 1, 12) &&
    fieldMatches(weekdays, dayOfWeek, 0, 6)
  );
}

/** A local time so many minutes after another one, as a wall shows it. */
function shifted(wallMinutes: number): Local {
  const date = new Date(wallMinutes * MINUTE);
  return {
    day: '',
    dayOfWeek: date.getUTCDay(),
    dayOfMonth: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    wallMinutes,
  };
}

/** Whether a cron expression is due at a whole minute, by the rules of docs/schedules.md. */
function cronFires(cron: string, zone: string, at: number): boolean {
  const fields = cron.split(' ');
  const now = localAt(at, zone);
  if (fields[1] === '*') return wallMatches(fields, now);
  const before = localAt(at - MINUTE, zone);
  for (let gone = before.wallMinutes + 1; gone < now.wallMinutes; gone++)
    if (wallMatches(fields, shifted(gone))) return true;
  if (!wallMatches(fields, now)) return false;
  // A local time that comes twice counts the first time.
  for (let back = 1; back <= 3 * 60; back++)
    if (localAt(at - back * MINUTE, zone).wallMinutes === now.wallMinutes) return false;
  return true;
}

function ownSlots(spec: DagSpec, schedule: ScheduleSpec, afterAt: number, untilAt: number): number[] {
  const found: number[] = [];
  const bound = spec.startAt === undefined ? Number.NEGATIVE_INFINITY : Date.parse(spec.startAt);
  if (schedule.kind === 'every') {
    const anchor = spec.startAt === undefined ? 0 : bound;
    const { everyMs } = schedule;
    for (let n = Math.floor((afterAt - anchor) / everyMs) + 1; anchor + n * everyMs <= untilAt; n++)
      if (anchor + n * everyMs >= bound) found.push(anchor + n * everyMs);
    return found;
  }
  if (schedule.kind !== 'cron') return found;
  const zone = schedule.tz ?? spec.timezone ?? 'UTC';
  const from = Math.floor(afterAt / MINUTE) * MINUTE;
  const isDue = (at: number): boolean => cronFires(schedule.cron, zone, at);
  for (let at = from; at <= untilAt; at += MINUTE) {
    if (at <= afterAt || !isDue(at)) continue;
    if (schedule.interval !== true) {
      if (at >= bound) found.push(at);
      continue;
    }
    let begin = at - MINUTE;
    for (let back = 0; back < 3 * DAY_MINUTES && !isDue(begin); back++) begin -= MINUTE;
    if (begin >= bound) found.push(at);
  }
  return found;
}

/** When a DAG is due after an instant and up to another one: a walk minute by minute. */
export function oracleSlots(spec: DagSpec, afterAt: number, untilAt: number): number[] {
  const all = (spec.schedule ?? []).flatMap((schedule) => ownSlots(spec, schedule, afterAt, untilAt));
  return [...new Set(all)].sort((a, b) => a - b);
}
