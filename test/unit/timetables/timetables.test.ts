import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DagSpec, ScheduleSpec } from '../../../core/model/dag.ts';
import { AnyOf } from '../../../core/timetables/combined.ts';
import { instantSlot, type Slot } from '../../../core/timetables/timetable.ts';
import { timetableOf } from '../../../core/timetables/timetable-of.ts';
import { tries } from '../../tries.ts';

const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(`${text}Z`);
const day: ScheduleSpec = { kind: 'cron', cron: '0 0 * * *', interval: true };
const noon: ScheduleSpec = { kind: 'cron', cron: '0 12 * * *' };

function dues(spec: Pick<DagSpec, 'schedule' | 'startAt' | 'endAt'>, from: string, count: number): string[] {
  const timetable = timetableOf(spec);
  const found: string[] = [];
  let slot = timetable?.next(utc(from)) ?? null;
  for (; slot !== null && found.length < count; slot = timetable?.next(slot.at) ?? null) {
    const text = (at: number): string => new Date(at).toISOString().slice(5, 16);
    found.push(
      `${text(slot.at)} ${text(slot.logicalAt)} ${text(slot.intervalStartAt)}/${text(slot.intervalEndAt)}`,
    );
  }
  return found;
}

describe('timetables', () => {
  test('a plain cron is about its tick, one with intervals about the time before it', () => {
    expect(dues({ schedule: [noon] }, '2026-11-01', 1)).toEqual([
      '11-01T12:00 11-01T12:00 11-01T12:00/11-01T12:00',
    ]);
    expect(dues({ schedule: [day] }, '2026-11-01', 1)).toEqual([
      '11-02T00:00 11-01T00:00 11-01T00:00/11-02T00:00',
    ]);
  });

  test('the slot that is waited for is found once, from whichever instant before it', () => {
    const asked: number[] = [];
    const next = (afterAt: number): Slot | null => {
      asked.push(afterAt);
      return afterAt < 20 ? instantSlot(afterAt < 10 ? 10 : 20) : null;
    };
    const timetable = new AnyOf([{ next, previous: () => null }]);
    const found = [3, 3, 5, 9, 10, 19, 4, 20, 20, 30, 19].map((at) => timetable.next(at)?.at ?? null);
    expect(found).toEqual([10, 10, 10, 10, 20, 20, 10, null, null, null, 20]);
    expect(asked).toEqual([3, 10, 4, 20, 19]);
  });

  test('start and end bound what a slot is about', () => {
    const bounds = { startAt: '2026-11-02T00:00:00Z', endAt: '2026-11-03T00:00:00Z' };
    expect(dues({ schedule: [day], ...bounds }, '2026-10-01', 9).map((one) => one.slice(0, 11))).toEqual([
      '11-03T00:00',
      '11-04T00:00',
    ]);
    expect(dues({ schedule: [noon], ...bounds }, '2026-10-01', 9).map((one) => one.slice(0, 11))).toEqual([
      '11-02T12:00',
    ]);
  });

  test('of several schedules each gives its slots, one where they meet, known by when they are due', () => {
    const spec = { schedule: [day, noon, { kind: 'cron', cron: '0 0 2 11 *' } as const] };
    expect(dues(spec, '2026-11-01', 3)).toEqual([
      '11-01T12:00 11-01T12:00 11-01T12:00/11-01T12:00',
      '11-02T00:00 11-02T00:00 11-01T00:00/11-02T00:00',
      '11-02T12:00 11-02T12:00 11-02T12:00/11-02T12:00',
    ]);
  });

  test('an interval is a grid through the start of the DAG, dates come once each', () => {
    const every: ScheduleSpec = { kind: 'every', everyMs: 5 * HOUR };
    const starts = dues({ schedule: [every], startAt: '2026-11-01T01:00:00Z' }, '2026-11-01', 3);
    expect(starts.map((one) => one.slice(0, 11))).toEqual(['11-01T01:00', '11-01T06:00', '11-01T11:00']);
    const dates: ScheduleSpec = {
      kind: 'at',
      at: ['2026-11-05T00:00:00Z', '2026-11-03T00:00:00Z', '2026-11-03T00:00:00Z'],
    };
    expect(dues({ schedule: [dates] }, '2026-11-01', 9).map((one) => one.slice(0, 5))).toEqual([
      '11-03',
      '11-05',
    ]);
  });

  test('without a schedule by time there is none', () => {
    expect(timetableOf({})).toBeNull();
    expect(timetableOf({ schedule: [{ kind: 'assets', match: 'any', assets: ['x'] }] })).toBeNull();
  });

  test('forwards and backwards give the same slots, in order, within their bounds', () => {
    const schedule = fc.oneof(
      fc.constantFrom('*/7 * * * *', '0 */5 * * *', '30 2 * * *', '0 0 31 * *', '0 6 * * MON').chain((cron) =>
        fc.record(
          {
            kind: fc.constant('cron' as const),
            cron: fc.constant(cron),
            tz: fc.constantFrom(
              'UTC',
              'Europe/Berlin',
              'Pacific/Apia',
              'Australia/Lord_Howe',
              'Africa/Casablanca',
            ),
            interval: fc.constant(true as const),
          },
          { requiredKeys: ['kind', 'cron', 'tz'] },
        ),
      ),
      fc.record({
        kind: fc.constant('every' as const),
        everyMs: fc.integer({ min: 60_000, max: 90 * HOUR }),
      }),
    );
    const instant = fc.integer({ min: utc('2009-01-01'), max: utc('2030-01-01') });
    fc.assert(
      fc.property(
        fc.array(schedule, { minLength: 1, maxLength: 3 }),
        instant,
        instant,
        (schedules, startAt, from) => {
          const start = new Date(startAt).toISOString();
          const timetable = timetableOf({ schedule: schedules as ScheduleSpec[], startAt: start });
          let before = timetable?.previous(from) ?? null;
          for (let count = 0, slot = timetable?.next(from) ?? null; slot !== null && count < 20; count++) {
            expect(slot.at).toBeGreaterThan(before?.at ?? from);
            expect(slot.intervalStartAt).toBeGreaterThanOrEqual(startAt);
            expect(timetable?.previous(slot.at)).toEqual(slot);
            expect(timetable?.previous(slot.at - 1)).toEqual(before);
            before = slot;
            slot = timetable?.next(slot.at) ?? null;
          }
        },
      ),
      { numRuns: tries(200) },
    );
  });
});
