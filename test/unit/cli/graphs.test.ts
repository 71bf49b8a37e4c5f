import { describe, expect, test } from 'vitest';
import { planTasks } from '../../../cli/plan-tasks.ts';
import { asciiGraph } from '../../../cli/render/ascii-graph.ts';
import { drawnGraph } from '../../../cli/render/drawn-graph.ts';
import { dotGraph, mermaidGraph } from '../../../cli/render/graph-text.ts';
import { scopeOf } from '../../../cli/scope-flags.ts';
import { createStyle } from '../../../cli/style.ts';
import { compileGraph } from '../../../core/graph/graph.ts';
import { requiredSelection } from '../../../core/graph/required-selection.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import { SPEC } from './run-fixture.ts';

const style = createStyle(false);

/** A DAG from `name: upstreams`. */
function dag(edges: { readonly [task: string]: readonly string[] }): DagSpec {
  const tasks = Object.entries(edges).map(
    ([path, after]): TaskSpec => ({ path, action: { kind: 'pass' }, ...(after.length > 0 ? { after } : {}) }),
  );
  return { v: 1, id: 'g', tasks };
}

const draw = (spec: DagSpec, columns = 80): string[] =>
  asciiGraph(drawnGraph(compileGraph(spec)), columns, style);

describe('the drawing', () => {
  test.each<[string, { readonly [task: string]: readonly string[] }, string[]]>([
    ['a chain', { a: [], b: ['a'], c: ['b'] }, ['●  a', '●  b', '●  c']],
    ['edges that others imply are left out', { a: [], b: ['a'], c: ['a', 'b'] }, ['●  a', '●  b', '●  c']],
    [
      'a diamond',
      { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] },
      ['●    a', '├─╮', '● │  b', '│ ●  c', '├─╯', '●    d'],
    ],
    ['two that have nothing to do with each other', { a: [], b: [] }, ['●  a', '', '●  b']],
    [
      'a late root beside an open lane',
      { a: [], b: [], c: ['a'], d: ['b', 'c'] },
      ['●    a', '│', '│ ●  b', '● │  c', '├─╯', '●    d'],
    ],
    [
      'three ways',
      { a: [], b: ['a'], c: ['a'], d: ['a'], e: ['b', 'c', 'd'] },
      ['●      a', '├─┬─╮', '● │ │  b', '│ ● │  c', '│ │ ●  d', '├─┴─╯', '●      e'],
    ],
  ])('%s', (_name, edges, expected) => {
    expect(draw(dag(edges))).toEqual(expected);
  });

  test('a fan-out is its tasks, with what it waits for and what waits for it', () => {
    const first: TaskSpec = { path: 'prepare', action: { kind: 'pass' } };
    const fanOuts = [
      { path: 'symbol', over: 'params.symbols', returns: 'symbol.backtest', after: ['prepare'] },
    ];
    expect(draw({ ...SPEC, tasks: [first, ...SPEC.tasks], fanOuts })).toEqual([
      '●  prepare',
      '●  symbol.collect  per key of symbol',
      '●  symbol.clean  per key of symbol',
      '●  symbol.backtest  per key of symbol',
      '●  compare  all_done',
    ]);
  });

  test('a graph too wide to follow is listed by level', () => {
    const wide = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`t${at}`, ['a']]));
    const lines = draw(dag({ a: [], ...wide, z: Object.keys(wide) }));
    expect(lines.slice(0, 4)).toEqual(['level 1', '  a', 'level 2', '  t0  <- a']);
    expect(lines.at(-1)).toMatch(/^ {2}z {2}<- t0, t1, .*…$/);
  });

  test('no line is wider than the terminal', () => {
    const long = Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [`task_${'x'.repeat(60)}_${at}`, []]),
    );
    for (const line of draw(dag(long), 40)) expect(line.length).toBeLessThanOrEqual(40);
  });
});

test('Mermaid and Graphviz keep fan-outs together', () => {
  const drawn = drawnGraph(compileGraph(SPEC));
  expect(mermaidGraph(drawn).split('\n')).toEqual([
    'flowchart TD',
    '  n4["compare"]',
    '  subgraph f0["symbol (per key)"]',
    '    n1["symbol.collect"]',
    '    n2["symbol.clean"]',
    '    n3["symbol.backtest"]',
    '  end',
    '  n1 --> n2',
    '  n2 --> n3',
    '  n3 --> n4',
  ]);
  expect(dotGraph(drawn)).toContain('subgraph cluster_0');
});

describe('the plan', () => {
  const graph = compileGraph(SPEC);
  const plan = (flags: Parameters<typeof scopeOf>[0], keys: readonly string[] | null = ['A', 'B', 'C']) => {
    const scope = scopeOf(flags);
    const tasks = planTasks(graph, requiredSelection(graph, scope), scope, { symbols: keys });
    return tasks.map(({ level, taskId, instances, because }) => [level, taskId, instances, because]);
  };

  test('says in which order what runs how often, and why', () => {
    expect(plan({ until: ['clean'], key: ['A', 'B'] })).toEqual([
      [0, 'symbol.collect', 2, 'needed by clean'],
      [1, 'symbol.clean', 2, 'named by --until clean'],
      [0, 'symbol.backtest', 0, 'outside the scope'],
      [0, 'compare', 0, 'outside the scope'],
    ]);
    expect(plan({ from: ['backtest'] }, null).slice(2)).toEqual([
      [0, 'symbol.backtest', null, 'named by --from backtest'],
      [1, 'compare', 1, 'depends on backtest'],
    ]);
  });

  test('counts keys of nested fan-outs in every spelling, and leaves out what has none', () => {
    const tasks = ['s.one', 'a.two', 'a.b.three', 'last'].map((path, at) => ({
      path,
      action: { kind: 'pass' as const },
      ...(at < 3 ? { fanOut: at } : { after: ['s.one', 'a.b.three'] }),
    }));
    const fanOuts = [
      { path: 's', over: 'params.flat' },
      { path: 'a', over: 'params.outer' },
      { path: 'a.b', parent: 1, over: 'params.inner' },
    ];
    const nested = compileGraph({ v: 1, id: 'n', tasks, fanOuts });
    const params = { flat: ['B', 'B/C'], outer: ['A', 'B'], inner: ['x', 'C'] };
    const times = (...key: string[]) => {
      const scope = scopeOf({ key });
      return planTasks(nested, requiredSelection(nested, scope), scope, params).map(
        ({ taskId, instances, selected, because }) => [taskId, selected ? instances : because],
      );
    };
    const none = (key: string) => `no instance is in --key ${key}`;
    expect(times('A')).toEqual([
      ['s.one', none('A')],
      ['a.two', 1],
      ['a.b.three', 2],
      ['last', 1],
    ]);
    expect(times('x').slice(1)).toEqual([
      ['a.two', 2],
      ['a.b.three', 2],
      ['last', 1],
    ]);
    expect(times('*/x').slice(1)).toEqual(times('x').slice(1));
    expect(times('A/x').slice(1)).toEqual([
      ['a.two', 1],
      ['a.b.three', 1],
      ['last', 1],
    ]);
    expect(times('B/C')).toEqual([
      ['s.one', 1],
      ['a.two', 1],
      ['a.b.three', 1],
      ['last', 1],
    ]);
    expect(planTasks(nested, requiredSelection(nested, {}), {}, { ...params, inner: 1 })[2]).toMatchObject({
      taskId: 'a.b.three',
      instances: null,
    });
  });

  test('names that mean nothing or too much are refused with candidates', () => {
    const spec = dag({ a: [], b: [] });
    const twice = compileGraph({
      ...spec,
      tasks: [
        ...spec.tasks,
        { path: 'x.load', action: { kind: 'pass' } },
        { path: 'y.load', action: { kind: 'pass' } },
      ],
    });
    expect(() => requiredSelection(graph, { until: ['claen'] })).toThrow(
      expect.objectContaining({ code: 'not_found', message: expect.stringContaining("'clean'") }),
    );
    const apart = { until: ['symbol.collect'], from: ['compare'] };
    expect(() => requiredSelection(graph, apart)).toThrow(
      'is in --until symbol.collect --from compare: different flags',
    );
    expect(() => requiredSelection(twice, { until: ['load'] })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('x.load') }),
    );
  });

  test('equal scopes have equal forms, whatever the order of the flags', () => {
    expect(scopeOf({ until: ['b', 'a', 'b'], key: ['2', '1'] })).toEqual(
      scopeOf({ until: ['a', 'b'], key: ['1', '2'] }),
    );
  });
});
