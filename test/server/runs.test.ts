import { describe, expect, test, vi } from 'vitest';
import { serve } from './served.ts';

vi.setConfig({ testTimeout: 60_000 });

const FILES = {
  'dags/hello.ts': `import { dag } from 'orch';
const params = { type: 'object', properties: { who: { type: 'string', default: 'you' } } };
export default dag({ id: 'hello', params }, (d) => {
  const greet = d.task('greet', (_, ctx) => {
    console.log('hello ' + ctx.params.who);
    return { to: ctx.params.who };
  });
  d.task('after', { needs: { greet } }, ({ greet }) => greet.to);
});`,
  'dags/gated.yaml': "id: gated\ntasks: { gate: { run: 'until [ -e open ]; do sleep 0.02; done' } }\n",
  'dags/bad.yaml': "id: bad\ntasks: { no: { run: 'echo sorry; exit 3' } }\n",
};

describe('runs over HTTP', () => {
  test('a retry that cannot be says where in the request that is so', async () => {
    await using api = await serve({ 'dags/bad.yaml': FILES['dags/bad.yaml'] });
    const { run } = await api.orch.run('bad');
    api.project.write({
      'dags/bad.yaml': `${FILES['dags/bad.yaml']}params: { who: { type: string } }\n`,
    });
    for (const [body, pointer, said] of [
      [{ tasks: ['no', 'nope'] }, '/tasks/1', "'nope'"],
      [{ latest: true }, '/latest', "'who'"],
    ] as const)
      for (const query of ['', '?dryRun=true']) {
        const reply = await api.post(`/api/v1/runs/${run.uid}/retry${query}`, body);
        const errors = [{ in: 'body', pointer, detail: expect.stringContaining(said) }];
        expect(reply).toMatchObject({ status: 422, body: { errors } });
      }
  });

  test('are started, followed to their end, and read', async () => {
    await using api = await serve(FILES);
    const runId = '01900000-0000-7000-8000-00000000abcd';
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const order = { runId, params: { who: 'me' } };
    const started = await api.post('/api/v1/dags/hello/runs', order, { traceparent });
    expect(started).toMatchObject({ status: 201, body: { runId, dagId: 'hello', trigger: 'api', total: 2 } });
    const again = await api.post('/api/v1/dags/hello/runs', { runId, params: { who: 'me' } });
    expect(again.body).toMatchObject({ runId });
    expect((await api.post('/api/v1/dags/bad/runs', { runId })).status).toBe(409);
    const run = await api.until(`/api/v1/runs/${runId}`, ({ state }) => state === 'success');
    expect(run).toMatchObject({ completed: 2, progress: 1, counts: { success: 2 }, params: { who: 'me' } });

    const { live } = api.services.store;
    const asked = (await live.observed(0, await live.lastSeq(), 100)).filter(
      ({ attempt }) => attempt === null,
    );
    const [, traceId, spanId] = traceparent.split('-');
    expect(asked.at(-1)?.run).toMatchObject({ uid: runId, askedBy: { traceId, spanId }, events: [] });
    expect(run['triggeringEvents']).toEqual({});
    const other = await api.post('/api/v1/dags/hello/runs', {}, { traceparent: '00-bad' });
    const [bad] = await api.services.store.runsByUid(String(other.body['runId']));
    expect(bad?.cause).toBeUndefined();

    const list = await api.get(`/api/v1/runs/${runId}/task-instances`);
    const [greet, after] = list.body['items'] as Record<string, string>[];
    expect([greet, after]).toMatchObject([
      { taskId: 'greet', state: 'success', attempts: 1, key: null },
      { taskId: 'after', state: 'success' },
    ]);
    const id = greet?.['taskInstanceId'];
    expect((await api.get(`/api/v1/task-instances/${id}`)).body).toEqual(greet);
    const output = await api.get(`/api/v1/task-instances/${id}/output`);
    expect(output.body).toEqual({ value: { to: 'me' }, file: null });
    const why = await api.get(`/api/v1/task-instances/${id}/why`);
    expect(why.body).toMatchObject({ because: { code: 'succeeded' } });
    const attempts = await api.get(`/api/v1/task-instances/${id}/attempts`);
    expect(attempts.body['items']).toMatchObject([{ attemptId: `${id}.1`, state: 'success' }]);
    const logs = await api.get(`/api/v1/attempts/${id}.1/logs`);
    expect(logs.body).toMatchObject({ lines: [{ text: 'hello me', stream: 'stdout' }], atEnd: true });
    expect((await api.get(`/api/v1/attempts/${id}.1/logs?q=nothing`)).body['lines']).toEqual([]);
    expect((await api.get(`/api/v1/attempts/${id}.2/logs`)).status).toBe(404);
  });

  test('are listed page by page, newest first, by DAG and by state', async () => {
    await using api = await serve(FILES);
    const runIds: string[] = [];
    for (const dag of ['hello', 'bad', 'hello']) {
      const { body } = await api.post(`/api/v1/dags/${dag}/runs`);
      runIds.unshift(String(body['runId']));
      await api.until(`/api/v1/runs/${body['runId']}`, ({ endedAt }) => endedAt !== null);
    }
    const ids = (body: Record<string, unknown>) =>
      (body['items'] as { runId: string }[]).map(({ runId }) => runId);
    const first = await api.get('/api/v1/runs?limit=2');
    const second = await api.get(`/api/v1/runs?limit=2&cursor=${first.body['nextCursor']}`);
    expect([...ids(first.body), ...ids(second.body)]).toEqual(runIds);
    expect(second.body['nextCursor']).toBeNull();
    expect(ids((await api.get('/api/v1/runs?dagId=bad')).body)).toEqual([runIds[1]]);
    expect(ids((await api.get('/api/v1/runs?state=failed&state=running')).body)).toEqual([runIds[1]]);
    expect(ids((await api.get('/api/v1/runs?dagId=bad&dagId=hello')).body)).toEqual(runIds);
  });

  test('are paused, resumed, cancelled, marked and retried', async () => {
    await using api = await serve(FILES);
    const { body } = await api.post('/api/v1/dags/gated/runs');
    const run = `/api/v1/runs/${body['runId']}`;
    await api.until(
      `${run}/task-instances`,
      ({ items }) => (items as { state: string }[])[0]?.state === 'running',
    );
    expect((await api.post(`${run}/pause`)).body).toMatchObject({ state: 'paused' });
    expect((await api.post(`${run}/resume`)).body).toMatchObject({ state: 'running' });
    await api.post(`${run}/kill`);
    await api.until(run, ({ state }) => state === 'cancelled');
    expect((await api.post(`${run}/cancel`)).status).toBe(409);
    expect((await api.post(`${run}/mark`, { state: 'success', task: 'gate' })).status).toBe(200);
    await api.until(run, ({ state }) => state === 'success');
    api.project.write({ open: '' });
    expect((await api.post(`${run}/retry`, { tasks: ['gate'] })).body).toMatchObject({ state: 'running' });
    await api.until(run, ({ state }) => state === 'success');
    expect((await api.post(`${run}/retry`, { select: 'tasks' })).status).toBe(400);
    expect((await api.post(`${run}/mark`, { state: 'failed' })).status).toBe(200);
    expect((await api.get(run)).body).toMatchObject({ state: 'failed' });
  });

  test('with params or a scope that the DAG has not are refused', async () => {
    const daily =
      "id: daily\nschedule: '30 6 * * *'\nparams: { who: { type: string } }\ntasks: { a: { run: ':' } }\n";
    await using api = await serve({ ...FILES, 'dags/daily.yaml': daily });
    const errors = [
      { in: 'body', pointer: '/params/whom', detail: "unknown key 'whom' in params (did you mean 'who'?)" },
      {
        in: 'body',
        pointer: '/params/who',
        detail: expect.stringMatching(/^'who' of params must be a text/),
      },
    ];
    const params = { who: 7, whom: 1 };
    const [from, to] = ['2026-01-01', '2026-01-02'];
    for (const [path, body] of [
      ['dags/hello/runs', { params }],
      ['schedules', { dagId: 'hello', when: { everyMs: 60_000 }, params }],
      ['backfills', { dagId: 'daily', from, to, params }],
    ] as const) {
      const refused = await api.post(`/api/v1/${path}`, body);
      expect(refused).toMatchObject({ status: 422, body: { errors: expect.arrayContaining(errors) } });
    }
    expect(await api.post('/api/v1/dags/hello/runs', { scope: { until: ['x'] } })).toMatchObject({
      status: 422,
    });
    expect(await api.post('/api/v1/dags/nobody/runs')).toMatchObject({ status: 404 });
  });
});
