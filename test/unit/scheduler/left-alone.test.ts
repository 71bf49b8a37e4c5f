import { expect, test } from 'vitest';
import type { Logger } from '../../../core/log/logger.ts';
import type { Action } from '../../../core/model/action.ts';
import type { VersionNo } from '../../../core/model/ids.ts';
import type { DagEntry } from '../../../core/planner/agenda.ts';
import { LeftAlone } from '../../../core/scheduler/left-alone.ts';

const seen = (dagId: string, versionNo: number): DagEntry =>
  ({ dagId, versionNo: versionNo as VersionNo }) as DagEntry;

const changed = (dagId: string): Action => ({ type: 'dag.change', dagId }) as Action;

function leftAlone() {
  const told: unknown[] = [];
  const log = { error: (facts: { readonly dag: string }) => told.push(facts.dag) } as unknown as Logger;
  return { left: new LeftAlone(log), told };
}

test('a DAG that the planner cannot decide about is left alone until its version changes', () => {
  const { left, told } = leftAlone();
  expect([left.admits(seen('a', 1)), left.admits(seen('b', 1))]).toEqual([true, true]);
  left.failed([{ dagId: 'a', message: 'the grid is odd' }]);
  expect([left.admits(seen('a', 1)), left.admits(seen('b', 1))]).toEqual([false, true]);
  expect([left.admits(seen('a', 2)), left.admits(seen('a', 2))]).toEqual([true, true]);
  expect(told).toEqual(['a']);
});

test('a DAG that the store has otherwise twice in a row is left alone; one that mends itself is not', () => {
  const { left, told } = leftAlone();
  left.admits(seen('a', 1));
  left.stale(['a']);
  left.written([changed('a')]);
  left.stale(['a']);
  left.written([changed('c')]);
  expect(left.admits(seen('a', 1))).toBe(true);
  left.stale(['a', 'b']);
  expect(left.admits(seen('a', 1))).toBe(false);
  expect(told).toEqual(['a']);
});
