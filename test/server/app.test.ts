import type { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { tempProject } from '../scheduler/temp-project.ts';

const FILES = {
  'dags/hello.ts': `import { dag } from 'orch';
export default dag({ id: 'hello' }, (d) => {
  d.task('greet', (_, ctx) => { console.log('hello'); ctx.metric('greeted', 1); return { to: 'you' }; });
});`,
};

async function get(app: Hono, path: string, host = 'localhost') {
  const response = await app.request(`http://${host}${path}`);
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('the HTTP API', () => {
  test('serves runs, their tasks, metrics and logs', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const { uid } = (await orch.run('hello')).run;
    const app = createApp(orch.project);
    const list = await get(app, '/api/v1/runs?state=success&dagId=hello');
    expect(list.body).toMatchObject({ items: [{ runId: uid, state: 'success' }], nextCursor: null });
    const one = await get(app, `/api/v1/runs/${uid.slice(0, 13)}`);
    expect(one.body).toMatchObject({ progress: 1, tasks: [{ taskId: 'greet', output: { to: 'you' } }] });
    const metrics = await get(app, `/api/v1/runs/${uid}/metrics`);
    expect(metrics.body).toMatchObject({ items: [{ taskId: 'greet', name: 'greeted', value: 1 }] });
    const logs = await get(app, `/api/v1/runs/${uid}/logs?task=greet`);
    expect(logs.body).toMatchObject({ lines: [{ text: 'hello' }], atEnd: true });
  });

  test('pages through runs, newest first', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const uids = [await orch.run('hello'), await orch.run('hello'), await orch.run('hello')].map(
      (view) => view.run.uid,
    );
    const app = createApp(orch.project);
    const first = await get(app, '/api/v1/runs?limit=2');
    const second = await get(app, `/api/v1/runs?limit=2&cursor=${first.body['nextCursor']}`);
    const pages = [first, second].flatMap(({ body }) =>
      (body['items'] as { runId: string }[]).map((run) => run.runId),
    );
    expect(pages).toEqual(uids.toReversed());
    expect(second.body['nextCursor']).toBeNull();
  });

  test.each([
    ['/api/v1/runs/00000000', 404],
    ['/api/v1/runs/x', 404],
    ['/api/v1/runs?state=done', 400],
    ['/api/v1/runs?limit=-1', 400],
    ['/api/v1/runs?cursor=1;drop', 400],
    ['/api/v1/nothing', 404],
  ])('%s is refused with %i as problem+json', async (path, status) => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const answer = await get(createApp(orch.project), path);
    expect(answer).toMatchObject({ status, body: { status } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  test('a request in the name of another host is refused, whatever address it came to', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const app = createApp(orch.project);
    expect((await get(app, '/api/v1/runs', 'evil.example')).status).toBe(400);
    expect((await get(app, '/api/v1/runs', '127.0.0.1:7070')).status).toBe(200);
  });

  test('its health is that of the loop that decides, not of this process', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const { store, stateDir, clock } = orch.project;
    const leading = await get(createApp(orch.project), '/healthz');
    expect(leading).toMatchObject({ status: 200, body: { status: 'ok', leader: { pid: process.pid } } });
    const later = { ...clock, now: () => clock.now() + 60_000 };
    const silent = Object.assign(Object.create(store) as typeof store, {
      leader: async () => {
        const leader = await store.leader();
        return leader && { ...leader, silentMs: leader.silentMs + 60_000 };
      },
      pendingRequests: async () => [],
    });
    const stalled = await get(createApp({ store: silent, stateDir, clock: later }), '/healthz');
    expect(stalled).toMatchObject({ status: 503, body: { status: 'stalled', leader: { pid: process.pid } } });
    await orch.session.close();
    const none = await get(createApp(orch.project), '/healthz');
    expect(none).toMatchObject({ status: 200, body: { status: 'no leader', leader: null } });
  });

  test('listens on the loopback address; a taken port is said', async () => {
    await using project = tempProject(FILES);
    await using orch = await project.open();
    const app = createApp(orch.project);
    const listening = await listen(app, 0);
    const { port } = new URL(listening.url);
    expect((await fetch(`${listening.url}/healthz`)).status).toBe(200);
    await expect(listen(app, Number(port))).rejects.toThrow(`port ${port} is in use`);
    await listening.close();
  });
});
