import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { honoPath } from '../../server/mount.ts';
import { ROUTES } from '../../server/routes/all.ts';
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

  test('has routes and pages behind it, and nothing else', () => {
    const known = new Set(ROUTES.map(({ method, path }) => `${method.toUpperCase()} ${honoPath(path)}`));
    const paths = new Set(ROUTES.map(({ path }) => honoPath(path)));
    const unknown = api.app.routes.filter(({ method, path }) =>
      method === 'ALL' ? path !== '/*' && !paths.has(path) : !known.has(`${method} ${path}`),
    );
    const pages = unknown.filter(
      ({ method, path }) => method === 'GET' && /^\/(docs|page\/[\w.-]+)?$/.test(path),
    );
    expect(unknown).toEqual(pages);
  });

  test('that changes something is no address for GET', async () => {
    const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    const reads = ROUTES.filter(({ method }) => method === 'get').map(({ path }) => patternOf(path));
    const changes = ROUTES.filter(({ method }) => method !== 'get').map(({ path }) => pathOf(path));
    const others = changes.filter((path) => !reads.some((pattern) => pattern.test(path)));
    expect(others.length).toBeGreaterThan(20);
    for (const path of others)
      for (const method of ['GET', 'HEAD'])
        expect((await api.app.request(`http://localhost${path}`, { method })).status, path).toBe(405);
  });

  test('every answer has the headers that keep a browser from more, and none leads elsewhere', async () => {
    const look = ({ status, headers }: Response, what: string): void => {
      expect(headers.get('content-security-policy'), what).toContain("default-src 'none'");
      expect(headers.get('content-security-policy'), what).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options'), what).toBe('nosniff');
      expect(headers.get('referrer-policy'), what).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy'), what).toBe('same-origin');
      expect(headers.get('cache-control'), what).toMatch(/^(no-store|no-cache|private, no-cache)$/);
      expect(headers.get('x-request-id'), what).toBeTruthy();
      for (const name of ['access-control-allow-origin', 'location', 'server', 'x-powered-by'])
        expect(headers.get(name), `${what} ${name}`).toBeNull();
      expect(status < 300 || status >= 400, `${what} ${status}`).toBe(true);
    };
    const open = createApp(api.services);
    const statuses = new Set<number>();
    for (const app of [api.app, open]) {
      for (const path of ['/', '/docs', '/page/main.js', '/page/none', '/api/v1/nothing'])
        look(await app.request(`http://localhost${path}`), path);
      for (const { id, method, path } of ROUTES) {
        // Of an open server what is only read is asked for: changes would change this project.
        if (app === open && method !== 'get') continue;
        const answer = await app.request(`http://localhost${pathOf(path)}`, { method: method.toUpperCase() });
        await answer.body?.cancel();
        look(answer, id);
        statuses.add(answer.status);
      }
    }
    expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 401, 404, 426]));
  });
});

/** A path of a route with something in the place of its parameters. */
function pathOf(path: string): string {
  return path.replaceAll('{dagId}', 'health').replaceAll(/\{\w+\}/g, '1');
}
