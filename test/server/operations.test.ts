import { expect, test, vi } from 'vitest';
import { serve } from './served.ts';

test('stats of a DAG count its runs and its tasks', async () => {
  const file = `id: d
params: { code: { type: integer, default: 0 } }
tasks:
  each: { forEach: { over: [x, y], tasks: { get: { run: 'true' } } } }
  last: { run: 'exit "$CODE"', env: { CODE: "\${{ params.code }}" }, after: [each] }
`;
  await using api = await serve({
    'dags/d.yaml': file,
    'dags/e.yaml': "id: e\ntasks: { a: { run: 'true' } }\n",
  });
  for (const code of [0, 1, 0]) await api.orch.run('d', { params: { code } });
  const readWhole = vi.spyOn(api.services.store, 'loadRun');
  const { status, body } = await api.get('/api/v1/dags/d/stats');
  expect([status, readWhole.mock.calls]).toEqual([200, []]);
  readWhole.mockRestore();
  const spread = {
    avg: expect.any(Number),
    p50: expect.any(Number),
    p95: expect.any(Number),
    max: expect.any(Number),
  };
  expect(body).toMatchObject({
    runs: 3,
    success: 2,
    failed: 1,
    cancelled: 0,
    successRate: 2 / 3,
    taskRuns: 3,
  });
  expect(body).toMatchObject({ durationMs: spread, queueMs: spread });
  expect(body['tasks']).toMatchObject([
    { taskId: 'each.get', instances: 6, success: 6, successRate: 1, durationMs: spread },
    { taskId: 'last', instances: 3, failed: 1 },
  ]);
  expect((await api.get('/api/v1/dags/d/stats?since=2100-01-01T00:00:00Z')).body).toMatchObject({
    runs: 0,
    tasks: [],
  });
  expect((await api.get('/api/v1/dags/e/stats')).body).toMatchObject({
    runs: 0,
    successRate: null,
    durationMs: null,
  });
});

test('what waits for an answer is listed until it has one', async () => {
  const file = `id: ask
tasks:
  each:
    forEach:
      over: [x, y]
      tasks: { go: { approval: { title: Publish?, options: [publish, hold] } } }
`;
  await using api = await serve({ 'dags/ask.yaml': file });
  const { body } = await api.post('/api/v1/dags/ask/runs');
  const first = await api.until('/api/v1/approvals', ({ items }) => (items as unknown[]).length === 2);
  const [one, two] = first['items'] as Record<string, unknown>[];
  const question = { runId: body['runId'], dagId: 'ask', title: 'Publish?', options: ['publish', 'hold'] };
  expect(one).toMatchObject({ ...question, name: 'each[x].go', since: expect.any(String), until: null });
  const page = await api.get('/api/v1/approvals?limit=1');
  expect(page.body['items']).toEqual([one]);
  expect((await api.get(`/api/v1/approvals?limit=1&cursor=${page.body['nextCursor']}`)).body).toEqual({
    items: [two],
    nextCursor: null,
  });
  const answer = { option: 'publish' };
  await api.post(`/api/v1/task-instances/${one?.['taskInstanceId']}/decision`, answer);
  expect((await api.get('/api/v1/approvals')).body['items']).toEqual([two]);
});

test('pools say what is held of them and how many wait', async () => {
  const wait = 'until [ -e open ]; do sleep 0.02; done';
  await using api = await serve({
    'airflow.yaml': 'pools: { exchange: { slots: 2, description: of the exchange } }\n',
    'dags/p.yaml': `id: p
tasks:
  k: { forEach: { over: [a, b, c], tasks: { w: { run: '${wait}', pool: exchange } } } }
`,
  });
  const { body } = await api.post('/api/v1/dags/p/runs');
  const isFull = ({ items }: Record<string, unknown>) =>
    (items as { used: number; waiting: number }[]).some(({ used, waiting }) => used === 2 && waiting === 1);
  const full = await api.until('/api/v1/pools', isFull);
  expect(full['items']).toMatchObject([
    { name: 'default', description: null, slots: 128, used: 0, waiting: 0 },
    { name: 'exchange', description: 'of the exchange', slots: 2, used: 2, waiting: 1 },
  ]);
  api.project.write({ open: '' });
  await api.until(`/api/v1/runs/${body['runId']}`, ({ state }) => state === 'success');
  expect((await api.get('/api/v1/pools')).body['items']).toContainEqual(
    expect.objectContaining({ name: 'exchange', used: 0, waiting: 0 }),
  );
});

test('files that cannot be loaded are listed with their mistakes', async () => {
  await using api = await serve({ 'dags/bad.yaml': "id: bad\ntasks: { a: { rnu: 'true' } }\n" });
  const body = await api.until('/api/v1/broken-files', ({ items }) => (items as unknown[]).length === 1);
  const [file] = body['items'] as { file: string; diagnostics: unknown[] }[];
  expect(file?.file).toBe('dags/bad.yaml');
  expect(file?.diagnostics).toContainEqual(
    expect.objectContaining({ severity: 'error', rule: 'unknown-key', line: 2 }),
  );
});
