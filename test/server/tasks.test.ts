import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { Grant } from '../../core/model/account.ts';
import { type Reply, type Served, serve } from './served.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const FILES = {
  'airflow.yaml': 'pools: { single: { slots: 1 } }\n',
  'dags/add.ts': `import { dag, Type } from 'orch';
const params = Type.Object({ a: Type.Number(), b: Type.Number({ default: 1 }) });
export default dag({ id: 'add', params, taskType: true, priority: 'low' }, (d) => {
  d.task('add', (_, ctx) => {
    ctx.progress(1, 2, 'adding');
    return ctx.params.a + ctx.params.b;
  });
});`,
  'dags/gate.yaml': `id: gate
taskType: true
params: { file: { type: string } }
tasks: { gate: { run: 'until [ -e "$FILE" ]; do sleep 0.02; done', env: { FILE: "\${{ params.file }}" },
  pool: single } }
`,
  'dags/bad.yaml': "id: bad\ntaskType: true\ntasks: { no: { run: 'echo sorry; exit 3' } }\n",
  'dags/count.ts': `import { dag } from 'orch';
export default dag({ id: 'count', taskType: true }, (d) => {
  d.task('count', async (_, ctx) => {
    if (ctx.lastCheckpoint !== null) return ctx.lastCheckpoint;
    ctx.checkpoint(7);
    ctx.progress(1, 2, 'kept');
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
    throw ctx.signal.reason;
  });
});`,
  'dags/plain.yaml': "id: plain\ntasks: { one: { run: 'true' } }\n",
};

type Item = Record<string, unknown>;
const items = ({ body }: Reply): Item[] => body['items'] as Item[];
const ids = (reply: Reply): unknown[] => items(reply).map(({ taskId }) => taskId);

describe('tasks over HTTP', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const create = async (order: object): Promise<string> => {
    const made = await api.post('/api/v1/tasks', order);
    expect(made).toMatchObject({ status: 201 });
    return String(made.body['taskId']);
  };
  const until = (taskId: string, state: string) =>
    api.until(`/api/v1/tasks/${taskId}`, (body) => body['state'] === state);
  const gate = (file: string, priority = 'normal') =>
    create({ type: 'gate', name: `gate ${file}`, params: { file }, priority });

  test('a task is made, waited for and read', async () => {
    const runId = randomUUID();
    const order = { type: 'add', name: 'two and one', params: { a: 2 }, runId };
    const made = await api.post('/api/v1/tasks', order);
    expect(made.body).toMatchObject({ taskId: runId, type: 'add', name: 'two and one', priority: 'low' });
    expect((await api.post('/api/v1/tasks', order)).body).toMatchObject({ taskId: runId });
    const result = await api.get(`/api/v1/tasks/${runId}/result?wait=20`);
    expect(result.body).toEqual({
      taskId: runId,
      state: 'success',
      error: null,
      result: 3,
      resultFile: null,
    });
    const { body } = await api.get(`/api/v1/tasks/${runId}`);
    expect(body).toMatchObject({
      state: 'success',
      progress: 100,
      currentStep: null,
      etaSeconds: null,
      params: { a: 2, b: 1 },
      result: 3,
      createdBy: expect.any(String),
      startedAt: expect.any(String),
      finishedAt: expect.any(String),
      attempts: 1,
    });
    const status = await api.get(`/api/v1/tasks/${runId}/status`);
    expect(status.body).toMatchObject({ taskId: runId, state: 'success', progress: 100 });
    const run = await api.get(`/api/v1/runs/${runId}`);
    expect(run.body).toMatchObject({ dagId: 'add', priority: 'low', trigger: 'api' });
  });

  test('what is no type, or does not fit its type, is refused', async () => {
    expect((await api.post('/api/v1/tasks', { type: 'nothing' })).status).toBe(404);
    const plain = await api.post('/api/v1/tasks', { type: 'plain' });
    expect(plain).toMatchObject({ status: 422, body: { detail: /DAG plain is no task type/ } });
    const missing = await api.post('/api/v1/tasks', { type: 'add' });
    expect(missing).toMatchObject({ status: 422, body: { detail: expect.stringContaining("'a'") } });
    expect((await api.post('/api/v1/tasks', { type: 'add', code: 'exit' })).status).toBe(400);
    expect((await api.post('/api/v1/tasks', { type: 'add', priority: 'top' })).status).toBe(400);
    const { run } = await api.orch.run('plain');
    expect((await api.get(`/api/v1/tasks/${run.uid}`)).status).toBe(404);
    const named = await api.services.ask({ ...wanted('plain'), name: 'x' });
    expect(named).toMatchObject({ ok: false, message: expect.stringContaining('no task type') });
  });

  test('several are taken or refused one by one', async () => {
    const tasks = [{ type: 'add', params: { a: 1 } }, { type: 'add' }, { type: 'none' }, { type: 'bad' }];
    const reply = await api.post('/api/v1/tasks/batch', { tasks }, { 'idempotency-key': 'batch' });
    expect(items(reply)).toMatchObject([
      { task: { type: 'add', name: 'add' }, error: null },
      { task: null, error: { status: 422, code: 'invalid', errors: [{ pointer: '/tasks/1/params' }] } },
      { task: null, error: { status: 404, code: 'not_found' } },
      { task: { type: 'bad' }, error: null },
    ]);
    const again = await api.post('/api/v1/tasks/batch', { tasks }, { 'idempotency-key': 'batch' });
    expect(again.body).toEqual(reply.body);
    const { task } = items(reply)[3] as { task: { taskId: string } };
    const { body } = await api.get(`/api/v1/tasks/${task.taskId}/result?wait=20`);
    expect(body).toMatchObject({ state: 'failed', result: null, error: { name: 'ExitCode' } });
  });

  test('the more urgent goes first, as long as it is queued its priority can change', async () => {
    const running = await gate('first');
    await until(running, 'running');
    const late = await api.send('PATCH', `/api/v1/tasks/${running}`, { priority: 'urgent' });
    expect(late).toMatchObject({ status: 409 });
    const low = await gate('b', 'low');
    const normal = await gate('c');
    const high = await gate('d', 'high');
    const raised = await api.send('PATCH', `/api/v1/tasks/${low}`, { priority: 'urgent' });
    expect(raised).toMatchObject({ status: 200, body: { priority: 'urgent', state: 'queued' } });
    const stats = await api.get('/api/v1/queue/stats');
    expect(stats.body).toMatchObject({
      queued: 3,
      running: 1,
      held: 0,
      queuedByPriority: { urgent: 1, high: 1, normal: 1, low: 0 },
      oldestQueuedAt: expect.any(String),
      types: [{ type: 'gate', queued: 3, running: 1 }],
    });
    api.project.write({ first: '', b: '', c: '', d: '' });
    for (const taskId of [low, high, normal]) await until(taskId, 'success');
    const order = await api.get('/api/v1/tasks?type=gate&sort=startedAt');
    expect(ids(order)).toEqual([running, low, high, normal]);
  });

  test('they are held, let go and cancelled, also together, and deleted when they have ended', async () => {
    const busy = await gate('busy');
    await until(busy, 'running');
    const one = await gate('one');
    const two = await gate('two');
    const held = await api.post(`/api/v1/tasks/${one}/pause`);
    expect(held.body).toMatchObject({ state: 'paused' });
    expect((await api.get('/api/v1/queue/stats')).body).toMatchObject({ held: 1, queued: 1 });
    expect((await api.post(`/api/v1/tasks/${one}/resume`)).body).toMatchObject({ state: 'queued' });
    expect((await api.send('DELETE', `/api/v1/tasks/${one}`)).status).toBe(409);
    const body = { action: 'cancel', filter: { type: ['gate'], state: ['queued'] } };
    const plan = await api.post('/api/v1/tasks/bulk?dryRun=true', body);
    expect(items(plan)).toMatchObject([
      { taskId: one, state: 'queued', applies: true },
      { taskId: two, state: 'queued', applies: true },
    ]);
    const { planHash } = plan.body;
    await api.post(`/api/v1/tasks/${two}/cancel`);
    expect((await api.post('/api/v1/tasks/bulk', { ...body, planHash })).status).toBe(409);
    expect(items(await api.post('/api/v1/tasks/bulk', body))).toEqual([{ taskId: one, error: null }]);
    const named = { action: 'delete', taskIds: [one, busy, randomUUID()] };
    expect(items(await api.post('/api/v1/tasks/bulk', named))).toMatchObject([
      { error: null },
      { error: { status: 409 } },
      { error: { status: 404 } },
    ]);
    expect((await api.get(`/api/v1/tasks/${one}`)).status).toBe(404);
    expect((await api.send('DELETE', `/api/v1/tasks/${two}`)).status).toBe(204);
    expect((await api.get(`/api/v1/runs/${two}`)).status).toBe(404);
    const journal = await api.services.store.journal({ afterSeq: 0, limit: 1_000 });
    const deleted = journal.filter(({ because }) => because?.code === 'run_deleted');
    expect(deleted.map(({ because }) => because?.['run'])).toEqual([one, two]);
    api.project.write({ busy: '' });
    await until(busy, 'success');
  });

  test('one that keeps checkpoints stops for a pause, and goes on without a failed try', async () => {
    const taskId = await create({ type: 'count' });
    await api.until(`/api/v1/tasks/${taskId}`, (body) => body['currentStep'] === 'kept');
    expect((await api.post(`/api/v1/tasks/${taskId}/pause`)).body).toMatchObject({ state: 'paused' });
    const instances = `/api/v1/runs/${taskId}/task-instances`;
    const state = (body: Record<string, unknown>) => (body['items'] as Item[])[0]?.['state'];
    await api.until(instances, (body) => state(body) === 'up_for_retry');
    expect((await api.get('/api/v1/queue/stats')).body).toMatchObject({ running: 0, held: 1 });
    await api.post(`/api/v1/tasks/${taskId}/resume`);
    expect(await until(taskId, 'success')).toMatchObject({ attempts: 2, result: 7 });
    const attempts = await api.get(`/api/v1/task-instances/${await instanceOf(taskId)}/attempts`);
    expect(items(attempts)).toMatchObject([
      { state: 'up_for_retry', reason: null, because: { code: 'paused_at_checkpoint' } },
      { state: 'success' },
    ]);
    const figures = String((await api.get('/metrics')).body['text']);
    const ended = figures.split('\n').filter((line) => /^orch_task_attempts_total.*"count"/.test(line));
    expect(ended.map((line) => / *state="(\w+)"} (\d+)$/.exec(line)?.slice(1).join(' ')).toSorted()).toEqual([
      'paused 1',
      'success 1',
    ]);
  });

  test('any other one is held where it is, goes on with the resume, and can be cancelled', async () => {
    const state = (body: Record<string, unknown>) => (body['items'] as Item[])[0]?.['state'];
    const [goesOn, ends] = ['held', 'never'];
    const taskId = await gate(goesOn);
    await until(taskId, 'running');
    expect((await api.post(`/api/v1/tasks/${taskId}/pause`)).body).toMatchObject({ state: 'paused' });
    await api.until(`/api/v1/runs/${taskId}/task-instances`, (body) => state(body) === 'paused');
    const why = await api.get(`/api/v1/task-instances/${await instanceOf(taskId)}/why`);
    expect(why.body['because']).toMatchObject({ code: 'held_still', try: 1 });
    api.project.write({ [goesOn]: '' });
    expect((await api.post(`/api/v1/tasks/${taskId}/resume`)).body).toMatchObject({ state: 'running' });
    expect(await until(taskId, 'success')).toMatchObject({ attempts: 1 });
    const other = await gate(ends);
    await until(other, 'running');
    await api.post(`/api/v1/tasks/${other}/pause`);
    await api.post(`/api/v1/tasks/${other}/cancel`);
    await until(other, 'cancelled');
  });

  const instanceOf = async (taskId: string): Promise<unknown> =>
    items(await api.get(`/api/v1/runs/${taskId}/task-instances`))[0]?.['taskInstanceId'];

  test('lists are filtered, searched, sorted and paged', async () => {
    for (const name of ['Zeta 50%', 'alpha', 'beta']) {
      const taskId = await create({ type: 'add', name, params: { a: 7 }, priority: 'high' });
      await until(taskId, 'success');
    }
    const names = (reply: Reply) => items(reply).map(({ name }) => name);
    const query = '/api/v1/tasks?priority=high&type=add';
    expect(names(await api.get(query))).toEqual(['beta', 'alpha', 'Zeta 50%']);
    expect(names(await api.get(`${query}&name=ETA`))).toEqual(['beta', 'Zeta 50%']);
    expect(names(await api.get(`${query}&name=0%25`))).toEqual(['Zeta 50%']);
    expect(names(await api.get(`${query}&state=failed`))).toEqual([]);
    expect(names(await api.get(`${query}&createdBy=nobody`))).toEqual([]);
    const first = await api.get(`${query}&sort=name&limit=2`);
    expect(names(first)).toEqual(['Zeta 50%', 'alpha']);
    const next = `cursor=${first.body['nextCursor']}`;
    const second = await api.get(`${query}&sort=name&limit=2&${next}`);
    expect([names(second), second.body['nextCursor']]).toEqual([['beta'], null]);
    expect((await api.get(`${query}&sort=-name&${next}`)).status).toBe(400);
    expect(names(await api.get('/api/v1/tasks/search?q=alPHa'))).toEqual(['alpha']);
    const history = await api.get('/api/v1/tasks/history?type=bad&type=add&limit=1');
    expect(items(history)).toMatchObject([{ name: 'beta', state: 'success' }]);
  });

  test('statistics say how many of a type succeed and how long they take', async () => {
    const { body } = await api.get('/api/v1/tasks/statistics?type=bad&type=add');
    const [add, bad] = body['items'] as Record<string, number>[];
    expect(add).toMatchObject({ type: 'add', total: 5, counts: { success: 5 }, successRate: 1 });
    expect(add?.['minDurationMs']).toBeLessThanOrEqual(add?.['avgDurationMs'] as number);
    expect(add?.['avgDurationMs']).toBeLessThanOrEqual(add?.['maxDurationMs'] as number);
    expect(bad).toMatchObject({ type: 'bad', total: 1, counts: { failed: 1 }, successRate: 0 });
  });

  test('another tenant sees, changes and makes nothing, one by one and together', async () => {
    const secret = newSecret();
    const grants: readonly Grant[] = [{ dags: 'plain', role: 'admin' }];
    const token = { tokenId: randomUUID(), name: 'theirs', grants, createdAt: 1, createdBy: 'test' };
    const times = { usedAt: null, expiresAt: null, revokedAt: null };
    await api.services.store.accounts.saveToken({ ...token, ...times }, secretHash(secret));
    const theirs = { authorization: `Bearer ${secret}` };
    const [mine] = ids(await api.get('/api/v1/tasks?type=add&limit=1'));
    for (const list of ['tasks', 'tasks?type=add', 'tasks/history', 'tasks/search?q=a', 'tasks/statistics'])
      expect(items(await api.get(`/api/v1/${list}`, theirs)), list).toEqual([]);
    expect((await api.get('/api/v1/queue/stats', theirs)).body).toMatchObject({ types: [] });
    expect((await api.get(`/api/v1/tasks/${mine}`, theirs)).status).toBe(404);
    expect((await api.post('/api/v1/tasks', { type: 'add', params: { a: 1 } }, theirs)).status).toBe(404);
    const made = await api.post('/api/v1/tasks/batch', { tasks: [{ type: 'bad' }] }, theirs);
    expect(items(made)).toMatchObject([{ task: null, error: { status: 404 } }]);
    const named = await api.post('/api/v1/tasks/bulk', { action: 'delete', taskIds: [mine] }, theirs);
    expect(items(named)).toMatchObject([{ error: { status: 404 } }]);
    const all = await api.post('/api/v1/tasks/bulk', { action: 'delete', filter: {} }, theirs);
    expect(items(all)).toEqual([]);
  });
});

const wanted = (dagId: string) => {
  const nothing = { params: {}, scope: {}, maxParallel: null, inputsFrom: null, replaces: null };
  return { type: 'trigger', dagId, runUid: randomUUID(), trigger: 'api', ...nothing } as const;
};
