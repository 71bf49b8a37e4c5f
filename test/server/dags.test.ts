import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/daily.yaml': `id: daily
title: Once a day
tags: [market]
schedule: '30 9 * * *'
timezone: Europe/Berlin
params: { symbol: { type: string, default: BTC } }
tasks:
  a: { run: 'true', stage: load }
  b: { run: 'true', after: [a] }
`,
  'dags/other.yaml': "id: other\ntasks: { one: { run: 'true' } }\n",
};

describe('DAGs over HTTP', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test('are listed by their ids, by tag and in part', async () => {
    const ids = async (query: string) => {
      const { body } = await api.get(`/api/v1/dags${query}`);
      return [(body['items'] as { dagId: string }[]).map(({ dagId }) => dagId), body['nextCursor'] === null];
    };
    expect(await ids('')).toEqual([['daily', 'other'], true]);
    expect(await ids('?tag=market')).toEqual([['daily'], true]);
    expect(await ids('?q=the')).toEqual([['other'], true]);
    const { body } = await api.get('/api/v1/dags?limit=1');
    expect(await ids(`?limit=1&cursor=${body['nextCursor']}`)).toEqual([['other'], true]);
    const read = vi.spyOn(api.services.store, 'dags');
    await api.get('/api/v1/dags?limit=1');
    expect(read.mock.calls).toEqual([['', 2]]);
    read.mockRestore();
  });

  test('are read with their params, tasks and next slot', async () => {
    const { body } = await api.get('/api/v1/dags/daily');
    expect(body).toMatchObject({
      title: 'Once a day',
      paused: false,
      present: true,
      params: { properties: { symbol: { default: 'BTC' } } },
      tasks: [
        { taskId: 'a', stage: 'load', after: [] },
        { taskId: 'b', stage: null, after: ['a'] },
      ],
    });
    expect(body['nextSlotAt']).toMatch(/T0[78]:30:00\.000Z$/);
  });

  test('tell their next slots and the clock changes among them', async () => {
    const { body } = await api.get('/api/v1/dags/daily/schedule?from=2026-03-28T00:00:00Z&count=2');
    expect(body).toEqual({
      slots: [
        expect.objectContaining({ dueAt: '2026-03-28T08:30:00.000Z' }),
        expect.objectContaining({ dueAt: '2026-03-29T07:30:00.000Z' }),
      ],
      clockChanges: expect.arrayContaining([
        { zone: 'Europe/Berlin', at: '2026-03-29T01:00:00.000Z', from: '+01:00', to: '+02:00' },
      ]),
    });
  });

  test('are paused and unpaused; a pause says what is wrong with it', async () => {
    const paused = await api.send('PATCH', '/api/v1/dags/daily', { paused: true });
    expect(paused).toMatchObject({ status: 200, body: { paused: true, nextSlotAt: null } });
    const { body } = await api.get('/api/v1/dags?paused=true');
    expect(body['items']).toMatchObject([{ dagId: 'daily' }]);
    expect(await api.send('PATCH', '/api/v1/dags/daily', { paused: false })).toMatchObject({
      body: { paused: false },
    });
    const more = await api.send('PATCH', '/api/v1/dags/daily', { paused: true, owner: 'me' });
    expect(more).toMatchObject({ status: 400, body: { errors: [{ pointer: '/owner' }] } });
  });

  test('have versions, what changed between them, and a way back', async () => {
    const first = (await api.get('/api/v1/dags/other')).body['version'] as number;
    api.project.write({
      'dags/other.yaml': "id: other\ntasks: { one: { run: 'true' }, two: { run: 'true' } }\n",
    });
    const { version } = await api.until('/api/v1/dags/other', (dag) => dag['version'] !== first);
    const { body } = await api.get('/api/v1/dags/other/versions');
    expect(body['items']).toMatchObject([
      { version, inForce: true },
      { version: first, inForce: false },
    ]);
    expect((await api.get(`/api/v1/dags/other/versions/${first}/diff/${version}`)).body).toMatchObject({
      added: ['two'],
      removed: [],
      changed: [],
    });
    expect((await api.get(`/api/v1/dags/other/versions/${first}`)).body).toMatchObject({
      file: 'dags/other.yaml',
      spec: { id: 'other', tasks: [{ path: 'one' }] },
    });
    const back = await api.post('/api/v1/dags/other/rollback', { version: first });
    expect(back).toMatchObject({ status: 200, body: { version: first } });
    expect((await api.get('/api/v1/dags/daily/versions/1/diff/9999')).status).toBe(404);
  });
});
