import { describe, expect, test } from 'vitest';
import { fanOut, mistakesOf, specOf, task } from './compiled.ts';

const ok = { run: 'true' };
const params = {
  params: { symbols: { type: 'array', default: ['A'] }, fast: { type: 'integer', default: 1 } },
};
const regime = { choose: [{ when: 'params.fast > 1', value: 'defensive' }, { otherwise: 'aggressive' }] };

describe('conditions name tasks', () => {
  test('a bare task becomes its full path, and its reader waits for it', () => {
    const dag = specOf({ regime, a: { ...ok, when: "regime == 'defensive'" } }, params);
    expect(task(dag, 'a')).toEqual({
      path: 'a',
      action: { kind: 'shell', run: 'true' },
      when: "tasks.regime == 'defensive'",
      after: ['regime'],
    });
  });

  test('look-up goes from the innermost scope outwards', () => {
    const dag = specOf(
      {
        r: regime,
        g: { group: { tasks: { r: regime, a: { ...ok, when: "r == 'defensive'" } } } },
        b: { ...ok, when: "r == 'defensive' && g.r == 'aggressive'" },
        c: { ...ok, when: "tasks['g.r'] == tasks.g.r" },
      },
      params,
    );
    expect(task(dag, 'g.a').when).toBe("tasks['g.r'] == 'defensive'");
    expect(task(dag, 'g.a').after).toEqual(['g.r']);
    expect(task(dag, 'b').when).toBe("tasks.r == 'defensive' && tasks['g.r'] == 'aggressive'");
    expect(task(dag, 'b').after).toEqual(['g.r', 'r']);
    expect(task(dag, 'c').when).toBe("tasks['g.r'] == tasks['g.r']");
  });

  test('properties of an output stay behind the path; needs are not waited for twice', () => {
    const dag = specOf({
      'my-task': ok,
      a: { ...ok, needs: { m: 'my-task' }, when: "tasks['my-task'].rows[0] > 1 && needs.m.ok" },
    });
    expect(task(dag, 'a').when).toBe("tasks['my-task'].rows[0] > 1 && needs.m.ok");
    expect(task(dag, 'a').after).toBeUndefined();
  });

  test('choose and shortCircuit read what conditions read', () => {
    const dag = specOf(
      {
        vol: ok,
        r: { choose: [{ when: 'vol.x > 1', value: 'a' }] },
        s: { ...ok, shortCircuit: 'output.rows>0&&vol.ok' },
      },
      params,
    );
    expect(task(dag, 'r')).toEqual({
      path: 'r',
      action: { kind: 'choose', cases: [{ when: 'tasks.vol.x > 1', value: 'a' }] },
      after: ['vol'],
    });
    expect(task(dag, 's').shortCircuit).toBe('output.rows > 0 && tasks.vol.ok');
  });

  test.each<readonly [string, object, readonly string[]]>([
    [
      'a value that is never chosen',
      { regime, a: { ...ok, when: "regime == 'defensiv'" } },
      [
        "unknown-choice @ tasks/a/when: 'when' of task 'a' compares 'regime' with 'defensiv', " +
          "which it never gives; its values are 'defensive', 'aggressive' (did you mean 'defensive'?)",
      ],
    ],
    [
      'the same through needs, from the right, and in a list',
      {
        regime,
        a: { ...ok, needs: ['regime'], when: "'up' != needs.regime || regime in ['aggressive', 'down']" },
      },
      [
        "unknown-choice @ tasks/a/when: 'when' of task 'a' compares 'regime' with 'down', which " +
          "it never gives; its values are 'defensive', 'aggressive'",
        "unknown-choice @ tasks/a/when: 'when' of task 'a' compares 'regime' with 'up', which it " +
          "never gives; its values are 'defensive', 'aggressive'",
      ],
    ],
    [
      'a choice per key, from outside',
      { s: { forEach: { over: [1], tasks: { regime } } }, a: { ...ok, when: "s.regime == 'defensive'" } },
      [
        "compares-list @ tasks/a/when: 'when' of task 'a' compares 's.regime' with a text, but " +
          "outside of fan-out 's' it is a list with one value per key",
      ],
    ],
    [
      'unknown names',
      {
        regime,
        a: { ...ok, when: 'regim == 1' },
        b: { ...ok, when: 'fast > 1' },
        'my-task': ok,
        c: { ...ok, when: 'my-task' },
      },
      [
        "unknown-name @ tasks/a/when: 'when' of task 'a' reads 'regim', which is no task and no " +
          "name that it knows (did you mean 'regime'?)",
        "unknown-name @ tasks/b/when: 'when' of task 'b' reads 'fast', which is no task and no " +
          'name that it knows (write params.fast)',
        "unknown-name @ tasks/c/when: 'when' of task 'c' reads 'my', which is no task and no " +
          "name that it knows (write tasks['my-task']: a '-' outside of quotes is a minus)",
        "unknown-name @ tasks/c/when: 'when' of task 'c' reads 'task', which is no task and no " +
          "name that it knows (did you mean 'tasks'?)",
      ],
    ],
    [
      'unknown params, inputs and run facts',
      {
        v: ok,
        a: {
          ...ok,
          needs: { vol: 'v' },
          when: 'params.fsat > needs.vool + needs.v && run.intervall && run.interval.begin && run.id',
        },
      },
      [
        "unknown-param @ tasks/a/when: 'when' of task 'a' reads params.fsat, which the DAG does " +
          "not have (did you mean 'fast'?)",
        "unknown-input @ tasks/a/when: 'when' of task 'a' reads needs.vool, which is not among " +
          "its needs (did you mean 'vol'?)",
        "unknown-input @ tasks/a/when: 'when' of task 'a' reads needs.v, which is not among its " +
          'needs (add it to the inputs: needs: { v: v })',
        "unknown-name @ tasks/a/when: 'when' of task 'a' reads run.intervall, which does not " +
          "exist (did you mean 'interval'?)",
        "unknown-name @ tasks/a/when: 'when' of task 'a' reads run.interval.begin, which does " +
          'not exist (known: start, end)',
      ],
    ],
    [
      'output and item where there is none',
      { a: { ...ok, when: 'output.x && item' } },
      [
        "unknown-name @ tasks/a/when: 'output' has no meaning in 'when' of task 'a' (it may read " +
          'params, needs, item, key, run, tasks)',
        "no-item @ tasks/a/when: 'when' of task 'a' reads 'item', but there is no forEach around it",
      ],
    ],
    [
      'syntax and spelling',
      { a: { ...ok, when: 'params.fast = 1' }, b: { ...ok, when: '${{ params.fast == 1 }}' } },
      [
        "bad-expression @ tasks/a/when: 'when' of task 'a' cannot be read: '=' is not an " +
          "operator: write '==' to compare (character 13)",
        "template-in-expression @ tasks/b/when: 'when' of task 'b' takes a bare expression, " +
          'without ${{ }} (write it without: params.fast == 1)',
      ],
    ],
    [
      'groups and misspelt inner tasks',
      { g: { group: { tasks: { regime } } }, a: { ...ok, when: 'g && g.regim' } },
      [
        "unknown-name @ tasks/a/when: 'when' of task 'a' reads group 'g', which has no output " +
          '(name one of its tasks)',
        "unknown-name @ tasks/a/when: 'when' of task 'a' reads 'g.regim', but there is no " +
          "'regim' in group 'g' (did you mean 'regime'?)",
      ],
    ],
    [
      'the fan-out around it',
      { sym: { forEach: { over: [1], tasks: { a: { ...ok, when: 'sym == 1' } } } } },
      [
        "inside-itself @ tasks/sym/forEach/tasks/a/when: 'when' of task 'sym.a' reads the " +
          "fan-out 'sym' that it is part of (the item of the key is called 'item')",
      ],
    ],
    [
      'a rule that does not wait for what the condition reads',
      {
        regime,
        b: ok,
        a: { ...ok, after: ['b'], triggerRule: 'one_success', when: "regime == 'defensive'" },
      },
      [
        "warning reads-too-early @ tasks/a/triggerRule: task 'a' reads 'regime', but its rule " +
          "'one_success' does not wait for it: it may still be null",
      ],
    ],
  ])('%s', (_, tasks, expected) => expect(mistakesOf(tasks, params)).toEqual(expected));
});

describe('templates', () => {
  test('are put into one spelling, at any depth', () => {
    const dag = specOf(
      {
        v: ok,
        a: {
          uses: './x.ts#y',
          needs: { v: 'v' },
          with: { a: ['x-${{params.fast}}', { b: "${{ needs['v'].z }}" }], n: null },
          env: { F: '${{  run.interval.start }}' },
        },
        b: { run: ['python', '${{params.fast+1}}'] },
      },
      params,
    );
    expect(task(dag, 'a').with).toEqual({ a: ['x-${{ params.fast }}', { b: '${{ needs.v.z }}' }], n: null });
    expect(task(dag, 'a').env).toEqual({ F: '${{ run.interval.start }}' });
    expect(task(dag, 'b').action).toEqual({ kind: 'shell', run: ['python', '${{ params.fast + 1 }}'] });
  });

  test.each<readonly [string, object, readonly string[]]>([
    [
      'tasks can only be read as inputs',
      { v: ok, a: { uses: './x.ts#y', with: { a: { b: '${{ v.x }}' } } } },
      [
        "task-by-name @ tasks/a/with/a/b: 'with' of task 'a' cannot read task 'v' by its name " +
          '(add it to the inputs and read needs.v)',
      ],
    ],
    [
      'mistakes have the place of the value',
      { a: { run: ['x', '${{ params.slow }}', '${{ 1 + }}', '${{ a'], env: { E: '${{ nope }}' } } },
      [
        "unknown-param @ tasks/a/run/1: 'run' of task 'a' reads params.slow, which the DAG does " +
          'not have (there are: symbols, fast)',
        "bad-expression @ tasks/a/run/2: 'run' of task 'a' cannot be read: expected a value, but " +
          'the expression ends (character 8)',
        "bad-expression @ tasks/a/run/3: 'run' of task 'a' cannot be read: '${{' is not closed: " +
          "'}}' is missing (character 1)",
        "unknown-name @ tasks/a/env/E: 'env.E' of task 'a' reads 'nope', which is no task and no " +
          'name that it knows (there is: a)',
      ],
    ],
    [
      'defaults know params and, inside a fan-out, the item',
      {
        s: {
          forEach: {
            over: [1],
            defaults: { env: { A: '${{ item }}', B: '${{ needs.x }}' } },
            tasks: { a: ok },
          },
        },
        g: { group: { defaults: { env: { C: '${{ item }}' } }, tasks: { b: ok } } },
      },
      [
        "unknown-name @ tasks/s/forEach/defaults/env/B: 'needs' has no meaning in 'env.B' of the " +
          "defaults of fan-out 's' (it may read params, run, item, key)",
        "unknown-name @ tasks/g/group/defaults/env/C: 'item' has no meaning in 'env.C' of the " +
          "defaults of group 'g' (it may read params, run)",
      ],
    ],
  ])('%s', (_, tasks, expected) => expect(mistakesOf(tasks, params)).toEqual(expected));
});

describe('over and key', () => {
  const tasks = { a: ok };
  test.each<readonly [string, object, object]>([
    ['params', { over: '${{params.symbols}}' }, { over: 'params.symbols' }],
    [
      'a literal list',
      { over: ['BTC-USD', 2, true, null, ["it's"]] },
      { over: "['BTC-USD', 2, true, null, ['it\\'s']]" },
    ],
    [
      'a list of objects',
      { over: [{ s: 'A' }], key: '${{ item.s }}' },
      { over: `json('[{"s":"A"}]')`, key: 'item.s' },
    ],
    ['a list in an expression', { over: "${{ [params.fast, 'b'] }}" }, { over: "[params.fast, 'b']" }],
    ['a key that is the item', { over: [1], key: '${{ item }}' }, { over: '[1]' }],
    [
      'a key by the name of the item',
      { over: [1], as: 'sym', key: '${{ sym.id }}' },
      { over: '[1]', key: 'item.id' },
    ],
    [
      'numbers',
      { over: [1], maxParallel: 2, maxKeys: 10_000, minSuccess: 0.5 },
      { over: '[1]', maxParallel: 2, minSuccess: 0.5 },
    ],
  ])('%s', (_, forEach, expected) => {
    const dag = specOf({ s: { forEach: { ...forEach, tasks } } }, params);
    expect(dag.fanOuts).toEqual([{ path: 's', returns: 's.a', ...expected }]);
  });

  test('tasks become inputs of the fan-out, under a free name', () => {
    const dag = specOf({
      l: ok,
      g: { group: { tasks: { l: ok } } },
      s: { needs: { q: 'l' }, forEach: { over: '${{ l.x }}', tasks } },
      t: { needs: { l: 'g.l' }, forEach: { over: '${{ needs.l && tasks.l }}', tasks } },
    });
    expect(fanOut(dag, 's')).toMatchObject({ over: 'needs.q.x', needs: { q: 'l' } });
    expect(fanOut(dag, 't')).toMatchObject({ over: 'needs.l && needs.l_2', needs: { l: 'g.l', l_2: 'l' } });
  });

  test('`as` is kept only where an inner fan-out reads it', () => {
    const inner = (over: string, text: string) => ({
      forEach: { over, as: 'b', tasks: { t: { ...ok, env: { E: text } } } },
    });
    const nested = (over: string, text: string) =>
      specOf({ s: { forEach: { over: [1], as: 'a', tasks: { n: inner(over, text) } } } });
    const used = nested('${{ a.list }}', '${{ a.x }}-${{ b }}');
    expect(used.fanOuts).toEqual([
      { path: 's', over: '[1]', as: 'a', returns: 's.n.t' },
      { path: 's.n', parent: 0, over: 'item.list', returns: 's.n.t' },
    ]);
    expect(task(used, 's.n.t').env).toEqual({ E: '${{ a.x }}-${{ item }}' });
    expect(fanOut(nested('${{ item.list }}', '${{ b }}'), 's').as).toBeUndefined();
  });

  test.each<readonly [string, object, readonly string[]]>([
    [
      'bare',
      { over: 'params.symbols' },
      [
        "not-an-expression @ tasks/s/forEach/over: 'over' of fan-out 's' must be one expression " +
          'in ${{ }} (write ${{ params.symbols }})',
      ],
    ],
    [
      'text around',
      { over: 'x${{ params.symbols }}' },
      ["not-an-expression @ tasks/s/forEach/over: 'over' of fan-out 's' must be one expression in ${{ }}"],
    ],
    [
      'templates in a list',
      { over: ['${{ params.fast }}'] },
      [
        "template-in-list @ tasks/s/forEach/over: 'over' of fan-out 's' is a literal list, whose " +
          "items are taken as they are (put the whole list into one expression: ${{ [params.a, 'b'] }})",
      ],
    ],
    ['missing', {}, ["missing-key @ tasks/s/forEach: 'forEach' of fan-out 's' lacks the key 'over'"]],
    [
      'its own item',
      { over: '${{ item }}' },
      [
        "no-item @ tasks/s/forEach/over: 'over' of fan-out 's' reads 'item', but there is no " +
          'forEach around it',
      ],
    ],
    [
      'a reserved name',
      { over: [1], as: 'params' },
      [
        "reserved-name @ tasks/s/forEach/as: 'params' of fan-out 's' has a meaning of its own in " +
          'expressions (choose another name)',
      ],
    ],
    [
      'a key over inputs',
      { over: [1], key: '${{ needs.x }}' },
      [
        "unknown-name @ tasks/s/forEach/key: 'needs' has no meaning in 'key' of fan-out 's' (it " +
          'may read params, item)',
      ],
    ],
    [
      'too long',
      { over: Array.from({ length: 20_000 }, (_, at) => `S${at}`) },
      [
        "list-too-long @ tasks/s/forEach/over: 'over' of fan-out 's' is too long for a literal " +
          'list (make it the default of a param: over: ${{ params.items }})',
      ],
    ],
  ])('%s', (_, forEach, expected) =>
    expect(mistakesOf({ s: { forEach: { ...forEach, tasks } } }, params)).toEqual(expected),
  );

  test('inputs that nothing reads', () => {
    const choose = { choose: [{ when: 'needs.l > 1', value: 'x' }] };
    expect(mistakesOf({ l: ok, r: { ...choose, needs: { l: 'l', m: 'l' } } })).toEqual([
      "warning unused-need @ tasks/r/needs/m#: task 'r' does not read needs.m, which only makes " +
        "it wait (write 'after' for order alone)",
    ]);
    expect(mistakesOf({ l: ok, s: { needs: ['l'], forEach: { over: [1], tasks } } })).toEqual([
      "warning unused-need @ tasks/s/needs/l#: fan-out 's' does not read needs.l, which only " +
        "makes it wait (write 'after' for order alone)",
    ]);
  });
});
