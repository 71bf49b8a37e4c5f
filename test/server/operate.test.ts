import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { type Listening, listen } from '../../server/listen.ts';
import { EventClient } from './event-client.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'airflow.yaml': '# kept\nscheduler: { maxActive: 3 } # how many\npools: { db: 2 }\n',
  'dags/daily.yaml': "id: daily\nschedule: '17 3 * * *'\ntasks: { one: { run: 'true' } }\n",
  'dags/hand.yaml': `id: hand
params: { n: { type: integer, default: 1 } }
tasks: { one: { run: 'true' } }
`,
};

type Body = Record<string, unknown>;
const API = '/api/v1';

describe('a scheduler that is operated over HTTP', () => {
  let api: Served;
  let listening: Listening;

  beforeAll(async () => {
    api = await serve(FILES);
    listening = await listen(
      createApp(api.services),
      { address: '127.0.0.1', port: 0 },
      api.services.figures,
    );
    await api.until(`${API}/workers`, ({ items }) => (items as unknown[]).length === 1);
  });
  afterAll(async () => {
    await listening.close();
    await api[Symbol.asyncDispose]();
  });

  const get = async (path: string): Promise<Body> => (await api.get(`${API}${path}`)).body as Body;

  test('says which orch it is, who leads, and what there is', async () => {
    expect(await get('/system/status')).toMatchObject({
      store: { kind: 'sqlite', schema: 18 },
      leader: { pid: process.pid, isScheduler: true },
      paused: null,
      workers: 1,
      counts: { dags: 2, brokenFiles: 0 },
    });
    const resources = await get('/system/resources');
    expect(resources['machine']).toMatchObject({
      cpuPercent: expect.any(Number),
      cpuCount: expect.any(Number),
    });
    const kinds = (resources['processes'] as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['server', 'leader']);
    expect(await get('/system/health')).toMatchObject({
      status: 'ok',
      checks: [{ name: 'store' }, { name: 'scheduler' }, { name: 'disk' }],
    });
    expect(await api.get(`${API}/scheduler/health`)).toMatchObject({ status: 200 });
    expect(await get('/scheduler/status')).toMatchObject({ state: 'running', slots: { limit: 3 } });
  });

  test('starts nothing while it is paused, says why, and goes on after', async () => {
    const paused = await api.post(`${API}/scheduler/control`, { action: 'pause' });
    expect(paused.body).toMatchObject({
      action: 'pause',
      status: { state: 'paused', paused: { by: 'local' } },
    });
    const { body: run } = await api.post(`${API}/dags/hand/runs`, {});
    const why = await get(`/task-instances/${(await instances(run['runId'] as string))[0]}/why`);
    expect(why).toMatchObject({ because: { code: 'scheduler_paused', by: 'local' } });
    expect(await get('/metrics')).toMatchObject({ activeTasks: 0 });
    const again = await api.post(`${API}/scheduler/control`, { action: 'resume' });
    expect(again.body).toMatchObject({ status: { state: 'running', paused: null } });
    await api.until(`${API}/runs/${run['runId']}`, ({ state }) => state === 'success');
    const figures = await get('/metrics');
    expect(figures['completedTasksToday']).toBeGreaterThan(0);
    expect(figures['queue']).toEqual({ engine: 'sqlite', connected: true, requests: 0 });
  });

  async function instances(runId: string): Promise<string[]> {
    const { items } = await get(`/runs/${runId}/task-instances`);
    return (items as { taskInstanceId: string }[]).map(({ taskInstanceId }) => taskInstanceId);
  }

  test('refuses in words what cannot be done', async () => {
    const start = await api.post(`${API}/scheduler/control`, { action: 'start' });
    expect(start).toMatchObject({ status: 409, body: { detail: 'a scheduler leads already' } });
    expect((await api.post(`${API}/scheduler/control`, { action: 'dance' })).status).toBe(400);
    expect((await api.send('PATCH', `${API}/workers/other`, { slots: 2 })).status).toBe(404);
    expect((await api.send('PATCH', `${API}/workers/leader`, { slots: 0 })).status).toBe(400);
    expect((await api.post(`${API}/scheduler/jobs/hand/pause`)).status).toBe(409);
  });

  test('has more slots at once, until they are given back', async () => {
    const more = await api.send('PATCH', `${API}/workers/leader`, { slots: 7 });
    expect(more.body).toEqual({ workerId: 'leader', slots: 7, configuredSlots: 3 });
    await api.until(`${API}/workers`, ({ items }) => (items as { slots: number }[])[0]?.slots === 7);
    expect(api.orch.session.leading).toBe(true);
    await api.send('PATCH', `${API}/workers/leader`, { slots: null });
    await api.until(`${API}/workers`, ({ items }) => (items as { slots: number }[])[0]?.slots === 3);
  });

  test('lists jobs, and pauses them', async () => {
    const { items } = await get('/scheduler/jobs');
    expect(items).toMatchObject([{ dagId: 'daily', trigger: "by cron '17 3 * * *' in UTC", paused: false }]);
    expect((await api.post(`${API}/scheduler/jobs/daily/pause`)).body).toMatchObject({ paused: true });
    expect((await api.post(`${API}/scheduler/jobs/daily/resume`)).body).toMatchObject({ paused: false });
  });

  test('runs a DAG by an ad-hoc schedule, each slot once', async () => {
    const at = new Date(Date.now() + 300).toISOString();
    const made = await api.post(`${API}/schedules`, { dagId: 'hand', when: { at }, params: { n: 2 } });
    expect(made).toMatchObject({ status: 201, body: { dagId: 'hand', nextRunAt: at, last: null } });
    const { scheduleId } = made.body;
    const done = await api.until(`${API}/schedules/${scheduleId}`, ({ last }) => last !== null);
    const { runId } = done['last'] as unknown as { runId: string };
    const run = await api.until(`${API}/runs/${runId}`, ({ state }) => state === 'success');
    expect(run).toMatchObject({ dagId: 'hand', params: { n: 2 } });
    expect((await api.send('DELETE', `${API}/schedules/${scheduleId}`)).status).toBe(204);
    expect((await api.get(`${API}/schedules/${scheduleId}`)).status).toBe(404);
  });

  test('refuses ad-hoc schedules that are wrong, and pauses and resumes one', async () => {
    const form = { dagId: 'hand', when: { everyMs: 3_600_000 } };
    const wrong = [
      { ...form, params: { n: 'many' } },
      { ...form, when: { cron: '99 * * * *' } },
      { ...form, when: { cron: '1 2 * * *', timezone: 'Mars/Base' } },
      { ...form, when: { at: '2001-01-01T00:00:00Z' } },
      { ...form, scope: { until: ['nothing'] } },
    ];
    for (const one of wrong)
      expect((await api.post(`${API}/schedules`, one)).status, JSON.stringify(one)).toBe(422);
    expect((await api.post(`${API}/schedules`, { ...form, dagId: 'none' })).status).toBe(404);
    const { scheduleId } = (await api.post(`${API}/schedules`, form)).body;
    const paused = await api.post(`${API}/schedules/${scheduleId}/pause`);
    expect(paused.body).toMatchObject({ paused: true, nextRunAt: null });
    const resumed = await api.post(`${API}/schedules/${scheduleId}/resume`);
    expect(resumed.body).toMatchObject({ paused: false, nextRunAt: expect.any(String) });
    expect((await get('/schedules?dagId=hand'))['items']).toHaveLength(1);
    await api.send('DELETE', `${API}/schedules/${scheduleId}`);
  });

  test('keeps a history of figures, and gives those of Prometheus', async () => {
    const history = await api.until(`${API}/metrics/history`, ({ items }) => (items as unknown[]).length > 0);
    expect(history['stepMs']).toBe(10_000);
    expect((await get('/metrics/history?step=3600'))['items']).toHaveLength(1);
    const month = '/metrics/history?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z';
    expect((await get(month))['items']).toEqual([]);
    expect((await api.get(`${API}/metrics/history?from=2026-01-02&to=2026-01-01`)).status).toBe(400);
    const { body } = await api.get('/metrics');
    expect(body['text']).toMatch(/^orch_scheduler_loop_seconds_count \d+$/m);
    expect(body['text']).toContain('orch_pool_slots{pool="db",state="free"} 2');
  });

  test('changes the config where it is written, and has what is hot in force at once', async () => {
    const read = await api.get(`${API}/system/config`);
    const { items, etag } = read.body as { items: { key: string }[]; etag: string };
    expect(items.find(({ key }) => key === 'scheduler.maxActive')).toEqual({
      key: 'scheduler.maxActive',
      value: 3,
      default: null,
      origin: { kind: 'file', place: expect.stringContaining('airflow.yaml:2') },
      hot: true,
    });
    expect(items.filter(({ key }) => /^(store|server)\./.test(key))).toEqual([]);
    expect(read.headers.get('etag')).toBe(etag);
    const change = {
      'scheduler.maxActive': 5,
      'pools.db.slots': 4,
      'retention.keep': 3,
      'pools.fresh.slots': 1,
    };
    const put = (body: object, match: string) =>
      api.send('PUT', `${API}/system/config`, body, { 'if-match': match });
    const done = await put(change, etag);
    expect(done.body).toMatchObject({
      inForce: ['scheduler.maxActive', 'pools.db.slots'],
      afterRestart: ['retention.keep', 'pools.fresh.slots'],
      overridden: [],
    });
    const text = readFileSync(join(api.project.dir, 'airflow.yaml'), 'utf8');
    expect(text).toContain('# kept\nscheduler: { maxActive: 5 } # how many\n');
    const [worker] = (await get('/workers'))['items'] as { slots: number }[];
    await api.until(`${API}/pools`, ({ items: pools }) => JSON.stringify(pools).includes('"slots":4'));
    expect(worker).toBeDefined();
    await api.until(`${API}/workers`, ({ items: all }) => (all as { slots: number }[])[0]?.slots === 5);
    expect((await put(change, etag)).status).toBe(409);
    for (const wrong of [
      { 'scheduler.maxActive': 'many' },
      { 'store.url': 'postgres://x' },
      { 'log.level': 7 },
    ]) {
      const trial = await api.post(`${API}/system/config/validate`, wrong);
      expect(trial.body, JSON.stringify(wrong)).toMatchObject({ valid: false, errors: [expect.anything()] });
      expect((await put(wrong, '*')).status, JSON.stringify(wrong)).toBe(422);
    }
    expect(readFileSync(join(api.project.dir, 'airflow.yaml'), 'utf8')).toBe(text);
    const good = await api.post(`${API}/system/config/validate`, { 'log.level': 'warn' });
    expect(good.body).toEqual({ valid: true, errors: [] });
  });

  test('takes what is hot of a config that somebody has edited by hand', async () => {
    api.project.write({ 'airflow.yaml': 'scheduler: { maxActive: 6 }\npools: { db: 2 }\n' });
    await api.until(`${API}/workers`, ({ items }) => (items as { slots: number }[])[0]?.slots === 6);
  });

  test('pushes figures as events and over a WebSocket, whose ticket is good once', async () => {
    const client = await EventClient.open(`${listening.url}${API}/metrics/realtime`);
    expect(await client.next()).toMatchObject({ event: 'metrics', data: { queue: { engine: 'sqlite' } } });
    const { ticket } = (await api.post(`${API}/stream-tickets`)).body;
    const address = `${listening.url.replace('http', 'ws')}${API}/metrics/realtime/ws?ticket=${ticket}`;
    const first = await frameOf(address);
    expect(JSON.parse(first ?? '')).toMatchObject({ cpuCount: expect.any(Number) });
    expect(await frameOf(address)).toBe(null);
    expect(await frameOf(address.split('?')[0] as string, { origin: 'http://evil.example' })).toBe(null);
    expect((await api.get(`${API}/metrics/realtime/ws`)).status).toBe(426);
  });

  test('gives the lead back and takes it anew when it is restarted', async () => {
    const { leader } = await get('/system/status');
    const { epoch } = leader as { epoch: number };
    expect((await api.post(`${API}/scheduler/control`, { action: 'restart' })).status).toBe(200);
    await api.until(
      `${API}/system/status`,
      (body) => ((body['leader'] as { epoch: number } | null)?.epoch ?? 0) > epoch && body['workers'] === 1,
    );
  });
});

/** The first text that comes over a WebSocket; `null` if it is refused. */
async function frameOf(address: string, headers: Record<string, string> = {}): Promise<string | null> {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(address, { headers });
  return new Promise((resolve) => {
    socket.on('message', (data) => {
      resolve(String(data));
      socket.close();
    });
    socket.on('error', () => resolve(null));
  });
}
