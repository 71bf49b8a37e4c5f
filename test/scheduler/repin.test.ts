import { expect, test } from 'vitest';
import type { Request } from '../../core/model/request.ts';
import { outputsOf, statesOf, tempProject } from './temp-project.ts';

const DAG = `id: work
tasks:
  quick: { uses: "./work/quick.ts#quick" }
  slow: { uses: "./work/slow.ts#slow", after: [quick] }
`;
const FILES = {
  'dags/work.yaml': DAG,
  'dags/work/quick.ts': "export const quick = () => 'old';",
  'dags/work/slow.ts': 'export const slow = () => new Promise(() => {});',
};
const MENDED = {
  'dags/work/quick.ts': "export const quick = () => 'new';",
  'dags/work/slow.ts': "export const slow = () => 'new';",
};
const retryOf = (runUid: string, more: object = {}): Request => ({
  type: 'retry',
  runUid,
  by: 'a test',
  select: 'tasks',
  tasks: ['slow'],
  upstream: false,
  downstream: false,
  latest: true,
  ...more,
});

test('a run that is under way keeps its version; taken over by its retry it moves with it', async () => {
  await using project = tempProject(FILES);
  let uid = '';
  {
    await using orch = await project.open();
    const runNo = await orch.trigger('work');
    for await (const update of orch.session.watch(runNo))
      if (update.type === 'change' && update.instance?.name === 'slow') break;
    uid = (await orch.project.store.run(runNo))?.uid ?? '';
    project.write(MENDED);
    const refused = await orch.session.ask(retryOf(uid));
    expect(refused).toMatchObject({
      ok: false,
      code: 'conflict',
      message: expect.stringContaining('under way'),
    });
    const taken = { type: 'adopt', runUid: uid, takeOver: { by: 'a test', latest: true } } as const;
    expect(await orch.session.ask(taken)).toMatchObject({ ok: false, code: 'conflict' });
    expect(await orch.project.store.run(runNo)).toMatchObject({ state: 'running', versionNo: 1 });
  }
  await using orch = await project.open();
  expect(await orch.session.ask(retryOf(uid))).toMatchObject({ ok: true, value: { instances: ['slow'] } });
  const [run] = await orch.project.store.runsByUid(uid);
  if (!run) throw new Error('no run');
  const view = await orch.finish(run.runNo);
  expect([view.run.state, view.run.versionNo, statesOf(view)]).toEqual([
    'success',
    2,
    { quick: 'success', slow: 'success' },
  ]);
  expect(outputsOf(view)).toEqual({ quick: 'old', slow: 'new' });
  const lines = await orch.project.store.journal({ runNo: run.runNo });
  expect(lines.map(({ because }) => because.text)).toContain('Moved from version 1 to version 2 by a test.');
  expect(await orch.project.store.checkIntegrity()).toEqual([]);
});

test('a run that was being ended is not moved', async () => {
  await using project = tempProject({ ...FILES, 'dags/work.yaml': `${DAG}defaults: { killGrace: 1h }\n` });
  let uid = '';
  {
    await using orch = await project.open();
    const runNo = await orch.trigger('work');
    for await (const update of orch.session.watch(runNo))
      if (update.type === 'change' && update.instance?.name === 'slow') break;
    uid = (await orch.project.store.run(runNo))?.uid ?? '';
    await orch.session.ask({ type: 'cancel', runUid: uid, by: 'a test' });
  }
  project.write(MENDED);
  await using orch = await project.open();
  const [run] = await orch.project.store.runsByUid(uid);
  expect(run).toMatchObject({ state: 'running', because: { code: 'cancelled_by_user' } });
  expect(await orch.session.ask(retryOf(uid))).toMatchObject({
    ok: false,
    code: 'conflict',
    message: expect.stringContaining('was being ended'),
  });
});
