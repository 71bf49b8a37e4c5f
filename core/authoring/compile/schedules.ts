import { DAG_DEFAULTS, FILE_DEFAULTS, type ScheduleSpec } from '../../model/dag.ts';
import { filePatternProblem } from '../../model/file-pattern.ts';
import type { AuthorSchedule, Duration } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import { parseCron } from './cron.ts';
import { readDuration } from './inherit.ts';
import { formatInstant, parseInstant } from './instants.ts';
import type { Problems } from './problems.ts';
import { isMapping } from './read-tree.ts';
import { checkZone } from './zones.ts';

/** Schedules in canonical form; `zone` is the time zone of the DAG. */
export function readSchedules(
  schedule: AuthorSchedule | readonly AuthorSchedule[],
  zone: string,
  problems: Problems,
): ScheduleSpec[] {
  if (!Array.isArray(schedule)) return readSchedule(schedule as AuthorSchedule, zone, ['schedule'], problems);
  const list = schedule as readonly AuthorSchedule[];
  return list.flatMap((one, index) => readSchedule(one, zone, ['schedule', index], problems));
}

function readSchedule(one: AuthorSchedule, zone: string, at: AuthorPath, problems: Problems): ScheduleSpec[] {
  if (typeof one === 'string') return readCron(one, undefined, false, zone, at, problems);
  if ('cron' in one)
    return readCron(one.cron, one.tz, one.interval === true, zone, [...at, 'cron'], problems);
  if ('every' in one) {
    const everyMs = readDuration(one.every, 1_000, 'the interval', [...at, 'every'], problems);
    return everyMs === undefined ? [] : [{ kind: 'every', everyMs }];
  }
  if ('at' in one) return readDates(one.at, zone, [...at, 'at'], problems);
  if ('assets' in one) return [readAssets(one.assets)];
  if ('file' in one) return readFile(one, at, problems);
  return isMapping(one)
    ? readCron(cronOfFields(one), one.tz as string | undefined, false, zone, at, problems)
    : [];
}

function readAssets(
  which: { readonly all: readonly string[] } | { readonly any: readonly string[] },
): ScheduleSpec {
  const match = 'all' in which ? 'all' : 'any';
  const uris = 'all' in which ? which.all : which.any;
  return { kind: 'assets', match, assets: [...new Set(uris)].sort() };
}

function readFile(
  { file, settle }: { readonly file: string; readonly settle?: Duration },
  at: AuthorPath,
  problems: Problems,
): ScheduleSpec[] {
  const problem = filePatternProblem(file);
  if (problem !== null) {
    problems.error('bad-file', problem, [...at, 'file'], { hint: "write 'inbox/*.csv'" });
    return [];
  }
  const settleMs = readDuration(settle, 0, 'the settle time', [...at, 'settle'], problems);
  const own = settleMs === undefined || settleMs === FILE_DEFAULTS.settleMs ? {} : { settleMs };
  return [{ kind: 'file', file, ...own }];
}

function readCron(
  text: string,
  tz: string | undefined,
  interval: boolean,
  zone: string,
  at: AuthorPath,
  problems: Problems,
): ScheduleSpec[] {
  const zoneAt = at.at(-1) === 'cron' ? [...at.slice(0, -1), 'tz'] : [...at, 'tz'];
  if (tz !== undefined && !checkZone(tz, zoneAt, problems)) return [];
  const parsed = parseCron(text);
  if (!parsed.ok) {
    problems.error('bad-cron', parsed.message, at, { hint: parsed.hint });
    return [];
  }
  const own = tz === undefined || tz === zone ? {} : { tz };
  return [{ kind: 'cron', cron: parsed.cron, ...own, ...(interval ? { interval: true } : {}) }];
}

const FIELDS = ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const;

/** Above the smallest field that is given everything is every, below it everything is the first. */
function cronOfFields(fields: { readonly [name: string]: unknown }): string {
  const smallest = FIELDS.findIndex((name) => fields[name] !== undefined);
  const texts = FIELDS.map((name, index) => {
    const given = fields[name];
    if (given !== undefined) return String(given).replaceAll(/\s+/g, '');
    if (index > smallest) return '*';
    return name === 'dayOfMonth' || name === 'month' ? '1' : '0';
  });
  if (smallest === FIELDS.length - 1 || smallest === 4) return dayOrMonth(texts, smallest);
  return (texts[0] === '0' ? texts.slice(1) : texts).join(' ');
}

/** Days of the week count every day of the month; months begin on their first day. */
function dayOrMonth(texts: readonly string[], smallest: number): string {
  const [, minute, hour, , month, dayOfWeek] = texts;
  return smallest === 4 ? `${minute} ${hour} 1 ${month} *` : `${minute} ${hour} * * ${dayOfWeek}`;
}

function readDates(
  dates: string | readonly string[],
  zone: string,
  at: AuthorPath,
  problems: Problems,
): ScheduleSpec[] {
  const instants = new Set<number>();
  for (const [index, text] of (typeof dates === 'string' ? [dates] : dates).entries()) {
    const place = typeof dates === 'string' ? at : [...at, index];
    const instant = readInstant(text, zone, place, problems);
    if (instant !== null) instants.add(instant);
  }
  return [{ kind: 'at', at: [...instants].sort((a, b) => a - b).map(formatInstant) }];
}

/** Epoch milliseconds of a date of the author; `null` if it is none, which is then reported. */
export function readInstant(text: string, zone: string, at: AuthorPath, problems: Problems): number | null {
  const instant = parseInstant(text, zone);
  if (instant === null) {
    const hint = 'write 2026-01-31, 2026-01-31T06:00 or 2026-01-31T06:00:00Z';
    problems.error('bad-date', `'${text}' is not a date that exists`, at, { hint });
  }
  return instant;
}

/** The zone of a DAG: its own if that exists, otherwise UTC. */
export function readZone(timezone: string | undefined, problems: Problems): string {
  if (timezone === undefined) return DAG_DEFAULTS.timezone;
  return checkZone(timezone, ['timezone'], problems) ? timezone : DAG_DEFAULTS.timezone;
}
