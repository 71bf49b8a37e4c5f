import { expect, test, vi } from 'vitest';
import { readRunView } from '../../core/store/read-run-view.ts';
import { taskInstance } from '../../server/views.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/keyed.yaml': `id: keyed
tasks:
  first: { run: 'true' }
  key:
    after: [first]
    forEach:
      over: [A, B, C]
      tasks:
        work: { run: 'test "$ORCH_KEY" != B' }
        in: { after: [work], forEach: { over: [x, y], tasks: { deep: { run: 'true' } } } }
  gate: { run: 'until [ -e open ]; do sleep 0.02; done' }
`,
};

/** Compares what the API says of a run with a whole read of it. */
async function compare(api: Served, runId: string): Promise<void> {
  const { store } = api.services;
  const [run] = await store.runsByUid(runId);
  const view = await readRunView(store, run?.runNo as never);
  if (view === null) throw new Error('the run is gone');
  const { total, completed, progress, counts } = view;
  const detail = await api.get(`/api/v1/runs/${runId}`);
  expect(detail.body).toMatchObject({ state: view.run.state, total, completed, progress });
  expect(detail.body['counts']).toEqual(counts);
  const all = view.tasks.map((task) => JSON.parse(JSON.stringify(taskInstance(view.run.runNo, task))));
  const list = `/api/v1/runs/${runId}/task-instances`;
  expect((await api.get(list)).body).toEqual({ items: all, nextCursor: null });
  const paged: unknown[] = [];
  for (let cursor: unknown = ''; cursor !== null; ) {
    const { body } = await api.get(`${list}?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    paged.push(...(body['items'] as unknown[]));
    cursor = body['nextCursor'];
  }
  expect(paged).toEqual(all);
  for (const state of ['none', 'success', 'failed', 'not_selected', 'upstream_failed'])
    expect((await api.get(`${list}?state=${state}`)).body['items'], state).toEqual(
      all.filter((one) => one.state === state),
    );
  for (const task of ['key.work', 'key[B].work', 'nothing'])
    expect((await api.get(`${list}?task=${task}`)).body['items'], task).toEqual(
      all.filter((one) => one.taskId === task || one.name === task),
    );
  for (const one of all)
    expect((await api.get(`/api/v1/task-instances/${one.taskInstanceId}`)).body).toEqual(one);
  expect((await api.get(`/api/v1/task-instances/${run?.runNo}.9999`)).status).toBe(404);
}

test('runs and task instances are as a whole read of the run has them, and none is read whole', async () => {
  await using api = await serve(FILES);
  const { store } = api.services;
  const { body } = await api.post('/api/v1/dags/keyed/runs');
  const runId = String(body['runId']);
  await api.until(`/api/v1/runs/${runId}`, ({ counts }) => (counts as { failed?: number }).failed === 1);
  await api.until(`/api/v1/runs/${runId}`, ({ total, completed }) => Number(completed) === Number(total) - 1);
  await compare(api, runId);
  api.project.write({ open: '' });
  await api.until(`/api/v1/runs/${runId}`, ({ state }) => state === 'failed');
  await compare(api, runId);
  const part = await api.orch.run('keyed', { scope: { keys: ['A'], until: ['key.work'] } });
  await compare(api, part.run.uid);

  const load = vi.spyOn(store, 'loadRun');
  const instances = vi.spyOn(store.overview, 'instances');
  const counted = vi.spyOn(store.overview, 'stateCounts');
  await api.get(`/api/v1/runs/${runId}`);
  expect(counted).not.toHaveBeenCalled();
  await api.get(`/api/v1/runs/${runId}/task-instances?limit=2`);
  await api.get(`/api/v1/task-instances/${part.run.runNo}.0`);
  expect(load).not.toHaveBeenCalled();
  expect(instances.mock.calls.map(([, nodes]) => nodes.length)).toEqual([2, 1]);
});
