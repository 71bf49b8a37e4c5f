import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from './served.ts';

let api: Served;
let runId: string;

beforeAll(async () => {
  api = await serve({ 'dags/one.yaml': 'id: one\ntasks:\n  a: { run: "true" }\n' });
  runId = String((await api.post('/api/v1/dags/one/runs')).body['runId']);
  await api.until(`/api/v1/runs/${runId}`, ({ state }) => state === 'success');
});
afterAll(() => api[Symbol.asyncDispose]());

describe('ETags', () => {
  test.each([
    '/openapi.json',
    '/api/v1/dags/one',
    '/api/v1/dags/one/versions',
    '/api/v1/dags/one/versions/1',
    '/api/v1/runs/RUN',
  ])('%s is not sent again as long as it is the same', async (path) => {
    const at = path.replace('RUN', runId);
    const first = await api.get(at);
    const etag = first.headers.get('etag') ?? '';
    expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    for (const known of [etag, `"other", ${etag}`, etag.replace('W/', ''), '*']) {
      const again = await api.get(at, { 'if-none-match': known });
      expect(again.status, known).toBe(304);
      expect(again.body).toEqual({ text: '' });
      expect(again.headers.get('etag')).toBe(etag);
    }
    const other = await api.get(at, { 'if-none-match': 'W/"other"' });
    expect(other.status).toBe(200);
    expect(other.body).toEqual(first.body);
  });

  test('a DAG that has changed has another one', async () => {
    const before = (await api.get('/api/v1/dags/one')).headers.get('etag') ?? '';
    await api.send('PATCH', '/api/v1/dags/one', { paused: true });
    const after = await api.get('/api/v1/dags/one', { 'if-none-match': before });
    expect(after.status).toBe(200);
    expect(after.body).toMatchObject({ paused: true });
    expect(after.headers.get('etag')).not.toBe(before);
  });

  test('refusals, changes and lists of what goes on have none', async () => {
    const wanted = { 'if-none-match': '*' };
    for (const path of ['/api/v1/runs', '/api/v1/runs/none', '/api/v1/dags/none', '/api/v1/me']) {
      const { status, headers } = await api.get(path, wanted);
      expect(status, path).not.toBe(304);
      expect(headers.get('etag'), path).toBeNull();
      expect(headers.get('cache-control'), path).toBe('no-store');
    }
    expect((await api.send('PATCH', '/api/v1/dags/one', { paused: false }, wanted)).status).toBe(200);
  });

  test('whoever may not ask is refused whatever they know', async () => {
    const answer = await api.get('/api/v1/dags/one', { authorization: 'Bearer wrong', 'if-none-match': '*' });
    expect(answer.status).toBe(401);
  });
});
