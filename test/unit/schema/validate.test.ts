import { describe, expect, test } from 'vitest';
import { checkDagSpec } from '../../../core/schema/check-dag-spec.ts';
import { ANY_TASKS_SCHEMA, dagSchema } from '../../../core/schema/dag-file.schema.ts';
import { pointer } from '../../../core/schema/schema-problem.ts';
import { TASK_SCHEMA } from '../../../core/schema/task.schema.ts';
import { makeValidator, type Validator } from '../../../core/schema/validate.ts';

const validators = { task: makeValidator(TASK_SCHEMA), dag: makeValidator(dagSchema(ANY_TASKS_SCHEMA)) };

function problems(validate: Validator, value: unknown): string[] {
  return validate(value, "task 'a'").map(
    ({ rule, path, at, message, hint }) =>
      `${rule} ${pointer(path)}${at === 'key' ? '#' : ''} ${message}${hint ? ` (${hint})` : ''}`,
  );
}

describe('sentences', () => {
  test.each<readonly [unknown, readonly string[]]>([
    [{ run: 'x' }, []],
    [{ retrys: 3 }, ["unknown-key /retrys# unknown key 'retrys' in task 'a' (did you mean 'retries'?)"]],
    [
      { trigger_rule: 'all_done' },
      ["unknown-key /trigger_rule# unknown key 'trigger_rule' in task 'a' (did you mean 'triggerRule'?)"],
    ],
    [
      { depends_on: ['b'] },
      ["unknown-key /depends_on# unknown key 'depends_on' in task 'a' (did you mean 'needs'?)"],
    ],
    [
      { retries: 'x' },
      [
        "bad-value /retries 'retries' of task 'a' must be a whole number or a mapping of keys to " +
          "values, not 'x'",
      ],
    ],
    [
      { retries: { max: 1, dealy: '1s' } },
      ["unknown-key /retries/dealy# unknown key 'dealy' in 'retries' of task 'a' (did you mean 'delay'?)"],
    ],
    [
      { retries: { maxx: 1 } },
      ["unknown-key /retries/maxx# unknown key 'maxx' in 'retries' of task 'a' (did you mean 'max'?)"],
    ],
    [{ retries: { delay: '1s' } }, ["missing-key /retries 'retries' of task 'a' lacks the key 'max'"]],
    [{ run: [] }, ["bad-value /run 'run' of task 'a' must not be empty"]],
    [{ run: ['a', 5] }, ["bad-value /run/1 'run[1]' of task 'a' must be a text, not 5"]],
    [{ choose: [{ when: 'a' }] }, ["missing-key /choose/0 'choose[0]' of task 'a' lacks the key 'value'"]],
    [
      { choose: [{ otherwise: 'a', value: 'b' }] },
      ["unknown-key /choose/0/value# unknown key 'value' in 'choose[0]' of task 'a' (known keys: otherwise)"],
    ],
    [
      { env: { 'a-b': '1', 0: '1', C: 3 } },
      [
        "bad-env-name /env/0# '0' is not a name of an environment variable: letters, digits and _ " +
          "(write '_0')",
        "bad-env-name /env/a-b# 'a-b' is not a name of an environment variable: letters, digits and _ " +
          "(write 'a_b')",
        "bad-value /env/C 'env.C' of task 'a' must be a text, not 3",
      ],
    ],
    [
      { priority: 'hihg' },
      [
        "bad-value /priority 'priority' of task 'a' must be one of low, normal, high, urgent, " +
          "not 'hihg' (did you mean 'high'?)",
      ],
    ],
    [
      { poolSlots: 0, memory: 1.5 },
      [
        "bad-value /memory 'memory' of task 'a' must be a whole number, not 1.5",
        "bad-value /poolSlots 'poolSlots' of task 'a' must be >= 1, not 0",
      ],
    ],
    [
      { bash_command: 'x', retry_delay: '5m' },
      [
        "unknown-key /bash_command# unknown key 'bash_command' in task 'a' (did you mean 'run'?)",
        "unknown-key /retry_delay# unknown key 'retry_delay' in task 'a' (did you mean 'retries'?)",
      ],
    ],
    [
      { needs: { b: null } },
      [
        "bad-value /needs/b 'needs.b' of task 'a' must be a text, not empty (write 'needs: [b]' for the " +
          "output of that task by its name, or 'b: <task>')",
      ],
    ],
    [
      { needs: 'b' },
      [
        "bad-value /needs 'needs' of task 'a' must be a mapping of keys to values or a list, not 'b' " +
          '(write [b])',
      ],
    ],
    [{ with: { 'a/b': 1, '~': 2 } }, []],
    [null, ["bad-value  task 'a' must be a mapping of keys to values, not empty"]],
  ])('%j', (value, expected) => expect(problems(validators.task, value).sort()).toEqual(expected.toSorted()));

  test('of several forms of a value the one that was meant is explained', () => {
    const dag = (schedule: unknown) => problems(validators.dag, { id: 'a', tasks: { t: {} }, schedule });
    expect(dag({ cron: 'x', intervall: true })).toEqual([
      "unknown-key /schedule/intervall# unknown key 'intervall' in 'schedule' of task 'a' (did " +
        "you mean 'interval'?)",
    ]);
    expect(dag(['@daily', { evry: '5m' }])).toEqual([
      "unknown-key /schedule/1/evry# unknown key 'evry' in 'schedule[1]' of task 'a' (did you mean 'every'?)",
    ]);
    expect(problems(validators.dag, { id: 'a', tasks: [{ id: 'x' }], params: { day: 'string' } })).toEqual([
      expect.stringContaining('(write { type: string })'),
      expect.stringContaining('(write each task behind its name: `load: { run: ./load.sh }`)'),
    ]);
    expect(dag({ every: '5 min' })).toEqual([
      expect.stringMatching(
        /^bad-duration \/schedule\/every 'schedule.every' of task 'a': '5 min' is not a duration/,
      ),
    ]);
    expect(dag(true)).toEqual([
      "bad-value /schedule 'schedule' of task 'a' must be a text or a mapping of keys to values " +
        'or a list, not true',
    ]);
  });

  test('a value with thousands of mistakes gives a bounded list', () => {
    const env = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`V${at}`, at]));
    expect(validators.task({ env }).length).toBe(100);
  });
});

describe('canonical graphs', () => {
  const task = { path: 'a', action: { kind: 'shell', run: 'true' } };

  test('are taken as they are', () => {
    const spec = { v: 1, id: 'd', tasks: [task] };
    const checked = checkDagSpec(spec);
    expect(checked.ok && checked.spec).toBe(spec);
  });

  test.each<readonly [unknown, string]>([
    [null, '/: '],
    [{ v: 2, id: 'd', tasks: [task] }, '/v: '],
    [{ v: 1, id: 'd', tasks: [{ path: 'a', action: { kind: 'shel' } }] }, '/tasks/0/action: '],
    [
      { v: 1, id: 'd', tasks: [{ path: 'a', action: { kind: 'shell' } }] },
      "/tasks/0/action: 'tasks[0].action' lacks the key 'run'",
    ],
    [{ v: 1, id: 'd', tasks: [{ ...task, retries: { max: 0 } }] }, '/tasks/0/retries/max: '],
    [{ v: 1, id: 'd', tasks: [{ ...task, extra: 1 }] }, "/tasks/0/extra: unknown key 'extra' in 'tasks[0]'"],
    [{ v: 1, id: 'd', tasks: [] }, '/tasks: '],
  ])('%j is refused', (value, message) => {
    const checked = checkDagSpec(value);
    expect(checked.ok ? 'taken' : checked.message.slice(0, message.length)).toBe(message);
  });
});
