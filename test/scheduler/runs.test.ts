import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outputsOf, statesOf, tempProject, triggerRequest } from './temp-project.ts';

const SQUARES = `
import { dag, FatalError, Type } from 'orch';
const params = Type.Object({ n: Type.Number({ default: 3 }), broken: Type.String({ default: '' }) });
export default dag({ id: 'squares', params }, (d) => {
  const list = d.task('list', (_, ctx) =>
    Array.from({ length: ctx.params.n }, (_, i) => ({ id: 'k' + i, value: i })));
  const each = d.forEach('each', { over: list, key: (item) => item.id }, (g, item) => {
    const square = g.task('square', { needs: { item } }, ({ item }, ctx) => {
      if (ctx.key === ctx.params.broken) throw new FatalError('broken on request');
      return item.value * item.value;
    });
    return g.task('half', { needs: { square } }, ({ square }) => square / 2);
  });
  d.task('sum', { needs: { each }, triggerRule: 'all_done' }, ({ each }) =>
    each.reduce((sum, one) => sum + (one.state === 'success' ? one.value : 0), 0));
});
`;

const STEPS = `
id: steps
tasks:
  one: { run: 'echo "n=1" >> "$ORCH_OUTPUT"' }
  two:
    run: 'echo "n=$((1 + 1)) from $(echo "$ONE")" > two.txt; echo "n=2" >> "$ORCH_OUTPUT"'
    needs: { ONE: one }
    stage: middle
  three: { run: 'echo "$TWO" > three.txt', needs: { TWO: two } }
`;

describe('a run from files to outputs', () => {
  test('functions: outputs flow, a fan-out takes its keys from an upstream', async () => {
    await using project = tempProject({ 'dags/squares.ts': SQUARES });
    await using orch = await project.open();
    const view = await orch.run('squares', { params: { n: 4 } });
    expect(view.run.state).toBe('success');
    expect(outputsOf(view)).toMatchObject({ 'each[k3].half': 4.5, sum: 7 });
    expect(view).toMatchObject({ total: 10, completed: 10, progress: 1, counts: { success: 10 } });
  });

  test('a broken key fails alone, and a retry mends it', async () => {
    await using project = tempProject({ 'dags/squares.ts': SQUARES });
    await using orch = await project.open();
    const failed = await orch.run('squares', { params: { broken: 'k1' } });
    expect(statesOf(failed)).toMatchObject({
      'each[k0].half': 'success',
      'each[k1].square': 'failed',
      'each[k1].half': 'upstream_failed',
      'each[k2].half': 'success',
    });
    expect(outputsOf(failed)).toMatchObject({ sum: 2 });
    const task = failed.tasks.find((one) => one.name === 'each[k1].square');
    expect(task).toMatchObject({
      reason: 'error',
      attempts: 1,
      error: { name: 'FatalError', message: 'broken on request' },
    });
  });

  test('commands: values arrive as environment variables and leave through $ORCH_OUTPUT', async () => {
    await using project = tempProject({ 'dags/steps.yaml': STEPS });
    await using orch = await project.open();
    const view = await orch.run('steps');
    expect(view.run.state).toBe('success');
    expect(readFileSync(join(project.dir, 'two.txt'), 'utf8')).toBe('n=2 from {"n":"1"}\n');
    expect(readFileSync(join(project.dir, 'three.txt'), 'utf8')).toBe('{"n":"2"}\n');
  });

  test('until a stage does that much only; from it later takes the outputs of before', async () => {
    await using project = tempProject({ 'dags/steps.yaml': STEPS });
    await using orch = await project.open();
    const until = await orch.run('steps', { scope: { until: ['middle'] } });
    expect(statesOf(until)).toEqual({ one: 'success', two: 'success', three: 'not_selected' });
    expect(existsSync(join(project.dir, 'three.txt'))).toBe(false);
    const from = await orch.run('steps', { scope: { from: ['three'] } });
    expect(statesOf(from)).toEqual({ one: 'not_selected', two: 'not_selected', three: 'success' });
    expect(readFileSync(join(project.dir, 'three.txt'), 'utf8')).toBe('{"n":"2"}\n');
  });

  test('an input from outside the scope that never existed fails the task, with the reason', async () => {
    await using project = tempProject({ 'dags/steps.yaml': STEPS });
    await using orch = await project.open();
    const view = await orch.run('steps', { scope: { only: ['three'] } });
    expect(view.run.state).toBe('failed');
    const three = view.tasks.find((task) => task.taskId === 'three');
    expect(three?.because?.text).toContain('two is outside the scope and did not succeed in an earlier run');
  });

  test('a part of a fan-out whose keys an earlier run gave', async () => {
    await using project = tempProject({ 'dags/squares.ts': SQUARES });
    await using orch = await project.open();
    await orch.run('squares', { params: { n: 2 } });
    const only = await orch.run('squares', { scope: { only: ['each.half'], keys: ['k1'] } });
    expect(statesOf(only)).toMatchObject({ list: 'not_selected', 'each[k0].half': 'not_selected' });
    expect(outputsOf(only)).toEqual({ 'each[k1].half': 0.5 });
  });

  test('a scope, params or DAG that do not fit are refused and leave no run', async () => {
    await using project = tempProject({ 'dags/steps.yaml': STEPS, 'dags/squares.ts': SQUARES });
    await using orch = await project.open();
    const refused = [
      await orch.session.ask(triggerRequest('stepz')),
      await orch.session.ask(triggerRequest('steps', { scope: { until: ['tow'] } })),
      await orch.session.ask(triggerRequest('squares', { params: { n: 'many' } })),
      await orch.session.ask(triggerRequest('squares', { params: { m: 1 } })),
    ];
    expect(refused.map((answer) => (answer.ok ? 'ok' : answer.code))).toEqual([
      'not_found',
      'not_found',
      'invalid',
      'invalid',
    ]);
    expect(await orch.project.store.runs({})).toEqual([]);
  });

  test('asking twice with one run id gives one run', async () => {
    await using project = tempProject({ 'dags/steps.yaml': STEPS });
    await using orch = await project.open();
    const request = triggerRequest('steps');
    const answers = await Promise.all([orch.session.ask(request), orch.session.ask(request)]);
    expect(answers[0]).toEqual(answers[1]);
    expect(await orch.project.store.runs({})).toHaveLength(1);
  });
});

test('keys that are too many for a row of the database come from a file', async () => {
  await using project = tempProject({
    'dags/wide.ts': `import { dag } from 'orch';
      export default dag({ id: 'wide' }, (d) => {
        const list = d.task('list', () =>
          Array.from({ length: 400 }, (_, i) => ({ id: 'k' + i, text: 'x'.repeat(1000) })));
        const each = d.forEach('each', { over: list, key: (item) => item.id }, (g, item) =>
          g.task('length', { needs: { item } }, ({ item }) => item.text.length));
        d.task('sum', { needs: { each } }, ({ each }) => each.reduce((sum, one) => sum + one.value, 0));
      });`,
  });
  await using orch = await project.open();
  const view = await orch.run('wide');
  expect(view.tasks.find((task) => task.taskId === 'list')?.output).toMatchObject({
    sha256: expect.any(String),
  });
  expect(outputsOf(view)).toMatchObject({ sum: 400_000 });
});

describe('a change of the files', () => {
  test('makes a new version; a run stays with the version it began with', async () => {
    await using project = tempProject({
      'dags/v.ts': `import { dag } from 'orch';
        import { answer } from './v/answer.ts';
        export default dag({ id: 'v' }, (d) => { d.task('a', () => answer); });`,
      'dags/v/answer.ts': 'export const answer = 1;',
    });
    await using orch = await project.open();
    const first = await orch.run('v');
    project.write({ 'dags/v/answer.ts': 'export const answer = 2;' });
    const second = await orch.run('v');
    const third = await orch.run('v');
    expect([first, second, third].map((view) => outputsOf(view)['a'])).toEqual([1, 2, 2]);
    expect(first.version.graphHash).toBe(second.version.graphHash);
    expect(second.version.versionNo).toBe(third.version.versionNo);
    expect(first.version.versionNo).not.toBe(second.version.versionNo);
  });

  test('a file with a mistake refuses a trigger with its place', async () => {
    await using project = tempProject({
      'dags/bad.yaml': 'id: bad\ntasks:\n  a: { run: "true", after: [b] }\n',
    });
    await using orch = await project.open();
    const answer = await orch.session.ask(triggerRequest('bad'));
    expect(answer).toMatchObject({ ok: false, code: 'invalid' });
    expect((answer as { message: string }).message).toMatch(/dags\/bad\.yaml:3:\d+/);
  });
});

test.each([
  [
    'fields that have no task in common',
    { until: ['one'], from: ['three'] },
    'is in --until one --from three',
  ],
  ['a field without names', { only: [] }, 'is in --only without a name'],
  ['no keys', { keys: [] }, 'No key is named'],
])('a scope without a task starts no run, whoever asks: %s', async (_, scope, message) => {
  await using project = tempProject({ 'dags/steps.yaml': STEPS });
  await using orch = await project.open();
  const answer = await orch.session.ask(triggerRequest('steps', { scope }));
  expect(answer).toMatchObject({ ok: false, code: 'invalid', message: expect.stringContaining(message) });
  expect(await orch.project.store.runs({})).toEqual([]);
});
