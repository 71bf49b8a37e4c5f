import { dag } from 'orch';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../core/authoring/canonical.ts';
import { compileDag } from '../../../core/authoring/compile.ts';
import { mistakesOf, specOf } from './compiled.ts';

const ok = { run: 'true' };

test('a task type is marked in the graph; what is none is not', () => {
  expect(specOf({ a: ok }, { taskType: true })).toMatchObject({ taskType: true });
  expect(specOf({ a: ok }, { taskType: false })).not.toHaveProperty('taskType');
});

test('it has one task that runs something, and no schedule', () => {
  const type = { taskType: true };
  const one =
    'task-type @ tasks#: a task type has exactly one task, which stands directly under its tasks ' +
    "(leave 'taskType' out)";
  expect(mistakesOf({ a: ok, b: ok }, type)).toEqual([one]);
  expect(mistakesOf({ g: { group: { tasks: { a: ok } } } }, type)).toEqual([one]);
  expect(mistakesOf({ f: { forEach: { over: [1], tasks: { a: ok } } } }, type)).toEqual([one]);
  expect(mistakesOf({ a: ok }, { ...type, schedule: '0 6 * * *' })).toEqual([
    "task-type @ schedule#: a task type has no schedule: its runs are asked for (leave 'schedule' out, " +
      "or 'taskType')",
  ]);
  expect(mistakesOf({ a: { approval: { title: 'ok?', options: ['yes'] } } }, type)).toEqual([
    "task-type @ tasks/a: task 'a' of a task type runs something: it has 'uses' or 'run'",
  ]);
});

test('TypeScript and YAML give the same graph', () => {
  const built = dag({ id: 'd', taskType: true }, (d) => {
    d.task('a', { run: 'true' });
  });
  const { spec } = compileDag(built.author, { locate: () => null });
  expect(canonicalJson(spec)).toBe(canonicalJson(specOf({ a: ok }, { taskType: true })));
});
