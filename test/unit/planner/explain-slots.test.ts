import { expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { ScheduleState } from '../../../core/model/slot.ts';
import { explainSlots } from '../../../core/planner/explain-slots.ts';
import { dagOf, task } from './simulation.ts';

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 10, 26);
const hourly = (more: Partial<DagSpec> = {}): DagSpec => ({
  ...dagOf([task('a')]),
  schedule: [{ kind: 'cron', cron: '0 * * * *' }],
  ...more,
});
const state = (cursor: number | null, more: Partial<ScheduleState> = {}): ScheduleState => ({
  paused: false,
  present: true,
  sinceAt: cursor === null ? null : T0,
  cursorAt: cursor === null ? null : T0 + cursor * HOUR,
  ...more,
});
const idle = { unfinishedRuns: 0, maxActiveRuns: 1, isLed: true };

test.each([
  ['slots_none', dagOf([task('a')]), state(0), idle, null],
  ['dag_removed', hourly(), state(0, { present: false }), idle, null],
  ['dag_paused', hourly(), state(0, { paused: true }), idle, null],
  ['slots_unseen', hourly(), state(null), idle, null],
  ['slots_over', hourly({ endAt: '2026-11-26T09:00:00Z' }), state(9), idle, null],
  ['slot_waits', hourly(), state(10), idle, 11],
  ['slot_unled', hourly(), state(10), { ...idle, isLed: false }, 11],
  ['slot_unled', hourly(), state(9), { ...idle, isLed: false }, null],
  ['slot_queued', hourly(), state(9), { ...idle, unfinishedRuns: 1 }, null],
  ['slot_due', hourly({ overlap: 'cancel_running' }), state(9), { ...idle, unfinishedRuns: 1 }, 10.5],
  ['slot_due', hourly(), state(9), idle, 10.5],
] as const)('%s', (code, spec, stands, facts, nextHour) => {
  const found = explainSlots(spec, stands, facts, T0 + 10.5 * HOUR);
  expect(found.because.code).toBe(code);
  expect(found.because.text).not.toContain('undefined');
  expect(found.nextAt).toBe(nextHour === null ? null : T0 + nextHour * HOUR);
});
