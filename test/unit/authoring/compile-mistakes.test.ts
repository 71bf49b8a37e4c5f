import { describe, expect, test } from 'vitest';
import { mistakes, mistakesOf } from './compiled.ts';

const ok = { run: 'true' };
type Case = readonly [name: string, tasks: object, expected: readonly string[]];

function table(cases: readonly Case[]): void {
  test.each(cases)('%s', (_, tasks, expected) => expect(mistakesOf(tasks)).toEqual(expected));
}

describe('references', () => {
  table([
    [
      'unknown need, with the nearest name',
      { fetch_prices: ok, b: { ...ok, needs: { p: 'fetch_price' } } },
      [
        "unknown-task @ tasks/b/needs/p: task 'b' refers to 'fetch_price': there is no task " +
          "'fetch_price' (did you mean 'fetch_prices'?)",
      ],
    ],
    [
      'unknown after and setups',
      { a: { ...ok, after: ['x1'] }, b: { ...ok, teardown: true, setups: ['y1'] } },
      [
        "unknown-task @ tasks/a/after/0: task 'a' refers to 'x1': there is no task 'x1' (there are: a, b)",
        "unknown-task @ tasks/b/setups/0: task 'b' refers to 'y1': there is no task 'y1' (there are: a, b)",
      ],
    ],
    [
      'a task that stands in a fan-out',
      { s: { forEach: { over: [1], tasks: { collect: ok } } }, b: { ...ok, needs: ['collect'] } },
      [
        "unknown-task @ tasks/b/needs/0: task 'b' refers to 'collect': there is no task " +
          "'collect' (write 's.collect')",
      ],
    ],
    [
      'a wrong step of a path',
      { g: { group: { tasks: { collect: ok } } }, b: { ...ok, after: ['g.colect', 'b.x'] } },
      [
        "unknown-task @ tasks/b/after/0: task 'b' refers to 'g.colect': there is no task " +
          "'colect' in 'g' (did you mean 'collect'?)",
        "unknown-task @ tasks/b/after/1: task 'b' refers to 'b.x': there is no 'b.x': 'b' is a task",
      ],
    ],
    [
      'a group has no output',
      { g: { group: { tasks: { a: ok } } }, b: { ...ok, needs: { g: 'g' } } },
      [
        "group-needs @ tasks/b/needs/g: group 'g' has no output that task 'b' could need (name " +
          "one of its tasks, or use 'after' for order alone)",
      ],
    ],
    [
      'a group takes no inputs',
      { a: ok, g: { needs: ['a'], group: { tasks: { b: ok } } } },
      [
        "group-needs @ tasks/g/needs#: group 'g' cannot take inputs (write 'needs' on the tasks " +
          "inside that take them, or 'after' on the group for order alone)",
      ],
    ],
    [
      'what is around a task cannot come before it',
      {
        s: { forEach: { over: [1], tasks: { a: { ...ok, needs: { s: 's' } } } } },
        g: { after: ['g'], group: { tasks: { b: ok } } },
      },
      [
        "inside-itself @ tasks/s/forEach/tasks/a/needs/s: task 's.a' cannot wait for the fan-out " +
          "'s' that it is part of",
        "inside-itself @ tasks/g/after/0: group 'g' cannot wait for itself",
      ],
    ],
    [
      'two inputs of one name',
      { g: { group: { tasks: { a: ok } } }, a: ok, b: { ...ok, needs: ['a', 'g.a'] } },
      [
        "duplicate-input @ tasks/b/needs/1: two inputs of task 'b' would be called 'a': 'a' and " +
          "'g.a' (give them names: needs: { a: ..., other: g.a })",
      ],
    ],
    [
      'a fan-out whose result is not clear',
      { s: { forEach: { over: [1], tasks: { a: ok, b: ok } } }, c: { ...ok, needs: { s: 's' } } },
      [
        "unclear-result @ tasks/c/needs/s: task 'c' needs the fan-out 's', whose result is not " +
          'clear: its last tasks are a, b (say which: forEach: { returns: a })',
      ],
    ],
    [
      'returns names nothing inside',
      {
        x: ok,
        s: { forEach: { over: [1], returns: 'x', tasks: { backtest: ok } } },
        t: { forEach: { over: [1], returns: 'backtst', tasks: { backtest: ok } } },
      },
      [
        "unknown-task @ tasks/s/forEach/returns: 'returns' of fan-out 's' must name one of its " +
          "own tasks; there is no 'x' in it (there is: backtest)",
        "unknown-task @ tasks/t/forEach/returns: 'returns' of fan-out 't' must name one of its " +
          "own tasks; there is no 'backtst' in it (did you mean 'backtest'?)",
      ],
    ],
  ]);
});

describe('cycles', () => {
  const circle = (path: string) =>
    `cycle @ tasks/${path.split(' ')[0]}#: the tasks wait for each other in a circle: ${path} ` +
    `(remove one of these dependencies)`;
  table([
    ['of one task', { a: { ...ok, after: ['a'] } }, [circle('a -> a')]],
    ['of two', { a: { ...ok, after: ['b'] }, b: { ...ok, needs: ['a'] } }, [circle('a -> b -> a')]],
    [
      'only what is part of it',
      {
        a: ok,
        x: { ...ok, after: ['a', 'z'] },
        y: { ...ok, after: ['x'] },
        z: { ...ok, after: ['y'] },
        w: { ...ok, after: ['z'] },
      },
      [circle('x -> y -> z -> x')],
    ],
    [
      'two of them',
      {
        a: { ...ok, after: ['b'] },
        b: { ...ok, after: ['a'] },
        c: { ...ok, after: ['d'] },
        d: { ...ok, after: ['c'] },
      },
      [circle('a -> b -> a'), circle('c -> d -> c')],
    ],
    [
      'through a condition',
      { r: { choose: [{ otherwise: 'x' }], after: ['a'] }, a: { ...ok, when: "r == 'x'" } },
      [circle('r -> a -> r')],
    ],
    [
      'through a teardown',
      { s: { ...ok, after: ['t'] }, t: { ...ok, teardown: true, setups: ['s'] } },
      [circle('s -> t -> s')],
    ],
    [
      'through a fan-out that depends on what follows from it',
      {
        s: { forEach: { over: '${{ needs.t }}', tasks: { a: ok } }, needs: { t: 't' } },
        t: { ...ok, needs: ['s.a'] },
      },
      [circle('s -> s.a -> t -> s')],
    ],
    [
      'through a group',
      { g: { after: ['t'], group: { tasks: { a: ok } } }, t: { ...ok, after: ['g'] } },
      [
        'cycle @ tasks/g/group/tasks/a#: the tasks wait for each other in a circle: g.a -> t -> ' +
          'g.a (remove one of these dependencies)',
      ],
    ],
  ]);

  test('a long one is named task by task', () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 30 }, (_, at) => [`t${at}`, { ...ok, after: [`t${(at + 29) % 30}`] }]),
    );
    expect(mistakesOf(tasks)).toEqual([
      circle(`${Array.from({ length: 30 }, (_, at) => `t${at}`).join(' -> ')} -> t0`),
    ]);
  });
});

describe('actions', () => {
  table([
    [
      'none',
      { a: {} },
      [
        "no-action @ tasks/a#: task 'a' does nothing (give it 'uses', 'run', 'choose' or 'approval'; with " +
          "'after' alone it joins other tasks)",
      ],
    ],
    [
      'two',
      { a: { run: 'x', uses: './a.ts#b' } },
      [
        "several-actions @ tasks/a/run#: task 'a' has 'uses' and 'run': it can do one thing " +
          '(make two tasks of it, one needing the other)',
      ],
    ],
    [
      'a template in a command',
      { a: { run: 'echo ${{ params.fast }}' } },
      [
        `template-in-run @ tasks/a/run: the command of task 'a' holds \${{ }}: values are never ` +
          `put into a command line (pass it as a variable: env: { FAST: "\${{ params.fast }}" } ` +
          `and write "$FAST" in the command)`,
      ],
    ],
    [
      'files and operators',
      {
        a: { uses: './x.ts' },
        b: { uses: 'x.ts#y' },
        c: { uses: './x.py#y' },
        d: { uses: '#other' },
        e: { uses: '/etc/x.ts#y' },
      },
      [
        "bad-uses @ tasks/a/uses: './x.ts' is neither a function ./file.ts#export nor the name " +
          'of an operator (say which export: ./x.ts#name)',
        "bad-uses @ tasks/b/uses: 'x.ts#y' is neither a function ./file.ts#export nor the name " +
          "of an operator (write './x.ts#y')",
        "bad-uses @ tasks/c/uses: './x.py#y' is neither a function ./file.ts#export nor the name " +
          'of an operator (functions live in .ts, .mts, .js or .mjs files)',
        "bad-uses @ tasks/d/uses: '#other' names an inline function, which only TypeScript files " +
          "have (write './file.ts#export')",
        "bad-uses @ tasks/e/uses: '/etc/x.ts#y' is neither a function ./file.ts#export nor the " +
          'name of an operator',
      ],
    ],
    [
      'after otherwise',
      { a: { choose: [{ otherwise: 'x' }, { when: 'true', value: 'y' }] } },
      [
        "after-otherwise @ tasks/a/choose/1: task 'a': nothing can follow 'otherwise', which " +
          'takes every case left',
      ],
    ],
    [
      'keys that mean nothing there',
      {
        a: { choose: [{ otherwise: 'x' }], retries: 1 },
        b: { after: ['a'], env: { A: '1' } },
        c: { ...ok, with: { a: 1 } },
        d: { uses: './x.ts#y', skipExitCode: 3 },
      },
      [
        "not-applicable @ tasks/a/retries#: 'retries' has no meaning for task 'a': a choice starts nothing",
        "not-applicable @ tasks/b/env#: 'env' has no meaning for task 'b': a join starts nothing",
        "not-applicable @ tasks/c/with#: task 'c' runs a command, which takes no 'with' (write " +
          "'env': its values arrive as environment variables)",
        "not-applicable @ tasks/d/skipExitCode#: task 'd' has a skipExitCode, but runs no command",
      ],
    ],
    [
      'inputs that arrive under one name or under none',
      {
        'a-b': ok,
        c: { ...ok, needs: ['a-b'] },
        d: { ...ok, needs: { X: 'a-b' }, env: { X: '1' } },
        e: { uses: './x.ts#y', needs: { X: 'a-b' }, with: { X: 1 } },
      },
      [
        "bad-env-name @ tasks/c/needs/a-b#: input 'a-b' of task 'c' cannot be an environment " +
          'variable (name it with letters, digits and _: needs: { name: task })',
        "duplicate-input @ tasks/d/env/X#: task 'd' has 'X' both in 'needs' and in 'env' (give " +
          'one of them another name)',
        "duplicate-input @ tasks/e/with/X#: task 'e' has 'X' both in 'needs' and in 'with' (give " +
          'one of them another name)',
      ],
    ],
  ]);

  test(
    'operators: unknown ones with the nearest name, params checked except where they ' + 'are templates',
    () => {
      const operators = {
        names: ['http', 'sql'],
        has: (name: string) => name === 'http' || name === 'sql',
        validate: () => [
          { path: ['url'], message: 'must be a text' },
          { path: ['timeout'], message: 'must be a number' },
        ],
      };
      const tasks = { a: { uses: 'htpp' }, b: { uses: 'http', with: { timeout: '${{ run.id }}', url: 3 } } };
      expect(mistakes({ id: 'd', tasks }, { operators })).toEqual([
        "unknown-operator @ tasks/a/uses: there is no operator 'htpp' (did you mean 'http'?)",
        "bad-params @ tasks/b/with/url: 'with.url' of task 'b': must be a text",
      ]);
    },
  );
});

describe('rules about several keys', () => {
  table([
    [
      'teardowns',
      {
        s: ok,
        t: { ...ok, teardown: true, setups: ['s'], critical: true },
        u: { ...ok, setups: ['s'], failRun: true },
        v: { ...ok, teardown: true, setups: ['t'] },
      },
      [
        "critical-teardown @ tasks/t/critical#: task 't' is both critical and a teardown: " +
          "teardowns still run when a run is aborted (write 'failRun: true' to let its failure fail the run)",
        "not-a-teardown @ tasks/u/failRun#: task 'u' has 'failRun', but is no teardown (add " +
          "'teardown: true')",
        "not-a-teardown @ tasks/u/setups#: task 'u' has 'setups', but is no teardown (add 'teardown: true')",
        "bad-setup @ tasks/v/setups/0: the setup 't' of task 'v' is a teardown itself",
      ],
    ],
    [
      'a setup outside of the fan-out of its teardown',
      { s: ok, f: { forEach: { over: [1], tasks: { t: { ...ok, teardown: true, setups: ['s'] } } } } },
      [
        "bad-setup @ tasks/f/forEach/tasks/t/setups/0: task 'f.t' runs once per key of fan-out " +
          "'f', its setup 's' only once (put the teardown beside its setup)",
      ],
    ],
    [
      'always and keys that another task makes',
      {
        l: ok,
        f: {
          triggerRule: 'always',
          needs: { l: 'l' },
          forEach: { over: '${{ needs.l }}', tasks: { a: { ...ok, triggerRule: 'always' } } },
        },
      },
      [
        "always-generated @ tasks/f/triggerRule: fan-out 'f' cannot have the rule 'always': its " +
          "keys come from a task that it must wait for (use 'all_done')",
        "always-generated @ tasks/f/forEach/tasks/a/triggerRule: task 'f.a' cannot have the rule " +
          "'always': the keys of fan-out 'f' come from another task (use 'all_done')",
      ],
    ],
    [
      'retry policies',
      {
        a: { ...ok, retries: { max: 1, factor: 3 } },
        b: { ...ok, retries: { max: 1, on: ['X', 'Y'], except: ['Y'] } },
        c: { ...ok, retries: { max: 1, maxDelay: '1m' } },
        d: { ...ok, retries: { max: 1, delay: '2m', maxDelay: '1m' } },
      },
      [
        "bad-retries @ tasks/a/retries: the retries of task 'a' have a factor, but their backoff is not " +
          'exponential (add backoff: exponential)',
        "bad-retries @ tasks/b/retries: the retries of task 'b' name 'Y' both in 'on' and in 'except'",
        "bad-retries @ tasks/c/retries: the retries of task 'c' have a maxDelay below the " +
          'default delay of 5m',
        "bad-retries @ tasks/d/retries: the retries of task 'd' have a maxDelay below their delay",
      ],
    ],
    [
      'quorums',
      {
        a: { forEach: { over: [1], minSuccess: 1.5, tasks: { x: ok } } },
        b: { forEach: { over: [1], minSuccess: 5, maxKeys: 4, tasks: { x: ok } } },
      },
      [
        "bad-value @ tasks/a/forEach/minSuccess: minSuccess of fan-out 'a' must be a share below " +
          '1 or a whole number of keys, not 1.5',
        "bad-value @ tasks/b/forEach/minSuccess: minSuccess of fan-out 'b' is 5, but at most 4 " +
          'keys are allowed',
      ],
    ],
  ]);
});

describe('the shape of the file', () => {
  test.each<readonly [string, unknown, readonly string[]]>([
    ['nothing', null, ['bad-value @ : the DAG must be a mapping of keys to values, not empty']],
    ['a list', [], ['bad-value @ : the DAG must be a mapping of keys to values, not a list']],
    [
      'no keys',
      {},
      ["missing-key @ : the DAG lacks the key 'id'", "missing-key @ : the DAG lacks the key 'tasks'"],
    ],
    ['no tasks', { id: 'd', tasks: {} }, ["bad-value @ tasks: 'tasks' of the DAG must not be empty"]],
    [
      'misspelt keys on every level',
      {
        id: 'd',
        shedule: '@daily',
        tasks: {
          a: { run: 'x', retrys: 3 },
          g: { group: { default: {}, tasks: { b: { run: 'x', timout: 3 } } } },
          f: { forEach: { over: [1], after: ['a'], tasks: { c: { run: 'x' } } } },
        },
      },
      [
        "unknown-key @ shedule#: unknown key 'shedule' in the DAG (did you mean 'schedule'?)",
        "unknown-key @ tasks/a/retrys#: unknown key 'retrys' in task 'a' (did you mean 'retries'?)",
        "unknown-key @ tasks/g/group/default#: unknown key 'default' in 'group' of group 'g' " +
          "(did you mean 'defaults'?)",
        "unknown-key @ tasks/g/group/tasks/b/timout#: unknown key 'timout' in task 'g.b' (did " +
          "you mean 'timeout'?)",
        "unknown-key @ tasks/f/forEach/after#: unknown key 'after' in 'forEach' of fan-out 'f' " +
          "(it stands beside 'forEach')",
      ],
    ],
    [
      'ids',
      { id: 'my dag', tasks: { 'a b': { run: 'x' }, '9': { run: 'x' }, 'a.b': { run: 'x' } } },
      [
        "bad-id @ id: 'id' of the DAG: 'my dag' is not a valid id: letters, digits, _ and -, " +
          "beginning with a letter or _, at most 128 characters (write 'my_dag')",
        "bad-id @ tasks/9#: '9' is not a valid id: letters, digits, _ and -, beginning with a " +
          "letter or _, at most 128 characters (write '_9')",
        "bad-id @ tasks/a b#: 'a b' is not a valid id: letters, digits, _ and -, beginning with " +
          "a letter or _, at most 128 characters (write 'a_b')",
        "bad-id @ tasks/a.b#: 'a.b' is not a valid id: letters, digits, _ and -, beginning with " +
          "a letter or _, at most 128 characters (write 'a_b')",
      ],
    ],
    [
      'not JSON',
      { id: 'd', tasks: { a: { uses: './a.ts#b', with: { at: new Date(0) } } } },
      ["not-json @ tasks/a/with/at: 'tasks.a.with.at' is a Date, not JSON"],
    ],
    [
      'a hole in a list',
      { id: 'd', tasks: { a: { run: 'x', after: new Array(1) } } },
      ["not-json @ tasks/a/after/0: 'tasks.a.after.0' is undefined, not JSON"],
    ],
    [
      'infinite',
      { id: 'd', tasks: { a: { run: 'x', timeout: Number.NaN } } },
      ["not-json @ tasks/a/timeout: 'tasks.a.timeout' is NaN, which JSON cannot carry"],
    ],
  ])('%s', (_, author, expected) => expect(mistakes(author)).toEqual(expected));

  test('everything else of a task with a mistake is still checked', () => {
    expect(mistakesOf({ a: { run: 'x', timeout: '5 minutes', needs: ['b'], retrys: 1 } })).toEqual([
      "unknown-key @ tasks/a/retrys#: unknown key 'retrys' in task 'a' (did you mean 'retries'?)",
      "bad-duration @ tasks/a/timeout: 'timeout' of task 'a': '5 minutes' is not a duration " +
        '(write 250ms, 90s, 5m, 2h, 1d or combinations from large to small such as 1h30m)',
      "unknown-task @ tasks/a/needs/0: task 'a' refers to 'b': there is no task 'b' (there is: a)",
    ]);
  });

  test('circles and great depth are refused without overflow', () => {
    const circle: { [key: string]: unknown } = {};
    circle.self = circle;
    expect(mistakesOf({ a: { uses: './a.ts#b', with: circle } })[0]).toMatch(
      /nested more than 100 levels deep$/,
    );
    let deep: object = { run: 'x' };
    for (let level = 0; level < 22; level++) deep = { group: { tasks: { g: deep } } };
    expect(mistakesOf({ g: deep })[0]).toMatch(/^too-deep @ .*more than 20 levels deep$/);
    const deeper = JSON.parse(`${'{"g":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as object;
    expect(mistakesOf({ a: deeper })[0]).toMatch(/nested more than 100 levels deep$/);
  });

  test('at most a hundred mistakes are listed, the others counted', () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 250 }, (_, at) => [`t${at}`, { run: 'x', after: ['nope'] }]),
    );
    const found = mistakesOf(tasks);
    expect(found).toHaveLength(101);
    expect(found.at(-1)).toBe('more-mistakes @ undefined: 150 more mistakes are not shown');
  });
});

describe('hooks', () => {
  table([
    [
      'of moments that never come',
      {
        a: ok,
        join: { after: ['a'], onStart: ok, onRetry: ok, onSuccess: ok },
        ask: { approval: { title: 'Go?', options: ['yes', 'no'] }, onStart: [ok], onRetry: ok },
      },
      [
        "hook-in-vain @ tasks/join/onStart#: onStart of task 'join' would never run: " +
          'the task starts no attempts',
        "hook-in-vain @ tasks/join/onRetry#: onRetry of task 'join' would never run: " +
          'the task starts no attempts',
        "hook-in-vain @ tasks/ask/onStart#: onStart of task 'ask' would never run: " +
          'the task starts no attempts',
      ],
    ],
    [
      'that do nothing, two things, or name a function that is not there',
      {
        a: {
          ...ok,
          onSuccess: {},
          onFailure: [ok, { run: 'x', uses: './x.ts#x' }],
          onSkip: { uses: '#b@onSkip' },
        },
      },
      [
        "no-action @ tasks/a/onSuccess: onSuccess of task 'a' does nothing (give it 'uses' or 'run')",
        "several-actions @ tasks/a/onFailure/1/run#: onFailure of task 'a' has 'uses' and 'run': it can do " +
          'one thing (make two tasks of it, one needing the other)',
        "bad-uses @ tasks/a/onSkip/uses: '#b@onSkip' names an inline function, which only TypeScript files " +
          "have (write './file.ts#export')",
      ],
    ],
  ]);
});
