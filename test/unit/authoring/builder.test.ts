import { at, cron, dag, every, type Scope, type TaskHandle, Type } from 'orch';
import { describe, expect, it } from 'vitest';
import type { AuthorDag } from '../../../core/authoring/author-form.ts';
import { type Dag, exportedDags, inlineFunction, isDag } from '../../../core/authoring/builder.ts';

const none = Type.Object({});

function build(declare: (d: Scope<Record<never, never>>) => void): Dag {
  return dag({ id: 'x', params: none }, declare);
}

function tasksOf(declare: (d: Scope<Record<never, never>>) => void): AuthorDag['tasks'] {
  return build(declare).author.tasks;
}

describe('author form', () => {
  it('holds an inline function by its path and keeps it in the table', () => {
    const run = () => 1;
    const made = build((d) => {
      d.group('g', (g) => g.task('a', run));
    });
    expect(made.author.tasks).toEqual({ g: { group: { tasks: { a: { uses: '#g.a' } } } } });
    expect(made.functions.get('g.a')).toBe(run);
    expect(inlineFunction(made, 'x', 'g.a')).toBe(run);
    expect(inlineFunction([build(() => {}), made], 'x', 'g.b')).toBeUndefined();
  });

  it('holds the functions of hooks by task and moment', () => {
    const [one, two, three] = [() => 1, () => 2, () => 3];
    const onFailure = [{ run: 'alarm.sh' }, { uses: two, retries: 5 }];
    const made = dag({ id: 'x', onSuccess: three }, (d) => {
      d.task('a', { run: 'a.sh', onStart: one, onFailure });
    });
    const named = [{ run: 'alarm.sh' }, { uses: '#a@onFailure.1', retries: 5 }];
    expect(made.author).toEqual({
      id: 'x',
      onSuccess: { uses: '#@onSuccess' },
      tasks: { a: { run: 'a.sh', onStart: { uses: '#a@onStart' }, onFailure: named } },
    });
    const functions = ['a@onStart', 'a@onFailure.1', '@onSuccess'].map((name) => made.functions.get(name));
    expect(functions).toEqual([one, two, three]);
  });

  it('writes options as YAML has them', () => {
    const tasks = tasksOf((d) => {
      const setup = d.task('setup', { run: ['start', '--fast'], skipExitCode: 3 });
      const work = d.task('work', {
        uses: './work.ts#work',
        needs: { setup },
        retries: { max: 2, delay: '1s' },
      });
      d.task('stop', { run: 'stop', teardown: true, setups: [setup], after: [work], failRun: true });
      d.task('join', { after: [work], triggerRule: 'always' });
      d.task('gate', { needs: { work }, shortCircuit: 'output.rows > 0', critical: true }, () => ({
        rows: 1,
      }));
    });
    expect(tasks).toEqual({
      setup: { run: ['start', '--fast'], skipExitCode: 3 },
      work: { uses: './work.ts#work', needs: { setup: 'setup' }, retries: { max: 2, delay: '1s' } },
      stop: { run: 'stop', teardown: true, setups: ['setup'], after: ['work'], failRun: true },
      join: { after: ['work'], triggerRule: 'always' },
      gate: { uses: '#gate', needs: { work: 'work' }, shortCircuit: 'output.rows > 0', critical: true },
    });
  });

  it('writes the rules that look at other runs', () => {
    const { author } = dag({ id: 'x', deadline: '50m' }, (d) => {
      const book = d.task('book', { run: 'book', waitForDownstream: true });
      d.task('close', { after: [book], dependsOnPast: true, latestOnly: true }, () => 1);
    });
    expect(author).toMatchObject({
      deadline: '50m',
      tasks: {
        book: { run: 'book', waitForDownstream: true },
        close: { uses: '#close', after: ['book'], dependsOnPast: true, latestOnly: true },
      },
    });
  });

  it('writes schedules and params', () => {
    const params = Type.Object({ fast: Type.Integer({ default: 12 }), symbol: Type.String() });
    const schedule = [cron('0 6 * * *', { tz: 'UTC' }), every('5m'), at('2030-01-01T00:00:00Z')];
    const { author } = dag({ id: 'x', params, schedule, timeout: '1h', defaults: { retries: 1 } }, () => {});
    expect(author).toEqual({
      id: 'x',
      params: { fast: { type: 'integer', default: 12 }, symbol: { type: 'string' } },
      schedule: [{ cron: '0 6 * * *', tz: 'UTC' }, { every: '5m' }, { at: '2030-01-01T00:00:00Z' }],
      timeout: '1h',
      defaults: { retries: 1 },
      tasks: {},
    });
    expect(at('2030-01-01', '2031-01-01')).toEqual({ at: ['2030-01-01', '2031-01-01'] });
  });

  it('turns symbolic values into expressions', () => {
    const params = Type.Object({
      symbols: Type.Array(Type.Object({ 'the-id': Type.String(), tags: Type.Array(Type.String()) }), {
        default: [],
      }),
      fast: Type.Number({ default: 1 }),
    });
    const { author } = dag({ id: 'x', params }, (d) => {
      const list = d.task('list', () => ({ names: ['a'] }));
      d.forEach('symbol', { over: d.params.symbols, key: (s) => s['the-id'] }, (g, symbol) => {
        g.task('shell', {
          run: 'x',
          needs: { ID: symbol['the-id'] },
          env: { FAST: d.params.fast, CONST: 'c' },
        });
        return g.task(
          'code',
          { needs: { symbol, list }, with: { deep: [{ tag: symbol.tags[0] as never, all: list.output }] } },
          () => 1,
        );
      });
      d.forEach('name', { over: list.output.names }, (g, name) =>
        g.task('one', { needs: { name } }, () => 1),
      );
      d.forEach('again', { over: list.output.names, needs: { source: list } }, () => {});
    });
    const { symbol, name, again } = author.tasks as Record<
      string,
      { needs?: unknown; forEach: { over: string } }
    >;
    expect(symbol?.forEach).toEqual({
      over: '${{ params.symbols }}',
      key: "${{ item['the-id'] }}",
      returns: 'code',
      tasks: {
        shell: { run: 'x', env: { FAST: '${{ params.fast }}', CONST: 'c', ID: "${{ item['the-id'] }}" } },
        code: {
          uses: '#symbol.code',
          needs: { list: 'list' },
          with: { symbol: '${{ item }}', deep: [{ tag: '${{ item.tags[0] }}', all: '${{ needs.list }}' }] },
        },
      },
    });
    expect(name).toMatchObject({ needs: { list: 'list' }, forEach: { over: '${{ needs.list.names }}' } });
    expect(again).toMatchObject({
      needs: { source: 'list' },
      forEach: { over: '${{ needs.source.names }}' },
    });
  });

  it('names the item of an outer fan-out where `item` is another one', () => {
    const tasks = tasksOf((d) => {
      d.forEach('outer', { over: [{ id: 'a', list: [1] }], key: (o) => o.id }, (g, outer) =>
        g.forEach('inner', { over: outer.list }, (h, inner) =>
          h.task('t', { needs: { id: outer.id, inner } }, ({ id, inner }) => `${id}${inner}`),
        ),
      );
    });
    expect(tasks.outer).toMatchObject({
      forEach: {
        as: 'outer',
        key: '${{ item.id }}',
        returns: 'inner',
        tasks: {
          inner: {
            forEach: {
              over: '${{ item.list }}',
              tasks: { t: { with: { id: '${{ outer.id }}', inner: '${{ item }}' } } },
            },
          },
        },
      },
    });
  });

  it('gives the items of fan-outs names that differ from all others', () => {
    const tasks = tasksOf((d) => {
      d.group('key', (k) => {
        k.forEach('a-b', { over: [{ list: [1] }] }, (g, outer) => {
          g.forEach('inner', { over: [1] }, (h) => h.task('t', { needs: { outer } }, () => 1));
        });
      });
      d.forEach('run', { over: [{ list: [1] }] }, (g, outer) => {
        g.forEach('inner', { over: [1] }, (h) => h.task('t', { needs: { list: outer.list } }, () => 1));
      });
    });
    expect(JSON.stringify(tasks.key)).toContain('{{ key_a_b }}');
    expect(JSON.stringify(tasks.run)).toContain('{{ run_item.list }}');
    expect(tasks.run).toMatchObject({ forEach: { as: 'run_item' } });
  });

  it('refers to tasks by the shortest path that finds them', () => {
    const tasks = tasksOf((d) => {
      const a = d.task('a', () => 1);
      const { result: inner } = d.group('g', (g) => g.task('a', { needs: {} }, () => 2));
      d.group('h', (h) => {
        h.task('uses_outer', { needs: { a, inner } }, () => 3);
      });
    });
    expect(tasks.h).toEqual({
      group: { tasks: { uses_outer: { uses: '#h.uses_outer', needs: { a: 'a', inner: 'g.a' } } } },
    });
  });
});

describe('choices', () => {
  it('guard tasks by comparing the output', () => {
    const tasks = tasksOf((d) => {
      const mode = d.choose('mode', () => (tasks === undefined ? 'fast' : "it's"));
      const dashed = d.choose('my-mode', { choose: [{ when: 'params.x', value: 'a' }, { otherwise: 'b' }] });
      d.task('fast', { when: mode.is('fast') }, () => 1);
      d.task('quoted', { when: mode.isNot("it's") }, () => 1);
      d.task('text', { when: 'params.fast > 1' }, () => 1);
      d.task('dashed', { when: dashed.is('b') }, () => 1);
    });
    expect(tasks).toMatchObject({
      mode: { uses: '#mode' },
      'my-mode': { choose: [{ when: 'params.x', value: 'a' }, { otherwise: 'b' }] },
      fast: { when: "tasks.mode == 'fast'" },
      quoted: { when: "tasks.mode != 'it\\'s'" },
      text: { when: 'params.fast > 1' },
      dashed: { when: "tasks['my-mode'] == 'b'" },
    });
  });
});

describe('mistakes', () => {
  const mistakesOf = (declare: (d: Scope<Record<never, never>>) => void) => build(declare).mistakes;

  it('are collected with the place of the call', () => {
    const [mistake] = mistakesOf((d) => {
      d.task('a', () => 1);
      d.task('a', () => 2);
    });
    expect(mistake).toMatchObject({ rule: 'duplicate-id', place: { column: expect.any(Number) } });
    expect(mistake?.place?.module).toContain('builder.test.ts');
    expect(mistake?.place?.line).toBeGreaterThan(100);
  });

  it.each<[string, (d: Scope<Record<never, never>>) => void]>([
    ['no-action', (d) => d.task('a', { retries: 1 } as never)],
    ['not-a-handle', (d) => d.task('a', { needs: { b: undefined as never } }, () => 1)],
    ['not-a-handle', (d) => d.task('a', { run: 'x', after: ['b' as never] })],
    ['foreign-handle', (d) => d.task('a', { run: 'x', after: [foreign()] })],
    ['handle-as-value', (d) => d.task('a', { run: 'x', env: { B: d.task('b', () => 1) as never } })],
    ['async-build', async () => {}],
    ['async-build', (d) => d.group('g', async () => {})],
    ['no-function', (d) => d.group('g', undefined as never)],
    ['bad-key', (d) => d.forEach('f', { over: ['a'], key: (() => 'text') as never }, () => {})],
    ['bad-result', (d) => d.forEach('f', { over: ['a'] }, () => d.task('outside', () => 1))],
    ['foreign-item', (d) => d.task('late', { needs: { item: escapedItem(d) as never } }, () => 1)],
    ['hidden-id', hidden],
  ])('%s', (rule, declare) => {
    const found = mistakesOf(declare);
    expect(found.map((one) => one.rule)).toEqual([rule]);
    expect(found[0]?.message).toMatch(/^.{20,160}$/);
  });

  it('refuse an optional param without default', () => {
    const params = Type.Object({
      a: Type.Optional(Type.String()),
      b: Type.Optional(Type.String({ default: 'x' })),
    });
    expect(dag({ id: 'x', params }, () => {}).mistakes).toMatchObject([
      { rule: 'param-without-default', message: "param 'a' is optional but has no default: give it one" },
    ]);
  });

  function foreign(): TaskHandle<number> {
    let handle: TaskHandle<number> | undefined;
    build((d) => {
      handle = d.task('other', () => 1);
    });
    return handle as TaskHandle<number>;
  }

  function escapedItem(d: Scope<Record<never, never>>): unknown {
    let escaped: unknown;
    d.forEach('f', { over: ['a'] }, (_, item) => {
      escaped = item;
    });
    return escaped;
  }

  function hidden(d: Scope<Record<never, never>>): void {
    const a = d.task('a', () => 1);
    d.group('g', (g) => {
      g.task('b', { needs: { a } }, () => 2);
      g.task('a', () => 3);
    });
  }
});

describe('symbolic values', () => {
  const misuses: [string, (handle: TaskHandle<{ n: number }>) => unknown, RegExp][] = [
    ['text of a handle', (h) => `${h as never}`, /name it in `needs`/],
    ['await of a handle', (h) => Promise.resolve(h), /name it in `needs`/],
    ['arithmetic', (h) => (h.output.n as never as number) + 1, /output of a task \(\.n\).*used as a value/],
    ['JSON', (h) => JSON.stringify(h.output), /used as a value/],
    ['spread', (h) => ({ ...h.output }), /listed or spread/],
    ['loop', (h) => [...(h.output as never as Iterable<unknown>)], /looped over/],
    ['await of a field', (h) => Promise.resolve(h.output.n), /awaited/],
    ['assignment', (h) => Object.assign(h.output, { n: 1 }), /assigned to/],
    ['`in`', (h) => 'n' in h.output, /searched/],
  ];
  it.each(misuses)('%s is a clear error', async (_, misuse, message) => {
    let handle: TaskHandle<{ n: number }> | undefined;
    build((d) => {
      handle = d.task('t', () => ({ n: 1 }));
    });
    await expect((async () => misuse(handle as TaskHandle<{ n: number }>))()).rejects.toThrow(message);
  });

  it('refuses tasks declared at run time', () => {
    let late: Scope<Record<never, never>> | undefined;
    build((d) => {
      late = d;
    });
    expect(() => late?.task('late', () => 1)).toThrow(/declared after dag\(\) returned/);
  });
});

describe('exports', () => {
  it('tell DAGs from anything else', () => {
    const one = build(() => {});
    expect(isDag(one)).toBe(true);
    expect(exportedDags(one)).toEqual([one]);
    expect(exportedDags([one, one])).toHaveLength(2);
    for (const other of [undefined, null, {}, [], [one, {}], 'dag', () => one])
      expect(exportedDags(other)).toBeNull();
  });

  it('place a path at the nearest call', () => {
    const made = build((d) => {
      d.group('g', (g) => {
        g.task('t', () => 1);
      });
    });
    const [group, task] = [
      ['tasks', 'g', 'group'],
      ['tasks', 'g', 'group', 'tasks', 't', 'uses', 0],
    ].map((path) => made.placeOf(path));
    expect(task?.line).toBe((group?.line ?? 0) + 1);
    expect(made.placeOf(['tasks', 'nope'])?.line).toBeLessThan(group?.line ?? 0);
  });
});
