import { expect, test } from 'vitest';
import type { DagSpec } from '../../../core/model/dag.ts';
import { assumeOutputs } from '../../../core/simulation/assume.ts';
import { dagOf, task } from '../planner/simulation.ts';

const choice = (path: string, when: string, more: object = {}) => ({
  ...task(path, more),
  action: { kind: 'choose' as const, cases: [{ when, value: 'x' }], otherwise: 'y' },
});

test('what follows from params, keys and choices by params stays as it is', () => {
  const dag: DagSpec = dagOf(
    [
      choice('mode', 'params.fast > 3'),
      task('a', { when: "tasks.mode == 'x'" }),
      task('f.b', { fanOut: 0, when: "item != 'q' && key != 'r' && run.trigger == 'schedule'" }),
    ],
    { fanOuts: [{ path: 'f', over: 'params.symbols', key: 'item' }] },
  );
  expect(assumeOutputs(dag, () => null)).toEqual({ spec: dag, assumptions: [] });
});

test('conditions and choices that read outputs are decided, and said', () => {
  const dag = dagOf([
    task('a', { shortCircuit: 'output.rows > 0' }),
    choice('mode', 'needs.a.rows > 3', { needs: { a: 'a' } }),
    task('b', { when: "tasks.mode == 'x'", after: ['mode'] }),
  ]);
  const { spec, assumptions } = assumeOutputs(dag, () => null);
  expect(spec.tasks).toEqual([
    task('a'),
    { ...task('mode', { needs: { a: 'a' } }), action: { kind: 'choose', cases: [], otherwise: 'y' } },
    task('b', { after: ['mode'] }),
  ]);
  expect(assumptions).toEqual([
    'a does not end its path: it reads its output',
    'mode chooses y: its cases read outputs',
    'the condition of b holds: it reads outputs',
  ]);
});

test('people answer at once with the first option, and loops end after one iteration', () => {
  const approval = { kind: 'approval' as const, title: 'Go?', options: ['yes', 'no'] };
  const dag = dagOf([
    task('pages', { loop: { until: 'output.next == null' } }),
    task('ask', { action: approval, after: ['pages'] }),
    task('stop', { when: "tasks.ask == 'no'", after: ['ask'] }),
  ]);
  const { spec, assumptions } = assumeOutputs(dag, () => null);
  expect(spec.tasks).toEqual([
    task('pages'),
    { ...task('ask', { after: ['pages'] }), action: { kind: 'choose', cases: [], otherwise: 'yes' } },
    task('stop', { when: "tasks.ask == 'no'", after: ['ask'] }),
  ]);
  expect(assumptions).toEqual([
    'pages is done once: its loop reads its output',
    'ask is answered with yes at once',
  ]);
});

test('keys from outputs are those of history, or one', () => {
  const dag = dagOf(
    [task('list'), task('f.x', { fanOut: 0, when: 'item.isOpen' }), task('f.g.y', { fanOut: 1 })],
    {
      fanOuts: [
        { path: 'f', over: 'needs.list.rows', key: 'item.id', needs: { list: 'list' } },
        { path: 'f.g', parent: 0, over: 'item.venues' },
      ],
    },
  );
  const { spec, assumptions } = assumeOutputs(dag, (path) => (path === 'f' ? ['p', 'q'] : null));
  expect(spec.fanOuts).toEqual([
    { path: 'f', over: '["p","q"]', needs: { list: 'list' } },
    { path: 'f.g', parent: 0, over: '["any"]' },
  ]);
  expect(spec.tasks[1]).toEqual(task('f.x', { fanOut: 0 }));
  expect(assumptions).toEqual([
    '2 keys of f, as in the newest run: its list comes from a task',
    'one key of f.g: its list comes from a task, and no run has told it',
    'the condition of f.x holds: it reads outputs',
  ]);
});
