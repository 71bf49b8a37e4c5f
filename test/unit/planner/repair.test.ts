import { describe, expect, test } from 'vitest';
import type { RunNo, RunUid, TryNo } from '../../../core/model/ids.ts';
import { canTransition, RUN_TRANSITIONS, TASK_STATES, TASK_TRANSITIONS } from '../../../core/model/states.ts';
import type { BrokenRow, Place } from '../../../core/model/violation.ts';
import { legalWay } from '../../../core/planner/legal-way.ts';
import { repairOf } from '../../../core/planner/repair.ts';

const PLACE: Place = {
  dagId: 'prices',
  runNo: 1 as RunNo,
  runUid: '019ae3f2-1c2d-7000-8000-000000000001' as RunUid,
  nodeNo: null,
  tryNo: null,
  slotAt: null,
};

describe('a legal way', () => {
  test('leads from every state of a task to every other one, and back to itself', () => {
    for (const from of TASK_STATES) {
      for (const to of TASK_STATES) {
        const way = legalWay(TASK_TRANSITIONS, from, to) ?? [];
        expect([from, to, way.at(-1)]).toEqual([from, to, to]);
        for (const [index, state] of way.entries())
          expect(canTransition(index === 0 ? from : (way[index - 1] ?? from), state)).toBe(true);
      }
    }
  });

  test.each([
    ['running', 'success', ['success']],
    ['queued', 'failed', ['failed']],
    ['success', 'cancelled', ['queued', 'cancelled']],
    ['running', 'running', ['paused', 'running']],
  ] as const)('of a run leads from %s to %s', (from, to, way) => {
    expect(legalWay(RUN_TRANSITIONS, from, to)).toEqual(way);
  });

  test('that is not there is none', () => {
    expect(legalWay<'a' | 'b'>({ a: ['a'], b: ['a'] }, 'a', 'b')).toBeNull();
    expect(legalWay<'a' | 'b'>({ a: ['b'], b: [] }, 'a', 'a')).toBeNull();
  });
});

describe('a repair', () => {
  test('tells what a row says in lines of its attempt, unless the journal knows a later one', () => {
    const row = (attempt: number): BrokenRow<'instance_unlike_journal'> => ({
      ...PLACE,
      state: 'running',
      attempt: attempt as TryNo,
      journalState: 'success',
      journalAttempt: 2 as TryNo,
    });
    const rows = [row(3), row(2), row(1)];
    const { steps, left } = repairOf({ rule: 'instance_unlike_journal', count: 3, rows });
    expect(steps).toMatchObject([
      { type: 'tell', from: 'success', way: ['none', 'queued', 'running'], attempt: 3 },
      { type: 'tell', attempt: 2 },
    ]);
    expect(left).toEqual([
      { place: PLACE, why: expect.stringMatching(/a second time: trigger another run and leave this one/) },
    ]);
  });

  test('moves the cursor of each DAG once, to the end of its last slot', () => {
    const row = (dagId: string, lastAt: number): BrokenRow<'slot_after_cursor'> => ({
      ...PLACE,
      ...{ dagId, runNo: null, runUid: null, slotAt: 1, lastAt, cursorAt: null },
    });
    const rows = [row('a', 5), row('b', 7), row('a', 9), row('a', 6)];
    const { steps } = repairOf({ rule: 'slot_after_cursor', count: 4, rows });
    expect(steps.map((step) => [step.place.dagId, step.type === 'move' && step.toAt])).toEqual([
      ['a', 9],
      ['b', 7],
    ]);
  });

  test('raises the number of journal lines before it writes any', () => {
    const row = (counter: 'run' | 'line') => ({ ...PLACE, counter, value: 1, used: 5 });
    const { steps } = repairOf({ rule: 'counter_behind', count: 2, rows: [row('run'), row('line')] });
    expect(steps.map((step) => step.type === 'raise' && step.counter)).toEqual(['line', 'run']);
  });
});
