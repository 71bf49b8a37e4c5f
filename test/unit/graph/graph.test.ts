import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targets } from '../../../core/graph/csr.ts';
import { compileGraph, GATE, type Graph, JOIN, nodePath, TASK } from '../../../core/graph/graph.ts';
import { scopeNames, selectScope } from '../../../core/graph/select.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { tries } from '../../tries.ts';
import { Random } from '../planner/random.ts';
import { RandomDag } from '../planner/random-dag.ts';
import { dagOf, task } from '../planner/simulation.ts';

const randomDag = fc
  .record({ seed: fc.nat(2 ** 31), tasks: fc.integer({ min: 1, max: 20 }) })
  .map(({ seed, tasks }) =>
    new RandomDag(new Random(seed), { tasks, rich: true, limits: false, critical: false }).build('test'),
  );

describe('numbering', () => {
  test('every scope is a row of consecutive nodes, its gate just before, its join just after', () => {
    const property = fc.property(randomDag, (spec) => {
      const graph = compileGraph(spec);
      expect(graph.scopes[0]).toMatchObject({ parent: -1, first: 0, size: graph.size });
      for (const [index, scope] of graph.scopes.entries()) {
        const inside = [...graph.scopeOf.keys()].filter((node) =>
          isWithin(graph, graph.scopeOf[node] as number, index),
        );
        expect(inside).toEqual(Array.from({ length: scope.size }, (_, at) => scope.first + at));
        if (scope.fanOut < 0) continue;
        expect(graph.gateOf[scope.fanOut]).toBe(scope.first - 1);
        expect([graph.kind[scope.first - 1], graph.scopeOf[scope.first - 1]]).toEqual([GATE, scope.parent]);
        const join = graph.joinOf[scope.fanOut] as number;
        const hasQuorum = spec.fanOuts?.[scope.fanOut]?.minSuccess !== undefined;
        expect(join).toBe(hasQuorum ? scope.first + scope.size : -1);
        if (hasQuorum) expect([graph.kind[join], graph.scopeOf[join]]).toEqual([JOIN, scope.parent]);
      }
    });
    fc.assert(property, { numRuns: tries(300) });
  });

  test('the order is a linear extension, rows go both ways, and every task has its node', () => {
    const property = fc.property(randomDag, (spec) => {
      const graph = compileGraph(spec);
      const at = new Map([...graph.order].map((node, position) => [node, position]));
      expect(at.size).toBe(graph.size);
      for (let node = 0; node < graph.size; node++) {
        for (const target of targets(graph.down, node)) {
          expect(at.get(node) as number).toBeLessThan(at.get(target) as number);
          expect(targets(graph.up, target)).toContain(node);
          expect(graph.level[node] as number).toBeLessThan(graph.level[target] as number);
        }
      }
      for (const [index, one] of spec.tasks.entries()) {
        const node = graph.nodeOfPath.get(one.path) as number;
        expect([node, graph.kind[node], nodePath(graph, node)]).toEqual([
          graph.nodeOfTask[index],
          TASK,
          one.path,
        ]);
      }
    });
    fc.assert(property, { numRuns: tries(300) });
  });
});

function isWithin(graph: Graph, scope: number, outer: number): boolean {
  for (let at = scope; at >= 0; at = graph.scopes[at]?.parent ?? -1) if (at === outer) return true;
  return false;
}

describe('joins', () => {
  const spec = dagOf(
    [
      task('f.a', { fanOut: 0 }),
      task('f.b', { fanOut: 0, after: ['f.a'] }),
      task('f.c', { fanOut: 0, after: ['f.a'] }),
      task('f.down', { fanOut: 0, after: ['f.b'], teardown: true, setups: ['f.a'] }),
      task('z', { needs: { f: 'f' } }),
    ],
    { fanOuts: [{ path: 'f', over: 'params.keys', minSuccess: 1, returns: 'f.a' }] },
  );
  test('wait for the leaves, teardowns aside, and for what the fan-out returns', () => {
    const graph = compileGraph(spec);
    const join = graph.joinOf[0] as number;
    expect([...targets(graph.up, join)].map((node) => nodePath(graph, node)).sort()).toEqual(['f.a', 'f.c']);
    expect([...targets(graph.down, join)].map((node) => nodePath(graph, node))).toEqual(['z']);
  });
});

/** A pipeline: per symbol four stages, then one page. */
const PIPELINE: DagSpec = dagOf(
  [
    task('list'),
    task('symbol.collect', { fanOut: 0, stage: 'collect' }),
    task('symbol.clean', { fanOut: 0, stage: 'clean', after: ['symbol.collect'] }),
    task('symbol.test', { fanOut: 0, stage: 'backtest', after: ['symbol.clean'] }),
    task('symbol.draw', { fanOut: 0, stage: 'draw', after: ['symbol.test'] }),
    task('compare', { stage: 'draw', after: ['symbol'], triggerRule: 'all_done' }),
    task('admin.clean', { after: ['list'] }),
    task('admin.sweep', { teardown: true, setups: ['list'], after: ['compare'] }),
  ],
  { fanOuts: [{ path: 'symbol', over: 'needs.l', needs: { l: 'list' }, returns: 'symbol.draw' }] },
);

function selected(scope: RunScope, spec = PIPELINE): string[] | object[] {
  const graph = compileGraph(spec);
  const selection = selectScope(graph, scope);
  if (!selection.ok) return [...selection.problems];
  return spec.tasks
    .filter((_, index) => selection.selected[graph.nodeOfTask[index] as number])
    .map(({ path }) => path);
}

describe('selection', () => {
  const rows: [string, RunScope, string[]][] = [
    ['until a stage inside a fan-out', { until: ['collect'] }, ['list', 'symbol.collect', 'admin.sweep']],
    [
      'until a path',
      { until: ['symbol.test'] },
      ['list', 'symbol.collect', 'symbol.clean', 'symbol.test', 'admin.sweep'],
    ],
    [
      'until the last segment',
      { until: ['test'] },
      ['list', 'symbol.collect', 'symbol.clean', 'symbol.test', 'admin.sweep'],
    ],
    ['from a task in the fan-out', { from: ['symbol.draw'] }, ['symbol.draw', 'compare', 'admin.sweep']],
    ['only a group', { only: ['admin'] }, ['admin.clean', 'admin.sweep']],
    ['only two tasks', { only: ['list', 'symbol.clean'] }, ['list', 'symbol.clean', 'admin.sweep']],
    [
      'from and until together',
      { from: ['symbol.clean'], until: ['symbol.test'] },
      ['symbol.clean', 'symbol.test'],
    ],
    [
      'keys leave the templates alone',
      { keys: ['BTC'], until: ['collect'] },
      ['list', 'symbol.collect', 'admin.sweep'],
    ],
  ];
  test.each(rows)('%s', (_, scope, expected) => {
    expect(selected(scope)).toEqual(expected);
  });

  test('everything after what gives the keys comes with it', () => {
    expect(selected({ from: ['list'] })).toEqual(PIPELINE.tasks.map(({ path }) => path));
  });
  test('a stage takes tasks of the same last name along', () => {
    expect(selected({ only: ['clean'] })).toEqual(['symbol.clean', 'admin.clean']);
  });
  test('a name that could be two tasks is ambiguous, an unknown one is unknown, all are told', () => {
    const spec = dagOf([task('a.x'), task('b.x'), task('c')]);
    expect(selected({ until: ['x'], only: ['nowhere', 'c'] }, spec)).toEqual([
      { name: 'x', kind: 'ambiguous', candidates: ['a.x', 'b.x'] },
      { name: 'nowhere', kind: 'unknown', candidates: [] },
    ]);
  });
  test('the names that can be used', () => {
    const spec = dagOf([task('a.x', { stage: 's' }), task('c')]);
    expect(scopeNames(compileGraph(spec))).toEqual(['a', 'a.x', 's', 'c']);
  });

  test('gates and joins come with the tasks inside, and only then', () => {
    const property = fc.property(
      randomDag,
      fc.nat(),
      fc.constantFrom('until', 'from', 'only'),
      (spec, pick, field) => {
        const graph = compileGraph(spec);
        const { path } = spec.tasks[pick % spec.tasks.length] as { path: string };
        const selection = selectScope(graph, { [field]: [path] });
        if (!selection.ok) throw new Error(path);
        expect(selection.selected[graph.nodeOfPath.get(path) as number]).toBe(1);
        for (const scope of graph.scopes.slice(1)) {
          const any = [...graph.kind.keys()].some(
            (node) =>
              node >= scope.first &&
              node < scope.first + scope.size &&
              graph.kind[node] === TASK &&
              selection.selected[node] === 1,
          );
          expect(selection.selected[graph.gateOf[scope.fanOut] as number]).toBe(any ? 1 : 0);
          const join = graph.joinOf[scope.fanOut] as number;
          if (join >= 0) expect(selection.selected[join]).toBe(any ? 1 : 0);
        }
      },
    );
    fc.assert(property, { numRuns: tries(300) });
  });
});
