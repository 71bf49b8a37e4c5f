import { describe, expect, test } from 'vitest';
import { compileGraph } from '../../../core/graph/graph.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import { fanOut, mistakesOf, specOf, task } from './compiled.ts';

const ok = { run: 'true' };
const wait = (...after: string[]) => ({ ...ok, after });

/** What each task waits for. */
function edges(dag: DagSpec): Record<string, readonly string[]> {
  compileGraph(dag);
  return Object.fromEntries(
    dag.tasks.map((one) => [one.path, [...Object.values(one.needs ?? {}), ...(one.after ?? [])]]),
  );
}

describe('needs and after', () => {
  test('a list of needs takes the last part of each path as name; names are sorted', () => {
    const dag = specOf({
      z: ok,
      g: { group: { tasks: { a: ok } } },
      t: { uses: './x.ts#y', needs: ['z', 'g.a'] },
    });
    expect(task(dag, 't').needs).toEqual({ a: 'g.a', z: 'z' });
    expect(Object.keys(task(dag, 't').needs as object)).toEqual(['a', 'z']);
  });

  test('after is sorted, without repetitions and without what is needed anyway', () => {
    const dag = specOf({ a: ok, b: ok, c: ok, t: { ...ok, needs: ['b'], after: ['c', 'b', 'a', 'c'] } });
    expect(task(dag, 't').after).toEqual(['a', 'c']);
  });

  test('setups are edges of their own', () => {
    const dag = specOf({
      s: ok,
      w: wait('s'),
      t: { ...ok, teardown: true, setups: ['s'], after: ['w', 's'] },
    });
    expect(task(dag, 't')).toEqual({
      path: 't',
      action: { kind: 'shell', run: 'true' },
      teardown: true,
      after: ['w'],
      setups: ['s'],
    });
  });

  test('names that objects inherit are ordinary ids', () => {
    const dag = specOf({
      constructor: ok,
      toString: wait('constructor'),
      valueOf: { uses: './x.ts#y', needs: ['toString'] },
    });
    expect(edges(dag)).toEqual({ constructor: [], toString: ['constructor'], valueOf: ['toString'] });
    expect(mistakesOf({ a: wait('hasOwnProperty') })[0]).toMatch(/^unknown-task/);
    const proto = JSON.parse(
      '{"__proto__": {"run": "true"}, "a": {"run": "true", "needs": {"__proto__": "a"}}}',
    ) as object;
    const kept = "'__proto__' is a name that JavaScript keeps for itself";
    expect(mistakesOf(proto)).toEqual([
      `bad-id @ tasks/__proto__#: ${kept}`,
      `bad-id @ tasks/a/needs/__proto__#: ${kept}`,
    ]);
  });
});

describe('groups', () => {
  test(
    'prefix their tasks; after a group means after its last tasks, its own after is for ' + 'its first ones',
    () => {
      const dag = specOf({
        start: ok,
        g: {
          after: ['start'],
          stage: 'load',
          group: { tasks: { a: ok, b: wait('a'), c: wait('a'), d: ok } },
        },
        end: wait('g'),
      });
      expect(edges(dag)).toEqual({
        start: [],
        'g.a': ['start'],
        'g.b': ['g.a'],
        'g.c': ['g.a'],
        'g.d': ['start'],
        end: ['g.b', 'g.c', 'g.d'],
      });
      expect(dag.tasks.map(({ stage }) => stage)).toEqual([
        undefined,
        'load',
        'load',
        'load',
        'load',
        undefined,
      ]);
    },
  );

  test('groups in groups: order between them counts for what is first and last', () => {
    const dag = specOf({
      s: ok,
      o: {
        after: ['s'],
        group: {
          tasks: {
            p: { group: { tasks: { a: ok, b: wait('a') } } },
            q: { after: ['p'], group: { tasks: { c: ok, d: wait('c') } } },
          },
        },
      },
      e: wait('o'),
    });
    expect(edges(dag)).toEqual({
      s: [],
      'o.p.a': ['s'],
      'o.p.b': ['o.p.a'],
      'o.q.c': ['o.p.b'],
      'o.q.d': ['o.q.c'],
      e: ['o.q.d'],
    });
  });

  test('a condition counts as a dependency', () => {
    const dag = specOf({
      g: { group: { tasks: { r: { choose: [{ otherwise: 'x' }] }, a: { ...ok, when: "r == 'x'" } } } },
      e: wait('g'),
    });
    expect(edges(dag)).toEqual({ 'g.r': [], 'g.a': ['g.r'], e: ['g.a'] });
  });

  test('teardowns do not hold up what follows a group, unless there is nothing else', () => {
    const down = { ...ok, teardown: true };
    const dag = specOf({
      g: { group: { tasks: { s: ok, w: wait('s'), t: { ...down, after: ['w'], setups: ['s'] } } } },
      e: wait('g'),
      h: { group: { tasks: { t: down } } },
      f: wait('h'),
    });
    expect(edges(dag)).toMatchObject({ e: ['g.w'], f: ['h.t'] });
  });

  test('a fan-out inside waits itself, not its tasks', () => {
    const dag = specOf({
      s: ok,
      g: {
        after: ['s'],
        group: { tasks: { f: { forEach: { over: [1], tasks: { a: ok, b: wait('a') } } } } },
      },
      e: wait('g'),
    });
    expect(edges(dag)).toEqual({ s: [], 'g.f.a': [], 'g.f.b': ['g.f.a'], e: ['g.f.b'] });
    expect(fanOut(dag, 'g.f').after).toEqual(['s']);
  });

  test('large groups one after the other are refused before they become too many edges', () => {
    const tasks = Object.fromEntries(Array.from({ length: 2_500 }, (_, at) => [`t${at}`, ok]));
    expect(mistakesOf({ a: { group: { tasks } }, b: { after: ['a'], group: { tasks } } })).toEqual([
      'too-many-edges @ tasks/b/group/tasks/t2000#: the DAG has more than 5000000 edges; task ' +
        "'b.t2000' is where they become too many (put a join between two large groups: a task " +
        'with nothing but after)',
    ]);
  });
});

describe('fan-outs', () => {
  const inner = { a: ok, b: wait('a') };

  test('tasks stand together, with the innermost fan-out; fan-outs know the one around', () => {
    const dag = specOf({
      s: {
        stage: 'x',
        forEach: {
          over: [1],
          tasks: { a: ok, n: { forEach: { over: [2], tasks: { c: wait('a') } } }, z: { ...ok, stage: 'y' } },
        },
      },
      e: ok,
    });
    expect(dag.tasks.map(({ path, fanOut: index, stage }) => [path, index, stage])).toEqual([
      ['s.a', 0, 'x'],
      ['s.n.c', 1, 'x'],
      ['s.z', 0, 'y'],
      ['e', undefined, undefined],
    ]);
    expect(dag.fanOuts).toEqual([
      { path: 's', over: '[1]' },
      { path: 's.n', parent: 0, over: '[2]', returns: 's.n.c' },
    ]);
    compileGraph(dag);
  });

  test('the result is the only last task, also through an inner fan-out, or the one that is named', () => {
    const of = (forEach: object) =>
      fanOut(specOf({ s: { forEach: { over: [1], ...forEach } } }), 's').returns;
    expect(of({ tasks: inner })).toBe('s.b');
    expect(of({ tasks: { ...inner, c: ok } })).toBeUndefined();
    expect(of({ tasks: { ...inner, c: ok }, returns: 'c' })).toBe('s.c');
    expect(of({ tasks: { n: { forEach: { over: [1], tasks: inner } } } })).toBe('s.n.b');
    expect(of({ tasks: { ...inner, t: { ...ok, teardown: true, after: ['b'] } } })).toBe('s.b');
    expect(of({ tasks: { g: { group: { tasks: inner } } }, returns: 'g.a' })).toBe('s.g.a');
  });

  test('a need of the fan-out, of a task inside from outside, and of one beside it', () => {
    const dag = specOf({
      s: { forEach: { over: [1], tasks: inner } },
      t: { forEach: { over: [1], tasks: { x: { uses: './x.ts#y', needs: ['s.a'] } } } },
      e: { uses: './x.ts#y', needs: { all: 's', firsts: 's.a' } },
    });
    expect(task(dag, 'e').needs).toEqual({ all: 's', firsts: 's.a' });
    expect(task(dag, 't.x').needs).toEqual({ a: 's.a' });
    expect(task(dag, 's.b').after).toEqual(['s.a']);
    compileGraph(dag);
  });

  test('after a fan-out is after its last tasks; with a quorum after the fan-out itself', () => {
    const tasks = { ...inner, c: ok };
    const dag = specOf({
      s: { forEach: { over: [1], tasks } },
      q: { forEach: { over: [1], minSuccess: 1, tasks } },
      e: wait('s', 'q'),
    });
    expect(task(dag, 'e').after).toEqual(['q', 's.b', 's.c']);
    compileGraph(dag);
  });
});
