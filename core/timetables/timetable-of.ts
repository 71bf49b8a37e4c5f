import type { DagSpec, ScheduleSpec } from '../model/dag.ts';
import { AnyOf, Bounded } from './combined.ts';
import { CronTimetable } from './cron-timetable.ts';
import { DateTimetable } from './date-timetable.ts';
import { GridTimetable } from './grid-timetable.ts';
import type { Timetable } from './timetable.ts';

/** When a DAG is due by time; `null` if it never is by itself, or by events alone. */
export function timetableOf(
  spec: Pick<DagSpec, 'schedule' | 'timezone' | 'startAt' | 'endAt'>,
): Timetable | null {
  const startAt = instantOf(spec.startAt);
  const timetables = (spec.schedule ?? []).flatMap((one) => timetable(one, spec.timezone ?? 'UTC', startAt));
  if (timetables.length === 0) return null;
  const endAt = instantOf(spec.endAt);
  return new AnyOf(timetables.map((one) => new Bounded(one, startAt, endAt)));
}

function timetable(schedule: ScheduleSpec, zone: string, startAt: number | null): Timetable[] {
  switch (schedule.kind) {
    case 'cron':
      return [new CronTimetable(schedule.cron, schedule.tz ?? zone, schedule.interval === true)];
    case 'every':
      return [new GridTimetable(schedule.everyMs, startAt ?? 0)];
    case 'at':
      return [new DateTimetable(schedule.at.map((text) => Date.parse(text)))];
    case 'assets':
    case 'file':
      return [];
  }
}

function instantOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}
