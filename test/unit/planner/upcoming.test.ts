import { expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { ScheduleState } from '../../../core/model/slot.ts';
import { upcomingRuns } from '../../../core/planner/upcoming.ts';
import { dagOf, task } from './simulation.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 10, 26);
const at = (hours: number): number => T0 + hours * HOUR;
const daily = (more: Partial<DagSpec> = {}): DagSpec => ({
  ...dagOf([task('a')]),
  schedule: [{ kind: 'cron', cron: '0 * * * *' }],
  ...more,
});
const decidedUpTo = (hours: number, more: Partial<ScheduleState> = {}): ScheduleState => ({
  paused: false,
  present: true,
  sinceAt: T0,
  cursorAt: at(hours),
  ...more,
});

test.each([
  ['a DAG that was never seen waits for its next slot', daily(), null, false, 0, [11, 12]],
  [
    'with catchup it makes up for all since its start',
    daily({ catchup: true, startAt: '2026-11-26T08:30:00Z' }),
    null,
    false,
    2,
    [11, 12],
  ],
  ['of an outage the newest slot has a run', daily(), decidedUpTo(6), false, 1, [11, 12]],
  ['or all of them', daily({ catchup: true }), decidedUpTo(6), false, 4, [11, 12]],
  ['or none that is too late', daily({ misfireGraceMs: 60_000 }), decidedUpTo(6), false, 0, [11, 12]],
  ['another schedule makes nothing up', daily(), decidedUpTo(6), true, 0, [11, 12]],
  ['nor does a DAG that is back', daily(), decidedUpTo(6, { present: false }), false, 0, [11, 12]],
  ['a paused DAG makes no runs', daily(), decidedUpTo(6, { paused: true }), false, 0, []],
  ['nor does one without a schedule', dagOf([task('a')]), null, false, 0, []],
] as const)('%s', (_, spec, state, isRescheduled, atOnce, hours) => {
  const found = upcomingRuns(spec, state, isRescheduled, at(10.5), 2);
  expect(found).toEqual({ atOnce, slots: hours.map(at) });
});
