import { describe, expect, test } from 'vitest';
import type { RunNo } from '../../core/model/ids.ts';
import type { Request } from '../../core/model/request.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import { type Opened, outputsOf, statesOf, tempProject } from './temp-project.ts';

const IMPORTS = `import { dag } from 'orch';
import { flaky, quick, sleepy, stubborn } from './work/body.ts';`;

const WORK = {
  'dags/work.ts': `${IMPORTS}
export default dag({ id: 'work', defaults: { killGrace: '200ms' } }, (d) => {
  const first = d.task('first', quick);
  const slow = d.task('slow', { after: [first] }, sleepy);
  d.task('stubborn', { after: [first] }, stubborn);
  d.task('last', { after: [slow] }, quick);
});
`,
  'dags/critical.ts': `${IMPORTS}
export default dag({ id: 'critical', defaults: { killGrace: '200ms' } }, (d) => {
  const setup = d.task('setup', quick);
  d.task('vital', { critical: true, after: [setup] }, flaky);
  const other = d.task('other', sleepy);
  d.task('after', { after: [other, setup] }, quick);
  d.task('tidy_up', { teardown: true, setups: [setup] }, quick);
});
`,
  'dags/retried.ts': `${IMPORTS}
export default dag({ id: 'retried' }, (d) => {
  const once = d.task('once', { retries: { max: 2, delay: '10ms' } }, flaky);
  d.task('next', { needs: { once } }, ({ once }) => once);
});
`,
  'dags/timed.ts': `${IMPORTS}
export default dag({ id: 'timed', defaults: { killGrace: '100ms' } }, (d) => {
  d.task('blocked', { timeout: '300ms' }, stubborn);
  d.task('neighbour', quick);
});
`,
  'dags/work/body.ts': `
import { existsSync, writeFileSync } from 'node:fs';
export const quick = () => 'done';
export const sleepy = (_, { signal }) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, 60_000);
  signal.addEventListener('abort', () => { clearTimeout(timer); reject(new Error('told to stop')); });
});
export const stubborn = () => { for (;;); };
export const flaky = (_, ctx) => {
  const file = ctx.projectDir + '/flaky.done';
  if (existsSync(file)) return 'at last';
  if (ctx.attempt > 1) writeFileSync(file, '');
  throw new Error('not yet');
};
`,
};

/** Follows a run until something has happened in it. */
async function until(orch: Opened, runNo: RunNo, happened: (update: RunUpdate) => boolean): Promise<void> {
  for await (const update of orch.session.watch(runNo)) if (happened(update)) return;
}

const isRunning = (name: string) => (update: RunUpdate) =>
  update.type === 'change' && update.instance?.name === name && update.record.to === 'running';

async function ask(orch: Opened, request: Request) {
  const answer = await orch.session.ask(request);
  if (!answer.ok) throw new Error(answer.message);
}

describe('cancel', () => {
  test('ends what runs, blocked loops included, and what has not started', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const runNo = await orch.trigger('work');
    await until(orch, runNo, isRunning('stubborn'));
    const run = await orch.project.store.run(runNo);
    await ask(orch, { type: 'cancel', runUid: run?.uid ?? '', by: 'a test' });
    const view = await orch.finish(runNo);
    expect(view.run.state).toBe('cancelled');
    expect(statesOf(view)).toEqual({
      first: 'success',
      slow: 'cancelled',
      stubborn: 'cancelled',
      last: 'cancelled',
    });
    expect(view.tasks.find((task) => task.name === 'last')).toMatchObject({
      reason: 'user',
      because: { code: 'cancelled_by_user', text: 'Cancelled by a test.' },
    });
  });

  test('a finished run is not cancelled again', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const view = await orch.run('timed');
    const answer = await orch.session.ask({ type: 'cancel', runUid: view.run.uid, by: 'a test' });
    expect(answer).toMatchObject({ ok: false, code: 'conflict' });
  });
});

describe('failures', () => {
  test('a critical task that fails aborts the run; teardown still runs', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const view = await orch.run('critical');
    expect(view.run).toMatchObject({ state: 'failed', because: { code: 'critical_failed' } });
    expect(statesOf(view)).toMatchObject({
      vital: 'failed',
      other: 'cancelled',
      after: 'cancelled',
      tidy_up: 'success',
    });
    expect(view.tasks.find((task) => task.name === 'other')?.reason).toBe('critical');
  });

  test('retries follow one another until one succeeds', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const view = await orch.run('retried');
    expect(outputsOf(view)).toMatchObject({ next: 'at last' });
    const once = view.tasks.find((task) => task.name === 'once');
    expect(once).toMatchObject({ state: 'success', attempts: 3 });
    const past = await orch.project.store.attempts(view.run.runNo, once?.nodeNo as never);
    expect(past.map((attempt) => [attempt.tryNo, attempt.error?.message])).toEqual([
      [1, 'not yet'],
      [2, 'not yet'],
    ]);
  });

  test('a task that blocks its event loop is ended by its timeout, its neighbour is not hurt', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const view = await orch.run('timed');
    expect(statesOf(view)).toEqual({ blocked: 'failed', neighbour: 'success' });
    expect(view.tasks.find((task) => task.name === 'blocked')).toMatchObject({ reason: 'timeout' });
  });
});

describe('mending a run', () => {
  test('a retry of one task adds an attempt to it and leaves the others as they are', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const failed = await orch.run('critical');
    project.write({ 'flaky.done': '' });
    const { uid, runNo } = failed.run;
    const request = { type: 'retry', runUid: uid, by: 'a test', select: 'tasks', tasks: ['vital'] } as const;
    await ask(orch, { ...request, upstream: false, downstream: false });
    const view = await orch.finish(runNo);
    expect(view.tasks.find((task) => task.name === 'vital')).toMatchObject({ state: 'success', attempts: 2 });
    expect(statesOf(view)).toMatchObject({ other: 'cancelled', after: 'cancelled', tidy_up: 'success' });
  });

  test('a task marked success lets the run end well', async () => {
    await using project = tempProject(WORK);
    await using orch = await project.open();
    const failed = await orch.run('timed');
    expect(failed.run.state).toBe('failed');
    const { uid, runNo } = failed.run;
    await ask(orch, { type: 'markTask', runUid: uid, by: 'a test', instance: 'blocked', state: 'success' });
    const view = await orch.finish(runNo);
    expect(view.run.state).toBe('success');
    expect(statesOf(view)).toEqual({ blocked: 'success', neighbour: 'success' });
  });
});
