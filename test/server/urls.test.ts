import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from './served.ts';

const FILES = { 'dags/health.yaml': "id: health\ntasks: { configs: { run: 'true' } }\n" };

/** Ways to write a URL by which others have skipped a login. */
const WRITTEN = [
  '/api/v1//runs',
  '//api/v1/runs',
  '/api/v1/runs/',
  '/api/v1/runs//',
  '/api/v1/runs/.',
  '/api/v1/./runs',
  '/healthz/../api/v1/runs',
  '/healthz/%2e%2e/api/v1/runs',
  '/healthz%2f..%2fapi/v1/runs',
  '/api/v1/runs%2f',
  '/api%2fv1%2fruns',
  '/api/v1/runs%5c',
  '/api/v1\\runs',
  '/API/V1/RUNS',
  '/api/v1/runs;x.svg',
  '/api/v1/runs.svg',
  '/api/v1/runs?x=/healthz',
  '/api/v1/runs?.svg',
  '/api/v1/dags/health',
  '/api/v1/dags/health/versions',
  '/api/v1/dags/ready',
  '/api/v1/dags/x.svg',
  '/api/v1/dags/configs',
  '/api/v1/task-instances/1.0/why?path=/healthz',
  '/page/../api/v1/runs',
  '/openapi.json/../api/v1/runs',
  '/openapi.json%2f..%2fapi/v1/runs',
] as const;

describe('an address, however it is written', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES, { isOpen: false });
    await api.orch.run('health');
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each(WRITTEN)('%s leads past no login', async (path) => {
    const { status, body } = await api.get(path);
    expect([401, 404]).toContain(status);
    expect(JSON.stringify(body)).not.toContain('"runId"');
  });

  test.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/openapi.json', 200],
    ['/', 200],
    ['/page/main.js', 200],
    ['/api/v1/login', 405],
  ])('%s needs none', async (path, status) => {
    expect((await api.get(path)).status).toBe(status);
  });

  test('with another method is refused, and says which ones there are', async () => {
    const answer = await api.send('DELETE', '/api/v1/runs');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await api.send('PUT', '/api/v1/dags/health', {})).headers.get('allow')).toBe('GET, PATCH');
  });

  test('every answer has the headers that keep a browser from more', async () => {
    for (const path of ['/', '/healthz', '/api/v1/runs', '/api/v1/nothing', '/page/main.js']) {
      const { headers } = await api.get(path);
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(headers.get('content-security-policy'), path).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
      expect(headers.get('cache-control'), path).toMatch(/no-store|no-cache/);
      expect(headers.get('access-control-allow-origin'), path).toBeNull();
      expect(headers.get('x-request-id'), path).toBeTruthy();
    }
  });
});
