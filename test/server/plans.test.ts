import { describe, expect, test } from 'vitest';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/chain.yaml': `id: chain
tasks:
  a: { run: 'true' }
  b: { run: 'test -e good', after: [a] }
  c: { run: 'true', after: [b] }
`,
  'dags/gated.yaml': "id: gated\ntasks: { gate: { run: 'until [ -e open ]; do sleep 0.02; done' } }\n",
  'dags/daily.yaml': `id: daily
schedule: '17 3 * * *'
params: { note: { type: string, default: none } }
tasks: { one: { run: 'true' } }
`,
};

async function failedRun(api: Served): Promise<string> {
  return `/api/v1/runs/${(await api.orch.run('chain')).run.uid}`;
}
const auditOf = async (api: Served) => (await api.get('/api/v1/audit')).body['items'];

describe('a dry run', () => {
  test('of a retry lists what would run again; its plan holds until something changes', async () => {
    await using api = await serve(FILES);
    const run = await failedRun(api);
    const plan = await api.post(`${run}/retry?dryRun=true`);
    expect(plan).toMatchObject({ status: 200, body: { newVersion: false } });
    expect(plan.body['items']).toMatchObject([
      { name: 'b', state: 'failed' },
      { name: 'c', state: 'upstream_failed' },
    ]);
    expect((await api.post(`${run}/retry?dryRun=true`)).body).toEqual(plan.body);
    expect((await api.get(run)).body).toMatchObject({ state: 'failed' });
    expect(await auditOf(api)).toEqual([]);
    const { planHash } = plan.body;
    expect((await api.post(`${run}/retry`, { planHash, select: 'all' })).status).toBe(409);
    expect((await api.post(`${run}/retry`, { planHash: 'x' })).status).toBe(400);
    await api.post(`${run}/mark`, { task: 'c', state: 'success' });
    await api.until(run, ({ state }) => state === 'failed' || state === 'success');
    const late = await api.post(`${run}/retry`, { planHash });
    expect(late).toMatchObject({ status: 409, body: { type: 'urn:orch:error:conflict' } });
    const now = await api.post(`${run}/retry?dryRun=true`);
    api.project.write({ good: '' });
    expect((await api.post(`${run}/retry`, { planHash: now.body['planHash'] })).status).toBe(200);
    await api.until(run, ({ state }) => state === 'success');
  });

  test('is refused as the change would be', async () => {
    await using api = await serve(FILES);
    const run = await failedRun(api);
    for (const [path, body] of [
      ['retry', { tasks: ['nothing'] }],
      ['retry', { select: 'tasks' }],
      ['mark', { task: 'nothing', state: 'success' }],
      ['mark', { task: 'a', state: 'success' }],
    ] as const) {
      const { status } = await api.post(`${run}/${path}`, body);
      expect(status).toBeGreaterThanOrEqual(400);
      expect((await api.post(`${run}/${path}?dryRun=true`, body)).status, JSON.stringify(body)).toBe(status);
    }
  });

  test('of a mark lists what gets the state and what is decided anew', async () => {
    await using api = await serve(FILES);
    const run = await failedRun(api);
    const body = { task: 'b', state: 'success' };
    const plan = await api.post(`${run}/mark?dryRun=true`, body);
    expect(plan.body['items']).toMatchObject([
      { name: 'b', state: 'failed', action: 'mark' },
      { name: 'c', state: 'upstream_failed', action: 'reset' },
    ]);
    expect((await api.get(run)).body).toMatchObject({ state: 'failed' });
    const { planHash } = plan.body;
    expect((await api.post(`${run}/mark`, { ...body, planHash })).status).toBe(200);
    await api.until(run, ({ state }) => state === 'success');
    expect((await api.post(`${run}/mark`, { ...body, planHash })).status).toBe(409);
    const whole = await api.post(`${run}/mark?dryRun=true`, { state: 'failed' });
    expect(whole.body).toMatchObject({ state: 'success', items: [] });
    const { body: gated } = await api.post('/api/v1/dags/gated/runs');
    const open = await api.post(`/api/v1/runs/${gated['runId']}/mark?dryRun=true`, { state: 'success' });
    expect(open.body['items']).toMatchObject([{ name: 'gate', action: 'end' }]);
  });

  test('of a backfill lists every slot; its plan holds until a slot has a run', async () => {
    await using api = await serve(FILES);
    const body = {
      dagId: 'daily',
      from: '2026-01-01',
      to: '2026-01-03',
      reverse: true,
      params: { note: 'past' },
    };
    const plan = await api.post('/api/v1/backfills?dryRun=true', body);
    expect(plan).toMatchObject({ status: 200, body: { counts: { run: 2, retry: 0, leave: 0 } } });
    expect(plan.body['items']).toMatchObject([
      { logicalDate: '2026-01-02T03:17:00.000Z', action: 'run', because: { code: 'slot_missing' } },
      { logicalDate: '2026-01-01T03:17:00.000Z', action: 'run' },
    ]);
    expect((await api.get('/api/v1/backfills')).body['items']).toEqual([]);
    const { planHash } = plan.body;
    const made = await api.post('/api/v1/backfills', { ...body, planHash });
    expect(made).toMatchObject({ status: 201, body: { slots: 2 } });
    await api.until(`/api/v1/backfills/${made.body['backfillId']}`, ({ state }) => state === 'done');
    const { items } = (await api.get('/api/v1/runs?dagId=daily')).body as { items: { runId: string }[] };
    const run = await api.get(`/api/v1/runs/${items[0]?.runId}`);
    expect(run.body).toMatchObject({ trigger: 'backfill', params: { note: 'past' } });
    const wrong = { ...body, params: { note: 7 } };
    const refused = await api.post('/api/v1/backfills?dryRun=true', wrong);
    expect(refused).toMatchObject({ status: 422, body: { detail: expect.stringContaining('note') } });
    expect((await api.post('/api/v1/backfills', { ...body, planHash })).status).toBe(409);
    const over = await api.post('/api/v1/backfills?dryRun=true', body);
    expect(over.body).toMatchObject({ counts: { run: 0, retry: 0, leave: 2 } });
    const none = await api.post('/api/v1/backfills?dryRun=true', { ...body, dagId: 'chain' });
    expect(none.status).toBe(409);
  });
});
