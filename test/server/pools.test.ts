import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Served, serve } from './served.ts';

let api: Served;

beforeAll(async () => {
  api = await serve({
    'airflow.yaml': 'pools:\n  fixed: { slots: 3, description: few }\n',
    'dags/held.yaml': "id: held\ntasks: { one: { run: 'true', pool: exchange } }\n",
  });
});
afterAll(() => api[Symbol.asyncDispose]());

const put = (pool: string, body: object, headers?: Record<string, string>) =>
  api.send('PUT', `/api/v1/pools/${pool}`, body, headers);
const remove = (pool: string, headers?: Record<string, string>) =>
  api.send('DELETE', `/api/v1/pools/${pool}`, undefined, headers);

test('a pool that is made lets tasks run that waited for it, and outlasts its leader', async () => {
  const made = await api.post('/api/v1/dags/held/runs');
  const runs = `/api/v1/runs/${made.body['runId']}`;
  const why = await api.get('/api/v1/task-instances/1.0/why');
  expect(why.body['because']).toMatchObject({ code: 'pool_unknown', pool: 'exchange' });
  const pool = await put('exchange', { slots: 1, description: 'its API' });
  expect(pool).toMatchObject({
    status: 200,
    body: { name: 'exchange', slots: 1, description: 'its API', kind: 'stored', changedBy: 'local' },
  });
  await api.until(runs, ({ state }) => state === 'success');
  const { facts } = api.services.store.operations;
  expect(await facts.pools()).toMatchObject([{ name: 'exchange', slots: 1 }]);
  const { body } = await api.get('/api/v1/audit?action=savePool');
  expect(body['items']).toMatchObject([{ target: 'pool=exchange', status: 200 }]);
});

test('what nobody says of it stays, and an older ETag changes nothing', async () => {
  const before = (await api.get('/api/v1/pools/exchange')).headers.get('etag') ?? '';
  expect((await put('exchange', { slots: 4 }, { 'if-match': before })).body).toMatchObject({
    slots: 4,
    description: 'its API',
  });
  expect(await put('exchange', { slots: 5 }, { 'if-match': before })).toMatchObject({ status: 409 });
  expect(await remove('exchange', { 'if-match': before })).toMatchObject({ status: 409 });
  expect(await put('none', { slots: 5 }, { 'if-match': '*' })).toMatchObject({ status: 409 });
  expect((await put('exchange', { slots: 4, description: null })).body['description']).toBe(null);
  const key = { 'idempotency-key': 'once' };
  await put('exchange', { slots: 6 }, key);
  await put('exchange', { slots: 7 });
  expect((await put('exchange', { slots: 6 }, key)).body['slots']).toBe(6);
  expect((await api.get('/api/v1/pools/exchange')).body['slots']).toBe(7);
});

test('one of the config is changed there, one that tasks name stays, any other one goes', async () => {
  const refused = await put('fixed', { slots: 9 });
  expect(refused).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('airflow.yaml:2:') },
  });
  expect(await remove('fixed')).toMatchObject({ status: 409 });
  const named = await remove('exchange');
  expect(named).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('held.one names pool') },
  });
  await put('spare', { slots: 2 });
  expect((await remove('spare')).status).toBe(204);
  expect((await remove('spare')).status).toBe(404);
  await put('default', { slots: 2 });
  expect((await remove('default')).status).toBe(204);
  const { body } = await api.get('/api/v1/pools');
  expect(body['items']).toMatchObject([
    { name: 'default', slots: 128, kind: 'default' },
    { name: 'exchange', slots: 7, kind: 'stored' },
    { name: 'fixed', slots: 3, kind: 'config' },
  ]);
});

test('a pool that comes into the file is of the file, and of the store when it goes', async () => {
  const isOver = async () => {
    const { body } = await api.post('/api/v1/dags/held/runs');
    return api.until(`/api/v1/runs/${body['runId']}`, ({ state }) => state === 'success');
  };
  await put('exchange', { slots: 0 });
  const over = isOver();
  const changed = await api.send('PUT', '/api/v1/system/config', { 'pools.exchange.slots': 1 });
  expect(changed.body).toMatchObject({ inForce: ['pools.exchange.slots'], afterRestart: [] });
  await over;
  expect(await put('exchange', { slots: 9 })).toMatchObject({ status: 409 });
  await api.send('PUT', '/api/v1/system/config', { 'pools.exchange.slots': null });
  const waiting = isOver();
  expect(await put('exchange', { slots: 1 })).toMatchObject({ status: 200 });
  await waiting;
});
