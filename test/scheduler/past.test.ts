import { expect, test } from 'vitest';
import { isRunFinished } from '../../core/model/states.ts';
import { why } from '../../core/scheduler/why.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import { seen } from './seen.ts';
import { tempProject } from './temp-project.ts';

const NO_TASKS = { tasks: [], upstream: false, downstream: false };

test('a scheduler holds a task back until its past is mended, and says why', async () => {
  await using project = tempProject({
    'dags/t.yaml': [
      'id: t',
      "schedule: '* * * * * *'",
      'maxActiveRuns: 2',
      'tasks:',
      "  a: { run: 'test -e ok', dependsOnPast: true }",
      "  b: { run: 'true' }",
      '',
    ].join('\n'),
  });
  await using orch = await project.open({ schedules: true });
  const { store } = orch.project;
  const runs = async () => [...(await store.runs({ dagId: 't' }))].reverse();
  const [first] = await seen(orch.project, async () => {
    const [one, other] = await runs();
    return one !== undefined && other !== undefined && isRunFinished(one.state) && [one, other];
  });
  expect(first?.state).toBe('failed');
  const second = await seen(orch.project, async () => {
    const [, other] = await runs();
    const view = other === undefined ? null : await readRunView(store, other.runNo);
    return view?.tasks.find(({ name }) => name === 'b')?.state === 'success' && view;
  });
  const waiting = second.tasks.find(({ name }) => name === 'a');
  expect(waiting?.state).toBe('none');
  const { because, checks } = await why(orch.project, second.run.runNo, waiting?.nodeNo as never);
  expect(because).toMatchObject({ code: 'past_bad', run: first?.uid, task: 'a', state: 'failed' });
  expect(checks.map(({ name, ok }) => [name, ok])).toEqual([
    ['run', true],
    ['upstreams', true],
    ['past', false],
  ]);
  // Nothing but the mending of the first run lets the second go on.
  project.write({ ok: '' });
  const answer = await orch.session.ask({
    type: 'retry',
    runUid: first?.uid ?? '',
    by: 'ann',
    select: 'failed',
    ...NO_TASKS,
  });
  expect(answer.ok).toBe(true);
  await seen(orch.project, async () => (await store.runs({ dagId: 't', states: ['success'] })).length >= 3);
  const states = (await runs()).filter(({ state }) => isRunFinished(state)).map(({ state }) => state);
  expect(new Set(states)).toEqual(new Set(['success']));
  expect(await store.checkIntegrity()).toEqual([]);
});

test('a scheduler that takes over reads what unfinished runs look at', async () => {
  await using project = tempProject({
    'dags/t.yaml': [
      'id: t',
      "schedule: '* * * * * *'",
      'maxActiveRuns: 2',
      'tasks:',
      "  a: { run: 'test -e ok', waitForDownstream: true }",
      "  b: { run: 'true', after: [a] }",
      '',
    ].join('\n'),
  });
  let failed = '';
  {
    await using orch = await project.open({ schedules: true });
    const { store } = orch.project;
    failed = await seen(orch.project, async () => {
      const runs = await store.runs({ dagId: 't' });
      return runs.length >= 2 && runs.find(({ state }) => state === 'failed')?.uid;
    });
  }
  project.write({ ok: '' });
  await using orch = await project.open({ schedules: true });
  const { store } = orch.project;
  const [run] = await store.runsByUid(failed);
  const request = { type: 'markTask', runUid: failed, by: 'ann', instance: 'a', state: 'success' } as const;
  expect((await orch.session.ask(request)).ok).toBe(true);
  await seen(orch.project, async () => (await store.run(run?.runNo as never))?.state === 'success');
  await seen(orch.project, async () => (await store.runs({ dagId: 't', states: ['success'] })).length >= 3);
});
