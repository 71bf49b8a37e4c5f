import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { servicesOf } from '../../server/services.ts';
import { tempProject } from '../scheduler/temp-project.ts';
import { type Served, serve } from './served.ts';

const FILES = { 'dags/hello.yaml': "id: hello\ntasks: { greet: { run: 'echo hello' } }\n" };

describe('the HTTP API', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  test.each([
    ['/api/v1/runs/00000000', 404],
    ['/api/v1/runs/x', 404],
    ['/api/v1/dags/nobody', 404],
    ['/api/v1/task-instances/1.99', 404],
    ['/api/v1/task-instances/x', 400],
    ['/api/v1/runs?state=done', 400],
    ['/api/v1/runs?limit=-1', 400],
    ['/api/v1/runs?limit=501', 400],
    ['/api/v1/runs?limit=1&limit=2', 400],
    ['/api/v1/runs?cursor=1;drop', 400],
    ['/api/v1/runs?cursor=WyJ4Il0', 400],
    ['/api/v1/runs?since=yesterday', 400],
    ['/api/v1/runs?order=x', 400],
    ['/api/v1/nothing', 404],
  ])('%s is refused with %i as problem+json', async (path, status) => {
    const answer = await api.get(path);
    expect(answer).toMatchObject({ status, body: { status, instance: expect.any(String) } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe(answer.body['instance']);
  });

  test('says all that is wrong with a body, each with its place', async () => {
    const answer = await api.post('/api/v1/dags/hello/runs', { maxParallel: 0, scope: { untli: ['x'] } });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toEqual([
      {
        ...{ pointer: '/scope/untli', in: 'body' },
        detail: "unknown key 'untli' in 'scope' of the body (did you mean 'until'?)",
      },
      { pointer: '/maxParallel', in: 'body', detail: "'maxParallel' of the body must be >= 1, not 0" },
    ]);
    expect((await api.get('/api/v1/runs')).body['items']).toEqual([]);
    const { body } = await api.get('/api/v1/runs?dag=hello');
    expect(body['detail']).toMatch(/^unknown key 'dag' in the query \(known keys: .*dagId.*state/);
  });

  test('says where a text has the character that no database takes, however deep', async () => {
    let params: unknown = 'a\0';
    for (let depth = 0; depth < 90; depth++) params = [params];
    const answer = await api.post('/api/v1/dags/hello/runs', { params: { 'a/b': params } });
    expect(answer.status).toBe(400);
    const pointer = `/params/a~1b${'/0'.repeat(90)}`;
    const detail = 'a text may not have the character U+0000';
    expect(answer.body['errors']).toEqual([{ pointer, in: 'body', detail }]);
    expect((await api.get('/api/v1/runs?cursor=x%00')).status).toBe(400);
  });

  test.each([
    ['text/plain', '{}', 415],
    ['application/x-www-form-urlencoded', 'a=1', 415],
    ['application/json', '{', 400],
    ['application/json; charset=utf-8', '{}', 201],
  ])('a body of type %s that reads %s is answered with %i', async (type, body, status) => {
    const headers = { 'content-type': type };
    const url = 'http://localhost/api/v1/dags/hello/runs';
    expect((await api.app.request(url, { method: 'POST', headers, body })).status).toBe(status);
  });

  test('a body that is nested more deeply than any reader goes is refused as it is', async () => {
    const post = async (note: string) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: note };
      const answer = await api.app.request('http://localhost/api/v1/dags/hello/runs', init);
      return [answer.status, ((await answer.json()) as { readonly detail?: string }).detail] as const;
    };
    const nested = (levels: number) => `{"params":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
    const tooDeep = [400, 'the body has more than 100 objects and lists in one another'];
    expect(await post(nested(99))).toEqual(tooDeep);
    expect(await post(nested(200_000))).toEqual(tooDeep);
    expect((await post(nested(98)))[1]).toContain("unknown key 'a' in params");
    expect((await post(`{"params":{"a":${JSON.stringify('\\"['.repeat(200))}}}`))[1]).toContain(
      "unknown key 'a'",
    );
  });

  test('a request in the name of another host is refused, whatever address it came to', async () => {
    expect((await api.app.request('http://evil.example/api/v1/runs')).status).toBe(400);
    expect((await api.app.request('http://127.0.0.1:7070/api/v1/runs')).status).toBe(200);
  });

  test('a page of another site changes nothing here, whatever it asks for', async () => {
    const send = async (method: string, path: string, origin: string) => {
      const url = `http://localhost${path.replaceAll(/\{\w+\}/g, 'hello')}`;
      return (await api.app.request(url, { method: method.toUpperCase(), headers: { origin } })).status;
    };
    const count = async () => ((await api.get('/api/v1/runs')).body['items'] as unknown[]).length;
    const before = await count();
    for (const { id, method, path } of ROUTES.filter((route) => route.method !== 'get'))
      for (const origin of ['http://evil.example', 'http://localhost:3000', 'null'])
        expect(await send(method, path, origin), `${id} from ${origin}`).toBe(403);
    expect(await count()).toBe(before);
    expect(await send('post', '/api/v1/dags/hello/runs', 'http://localhost')).toBe(201);
  });

  test('the last account that may do everything stays', async () => {
    const admin = { grants: [{ dags: '*', role: 'admin' }] };
    const viewer = { grants: [{ dags: '*', role: 'viewer' }] };
    expect((await api.send('PUT', '/api/v1/users/ann', admin)).status).toBe(200);
    const refused = [
      await api.send('PUT', '/api/v1/users/ann', viewer),
      await api.send('PUT', '/api/v1/users/ann', { ...admin, disabled: true }),
      await api.send('DELETE', '/api/v1/users/ann'),
    ];
    for (const { status, body } of refused) {
      expect(status).toBe(409);
      expect(body['detail']).toContain('account ann is the last one that may do everything: give another');
    }
    // One that cannot log in is no other one.
    await api.send('PUT', '/api/v1/users/bob', { ...admin, disabled: true });
    expect((await api.send('DELETE', '/api/v1/users/ann')).status).toBe(409);
    await api.send('PUT', '/api/v1/users/bob', { ...admin, disabled: false });
    expect((await api.send('DELETE', '/api/v1/users/ann')).status).toBe(204);
  });

  test('a defect is answered without what it says, and told to the log with the request', async () => {
    const told: unknown[] = [];
    const log = { error: (facts: unknown) => told.push(facts) };
    const store = Object.assign(Object.create(api.services.store), {
      runs: () => Promise.reject(new Error('the password is 1234')),
    });
    const app = createApp({ ...api.services, store }, { log: log as never });
    const response = await app.request('http://localhost/api/v1/runs', {
      headers: { 'x-request-id': 'mine' },
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('1234');
    expect(told).toMatchObject([{ requestId: 'mine', err: { message: 'the password is 1234' } }]);
  });

  test('its health is that of the loop that decides, not of this process', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const services = servicesOf(orch.project, orch.session);
    const { store, clock } = services;
    const healthOf = async (other: object) => {
      const response = await createApp({ ...services, ...other }).request('http://localhost/healthz');
      return { status: response.status, body: (await response.json()) as unknown };
    };
    expect(await healthOf({})).toMatchObject({
      status: 200,
      body: { status: 'ok', leader: { pid: process.pid } },
    });
    const later = { ...clock, now: () => clock.now() + 60_000 };
    const silent = Object.assign(Object.create(store) as typeof store, {
      leader: async () => {
        const leader = await store.leader();
        return leader && { ...leader, silentMs: leader.silentMs + 60_000 };
      },
      pendingRequests: async () => [],
    });
    const stalled = await healthOf({ store: silent, clock: later });
    expect(stalled).toMatchObject({ status: 503, body: { status: 'stalled', leader: { pid: process.pid } } });
    await orch.session.close();
    expect(await healthOf({})).toMatchObject({ status: 200, body: { status: 'no leader', leader: null } });
  });

  test('listens on the loopback address; a taken port is said', async () => {
    const listening = await listen(api.app, { address: '127.0.0.1', port: 0 });
    const { port } = new URL(listening.url);
    const { status, headers } = await fetch(`${listening.url}/healthz`);
    expect(status).toBe(200);
    // Proxies keep idle connections for a minute, and must be the ones that end them.
    expect(headers.get('keep-alive')).toBe('timeout=75');
    await expect(listen(api.app, { address: '127.0.0.1', port: Number(port) })).rejects.toThrow(
      `port ${port} is in use`,
    );
    await listening.close();
  });
});
