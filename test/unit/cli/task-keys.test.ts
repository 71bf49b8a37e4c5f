import { describe, expect, test } from 'vitest';
import { taskKeys } from '../../../cli/task-keys.ts';
import type { DagSpec } from '../../../core/model/dag.ts';

const pass = { kind: 'pass' } as const;
const SPEC: DagSpec = {
  v: 1,
  id: 'd',
  tasks: [
    { path: 'flat.one', fanOut: 0, action: pass },
    { path: 'a.two', fanOut: 1, action: pass },
    { path: 'a.b.three', fanOut: 2, action: pass },
    { path: 'none', action: pass },
  ],
  fanOuts: [
    { path: 'flat', over: 'params.l' },
    { path: 'a', over: 'params.l' },
    { path: 'a.b', parent: 1, over: 'params.l' },
  ],
};
const keys = (task: number, ...given: string[]) =>
  taskKeys(SPEC, SPEC.tasks[task] as DagSpec['tasks'][number], given);

describe('the key of a task that is tested', () => {
  test.each<[number, string, string[]]>([
    [0, 'BTC', ['BTC']],
    [0, 'B/C', ['B/C']],
    [0, 'B%2FC', ['B%2FC']],
    [1, 'A', ['A']],
    [2, 'A/x', ['A', 'x']],
    [2, 'A%2FB/100%25', ['A/B', '100%']],
  ])('of task %i: %s', (task, given, expected) => {
    expect(keys(task, given)).toEqual(expected);
  });

  test('may be left out', () => expect(keys(2)).toEqual([]));

  test.each<[number, string[], string]>([
    [
      2,
      ['A'],
      "'--key A' names no instance of task 'a.b.three', which is in 2 fan-outs (a, a.b): write --key A/B",
    ],
    [2, ['A/x/y'], 'names no instance'],
    [2, ['*/x'], 'names no instance'],
    [0, ['A', 'B'], 'is tested for one instance: write --key FLAT once'],
    [3, ['A'], "Task 'none' is in no fan-out"],
  ])('is refused for task %i if it is %j', (task, given, message) => {
    expect(() => keys(task, ...given)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  });
});
