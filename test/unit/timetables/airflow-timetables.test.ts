import { describe, expect, it } from 'vitest';
import { parseCron } from '../../../core/authoring/compile/cron.ts';
import { timetableOf } from '../../../core/timetables/timetable-of.ts';
import { airflowData } from '../planner/airflow-data.ts';
import { type AirflowSchedule, type NextRunRow, nextRun, schedulesOf, written } from './airflow-rows.ts';

interface SequenceRow extends AirflowSchedule {
  readonly tag: string;
  readonly start: string;
  readonly intervals: readonly (string | readonly [string, string])[];
}
interface Timetables {
  readonly next_run: readonly NextRunRow[];
  readonly next_run_airflow3: readonly NextRunRow[];
  readonly invalid: readonly AirflowSchedule[];
}

const tables = airflowData<Timetables>('timetables');
const sequences = airflowData<{ sequences: SequenceRow[] }>('timetable_sequences');

function nextVerdict(row: NextRunRow): string {
  const schedule = schedulesOf(row);
  if (typeof schedule === 'string') return schedule;
  if (row.start === null && row.last_interval === null && row.now === null) return 'no time to look from';
  const slot = nextRun(row, schedule);
  if (slot === null || row.expected === null) return slot === row.expected ? 'holds' : 'differs';
  const found = [slot.at, slot.intervalStartAt, slot.intervalEndAt].map(written);
  const wanted = [row.expected.run_after, ...row.expected.interval];
  return found.join() === wanted.join() ? 'holds' : 'differs';
}

function grouped<T>(rows: readonly T[], verdict: (row: T) => string): Record<string, T[]> {
  const groups: Record<string, T[]> = {};
  for (const row of rows) groups[verdict(row)] = [...(groups[verdict(row)] ?? []), row];
  return groups;
}

function sizes(groups: Record<string, readonly unknown[]>): Record<string, number> {
  return Object.fromEntries(Object.entries(groups).map(([name, rows]) => [name, rows.length]));
}

// Without ../shared/data there is nothing to compare with.
describe.skipIf(tables === null)('the next run of the timetables of Airflow', () => {
  it('of Airflow 2 holds, but where clocks go back and after the last date', () => {
    const { holds, differs, ...leftOut } = grouped(tables?.next_run ?? [], nextVerdict);
    expect(holds).toHaveLength(119);
    expect(differs?.map((row) => row.id)).toEqual([29, 63]);
    expect(sizes(leftOut)).toEqual({
      'intervals of elapsed time': 24,
      continuous: 6,
      custom_after_workday_us_holidays: 3,
      'once, at no time in particular': 2,
      'no time to look from': 1,
    });
  });

  it('of Airflow 3 holds, but for a first run at once and grids that drift', () => {
    const { holds, differs, ...leftOut } = grouped(tables?.next_run_airflow3 ?? [], nextVerdict);
    expect(holds).toHaveLength(13);
    const atOnce = ['v3-1', 'v3-9', 'v3-11'];
    const drifting = ['v3-23', 'v3-25', 'v3-27', 'v3-35', 'v3-37', 'v3-39'];
    expect(differs?.map((row) => row.id)).toEqual([...atOnce, ...drifting]);
    expect(sizes(leftOut)).toEqual({ 'once, at no time in particular': 6 });
  });

  it('cron expressions that it refuses are refused', () => {
    const rows = (tables?.invalid ?? []).flatMap(({ expression }) => expression ?? []);
    expect(rows).toHaveLength(2);
    expect(rows.filter((expression) => parseCron(expression).ok)).toEqual([]);
  });
});

// Without ../shared/data there is nothing to compare with.
describe.skipIf(sequences === null)('sequences of runs of Airflow', () => {
  const verdict = (row: SequenceRow): string => {
    const schedule = schedulesOf(row);
    if (typeof schedule === 'string') return schedule;
    if (row.expression?.includes('L5')) return 'L5, spelt 5L';
    const zone = row.timezone === undefined ? {} : { timezone: row.timezone };
    const timetable = timetableOf({ schedule, ...zone, startAt: row.start });
    let at = Date.parse(row.start) - 1;
    for (const expected of row.intervals) {
      const slot = timetable?.next(at) ?? null;
      if (slot === null) return 'differs';
      const found = [slot.intervalStartAt, slot.intervalEndAt].map(written);
      if (typeof expected === 'string' ? found[1] !== expected : found.join() !== expected.join())
        return 'differs';
      if (timetable?.previous(slot.at)?.intervalStartAt !== slot.intervalStartAt) return 'differs';
      at = slot.at;
    }
    return 'holds';
  };

  it('hold, but where clocks leave a time out or show it twice', () => {
    const { holds, differs, ...leftOut } = grouped(sequences?.sequences ?? [], verdict);
    expect(holds).toHaveLength(128);
    expect(sizes(leftOut)).toEqual({ 'L5, spelt 5L': 1, 'intervals of elapsed time': 3 });
    const byReason = grouped(differs ?? [], ({ tag, expression }) => {
      if (expression?.split(' ')[2] === '*' && expression.split(' ')[1] === '*') return 'half an hour';
      if (tag.includes('skipped day')) return 'a day that is left out';
      return tag.includes('spring') ? 'a time that is left out' : 'a time that comes twice';
    });
    expect(sizes(byReason)).toEqual({
      'a time that is left out': 6,
      'a day that is left out': 4,
      'a time that comes twice': 10,
      'half an hour': 2,
    });
  });
});
