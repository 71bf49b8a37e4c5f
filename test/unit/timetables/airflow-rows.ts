import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';
import { cursorAtStart, slotStep } from '../../../core/timetables/slot-step.ts';
import type { Slot } from '../../../core/timetables/timetable.ts';
import { timetableOf } from '../../../core/timetables/timetable-of.ts';

type Interval = readonly [string, string];

/** A schedule as the tables of Airflow's behaviour write it. */
export interface AirflowSchedule {
  readonly kind: string;
  readonly expression?: string;
  readonly expressions?: readonly string[];
  readonly timezone?: string;
  readonly interval?: Readonly<Record<string, number>>;
  readonly delta?: Readonly<Record<string, number>>;
  readonly events?: readonly string[];
  readonly restrict_to_events?: boolean;
  readonly run_immediately?: boolean | Readonly<Record<string, number>>;
}

/** One question of `timetables.json`: which run comes next? */
export interface NextRunRow extends AirflowSchedule {
  readonly id: number | string;
  readonly source: string;
  readonly start: string | null;
  readonly end: string | null;
  readonly catchup: boolean;
  readonly now: string | null;
  readonly last_interval: Interval | null;
  readonly expected: { readonly interval: Interval; readonly run_after: string } | null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 7 * 86_400_000,
};

/** The schedules that say the same in orch, or why there are none. */
export function schedulesOf(row: AirflowSchedule & { start?: string | null }): ScheduleSpec[] | string {
  switch (row.kind) {
    case 'none':
      return [];
    case 'cron_interval':
      return [{ kind: 'cron', cron: row.expression as string, interval: true }];
    case 'cron_trigger':
      if (Object.values(row.interval ?? {}).some((size) => size !== 0))
        return 'an interval beside a cron tick';
      return [{ kind: 'cron', cron: row.expression as string }];
    case 'multi_cron_trigger':
      return (row.expressions ?? []).map((cron) => ({
        kind: 'cron',
        cron: cron.replace('@hourly', '0 * * * *'),
      }));
    case 'events':
      return row.restrict_to_events
        ? 'events that catch manual runs'
        : [{ kind: 'at', at: row.events ?? [] }];
    case 'once':
      return row.start ? [{ kind: 'at', at: [row.start] }] : 'once, at no time in particular';
    case 'delta_trigger': {
      const units = Object.entries(row.delta ?? {});
      if (units.some(([unit]) => UNIT_MS[unit] === undefined)) return 'months and years of elapsed time';
      const everyMs = units.reduce((sum, [unit, count]) => sum + count * (UNIT_MS[unit] as number), 0);
      return [{ kind: 'every', everyMs }];
    }
    case 'delta_interval':
      return 'intervals of elapsed time';
    default:
      return row.kind;
  }
}

/**
 * What orch answers to the question of a row: the run that is due, or else the next one. Without `catchup`
 * Airflow gives one run for the past whenever it looks, as orch does with `onActivate: latest` for a DAG that
 * becomes active now.
 */
export function nextRun(row: NextRunRow, schedule: readonly ScheduleSpec[]): Slot | null {
  const dag: Pick<DagSpec, 'schedule' | 'timezone' | 'startAt' | 'endAt'> = {
    schedule,
    ...(row.timezone ? { timezone: row.timezone } : {}),
    ...(row.start ? { startAt: row.start } : {}),
    ...(row.end ? { endAt: row.end } : {}),
  };
  const timetable = timetableOf(dag);
  if (timetable === null) return null;
  const lastAt = row.last_interval === null ? null : Date.parse(row.last_interval[1]);
  if (row.now === null) return timetable.next(lastAt ?? Date.parse(row.start ?? '') - 1);
  const nowAt = Date.parse(row.now);
  const policy = { catchup: row.catchup, coalesce: false, misfireGraceMs: null, jitterMs: () => 0 };
  const startAt = row.start === null ? null : Date.parse(row.start);
  let cursorAt = lastAt ?? cursorAtStart(timetable, row.catchup ? 'all' : 'latest', startAt, nowAt);
  for (;;) {
    const step = slotStep(timetable, policy, cursorAt, nowAt);
    if (step.kind === 'run') return step.slot;
    if (step.kind === 'wait') return timetable.next(Math.max(nowAt, cursorAt));
    cursorAt = step.lastAt;
  }
}

/** RFC 3339 without a fraction where it is zero, as the tables write it. */
export function written(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
