import { expect, test } from 'vitest';
import type { RunNo } from '../../../core/model/ids.ts';
import { runsOfSpan } from '../../../core/planner/run-span.ts';

const run = (no: number, logicalAt: number | null, createdAt: number, dagId = 'd') => ({
  runNo: no as RunNo,
  dagId,
  logicalAt,
  createdAt,
});
/** A backfill made run 4 last, about the earliest instant; run 5 was started by hand at 35. */
const RUNS = [run(5, null, 35), run(4, 10, 90), run(3, 40, 41), run(2, 30, 31), run(1, 20, 21)];
const [, , , MIDDLE = run(0, 0, 0)] = RUNS;

test.each([
  [{ past: false, future: false }, [2]],
  [{ past: true, future: false }, [4, 1, 2]],
  [{ past: false, future: true }, [2, 5, 3]],
  [{ past: true, future: true }, [4, 1, 2, 5, 3]],
])('%j takes runs by what they are about, earliest first', (span, expected) => {
  expect(runsOfSpan(MIDDLE, RUNS, span).map(({ runNo }) => runNo)).toEqual(expected);
});

test('runs of other DAGs are never taken, and of two at one instant the later number is later', () => {
  const twins = [run(7, 30, 31), ...RUNS, run(8, 30, 31, 'other')];
  expect(runsOfSpan(MIDDLE, twins, { past: true, future: false }).map(({ runNo }) => runNo)).toEqual([
    4, 1, 2,
  ]);
  expect(runsOfSpan(MIDDLE, twins, { past: false, future: true }).map(({ runNo }) => runNo)).toEqual([
    2, 7, 5, 3,
  ]);
});
