import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import { nodeDifference } from '../../../core/graph/node-difference.ts';
import type { DagSpec, FanOutSpec, TaskSpec } from '../../../core/model/dag.ts';

const task = (path: string, more: Partial<TaskSpec> = {}): TaskSpec => ({
  path,
  action: { kind: 'pass' },
  ...more,
});
const graphOf = (
  tasks: readonly TaskSpec[],
  fanOuts: readonly FanOutSpec[] = [],
  more: Partial<DagSpec> = {},
) => compileGraph({ v: 1, id: 'd', tasks, fanOuts, ...more });

const F: FanOutSpec = { path: 'f', over: 'params.keys' };
const X = task('f.x', { fanOut: 0 });
const BASE = graphOf([task('a'), X, task('z', { after: ['a'] })], [F]);

describe('what keeps node numbers from meaning the same', () => {
  test.each<[string, readonly TaskSpec[], readonly FanOutSpec[], Partial<DagSpec>]>([
    ['the same graph', [task('a'), X, task('z', { after: ['a'] })], [F], {}],
    ['other edges', [task('a'), X, task('z', { needs: { x: 'f' } })], [{ ...F, returns: 'f.x' }], {}],
    [
      'other actions, retries, timeouts, rules and stages',
      [
        task('a', { action: { kind: 'shell', run: 'x' }, retries: { max: 3 }, timeoutMs: 5 }),
        X,
        task('z', { stage: 's' }),
      ],
      [F],
      { timeoutMs: 9 },
    ],
    [
      'another list, key or limit',
      [task('a'), X, task('z')],
      [{ ...F, over: 'params.l', key: 'item.id', maxParallel: 2 }],
      {},
    ],
    ['other params', [task('a'), X, task('z')], [F], { params: { type: 'object' } }],
  ])('nothing: %s', (_, tasks, fanOuts, more) => {
    expect(nodeDifference(BASE, graphOf(tasks, fanOuts, more))).toBeNull();
  });

  test.each<[string, readonly TaskSpec[], readonly FanOutSpec[], string[], string[]]>([
    ['a task more', [task('a'), X, task('z'), task('b')], [F], ['b'], []],
    ['a task less', [X, task('z')], [F], [], ['a']],
    ['a new name', [task('b'), X, task('z')], [F], ['b'], ['a']],
    ['a group where a fan-out was', [task('a'), task('f.x'), task('z')], [], [], ['fan-out f']],
    ['a quorum', [task('a'), X, task('z')], [{ ...F, minSuccess: 1 }], ['minSuccess of f'], []],
    ['another order', [X, task('a'), task('z')], [F], [], []],
  ])('%s', (_, tasks, fanOuts, added, removed) => {
    expect(nodeDifference(BASE, graphOf(tasks, fanOuts))).toEqual({ added, removed });
  });

  test('fan-outs that only have other positions: keys are stored by them', () => {
    const outer = [task('f.x', { fanOut: 0 }), task('g.x', { fanOut: 1 })];
    const swapped = [task('f.x', { fanOut: 1 }), task('g.x', { fanOut: 0 })];
    const [f, g] = [F, { path: 'g', over: 'params.keys' }];
    expect(nodeDifference(graphOf(outer, [f, g]), graphOf(swapped, [g, f]))).toEqual({
      added: [],
      removed: [],
    });
  });
});
