import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Alarm } from '../../../core/scheduler/alarm.ts';

const clock = { now: () => Date.now(), mono: () => performance.now() };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How early an alarm rings that is set again until it is due, by a loop that turns every millisecond. */
function ringsOf(pollMs: number, isPunctual: boolean): number[] {
  const rings: number[] = [];
  const dueAt = performance.now() + 10.4;
  const alarm = new Alarm(
    clock,
    () => {
      rings.push(Math.round((dueAt - performance.now()) * 10) / 10);
      if (performance.now() < dueAt) alarm.set(dueAt, isPunctual);
    },
    pollMs,
  );
  alarm.set(dueAt, isPunctual);
  vi.advanceTimersByTime(9);
  for (let turns = 0; turns < 3; turns++) vi.advanceTimersToNextTimer();
  return rings;
}

test('a punctual alarm rings in every turn shortly before it is due, any other one when it is due', () => {
  expect(ringsOf(2, true)).toEqual([1.4, 0.4, -0.6]);
  expect(ringsOf(2, false)).toEqual([-0.6]);
  expect(ringsOf(0, true)).toEqual([-0.6]);
});
