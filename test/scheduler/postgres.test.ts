import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ROUTES } from '../../server/routes/all.ts';
import { startPostgres } from '../postgres/embedded-postgres.ts';
import { startProxy } from '../postgres/tcp-proxy.ts';
import { EventClient, isSuccess, type SentEvent } from '../server/event-client.ts';
import { hostileRequests } from '../server/hostile-requests.ts';
import { serve } from '../server/served.ts';
import { Child } from './child-process.ts';
import { newUid, outputsOf, tempProject } from './temp-project.ts';
import { readWitness, violations, witnessModule } from './witness.ts';

const TRIGGER = new URL('./trigger-child.ts', import.meta.url);
const server = await startPostgres({ fsync: false });
const reason = 'unavailable' in server ? ` (skipped: ${server.unavailable})` : '';

afterAll(async () => {
  if ('stop' in server) await server.stop();
});

/** The last task but one waits until there is a file `open` in the project. */
const STEP = `const { existsSync, watch } = await import('node:fs');
  const isOpen = () => existsSync(ctx.projectDir + '/open');
  await new Promise((resolve) => {
    const watcher = watch(ctx.projectDir, () => { if (isOpen()) { watcher.close(); resolve(); } });
    if (isOpen()) { watcher.close(); resolve(); }
  });`;
const OPEN = { open: '' };
const FILES = {
  'airflow.yaml': 'url' in server ? `store: { kind: postgres, url: "${server.url}" }\n` : '',
  'dags/chain.ts': `
import { dag } from 'orch';
import { count, step } from './chain/body.ts';
export default dag({ id: 'chain' }, (d) => {
  const numbers = d.task('numbers', () => [1, 2, 3]);
  const each = d.forEach('each', { over: numbers }, (g, item) => g.task('add', { needs: { item } }, count));
  const wait = d.task('wait', { after: [each] }, step);
  d.task('sum', { needs: { each }, after: [wait] }, ({ each }) =>
    each.reduce((sum, one) => sum + one.value, 0));
});
`,
  'dags/chain/body.ts': `${witnessModule({ step: STEP })}
export const count = ({ item }) => item + 1;
`,
};

/** One ends the scheduler, one is no request, and passwords take long to check. */
const UNASKED = new Set(['controlScheduler', 'getFigureSocket', 'logIn']);

// Skipped only where no PostgreSQL can be started; the title says why.
describe.skipIf(reason !== '')(`a project on PostgreSQL${reason}`, () => {
  test('runs, follows and keeps as on SQLite', async () => {
    await using project = tempProject({ ...FILES, ...OPEN });
    await using orch = await project.open();
    const view = await orch.run('chain');
    expect(view.run.state).toBe('success');
    expect(outputsOf(view)).toMatchObject({ sum: 9 });
    expect(await orch.project.store.checkIntegrity()).toEqual([]);
  });

  test('takes successes from the cache, and makes runs with an older version', async () => {
    const cached = (text: string) =>
      `id: cached\ntasks: { a: { run: 'echo "said=${text}" >> "$ORCH_OUTPUT"', cache: true } }\n`;
    await using project = tempProject({ ...FILES, 'dags/cached.yaml': cached('one') });
    await using orch = await project.open();
    await orch.run('cached');
    const second = await orch.run('cached');
    expect(second.tasks[0]?.because?.code).toBe('cache_hit');
    expect(outputsOf(second)).toEqual({ a: { said: 'one' } });
    const { versionNo } = second.run;
    project.write({ 'dags/cached.yaml': cached('two') });
    const third = await orch.run('cached');
    expect([third.tasks[0]?.because?.code, outputsOf(third)]).toEqual(['succeeded', { a: { said: 'two' } }]);
    const back = { type: 'rollBackDag', dagId: 'cached', versionNo, by: 'ann' } as const;
    expect(await orch.session.ask(back)).toMatchObject({ ok: true });
    const fourth = await orch.run('cached');
    expect([fourth.run.versionNo, outputsOf(fourth)]).toEqual([versionNo, { a: { said: 'one' } }]);
    expect(fourth.tasks[0]?.because?.code).toBe('cache_hit');
    expect(await orch.project.store.checkIntegrity()).toEqual([]);
  });

  test('a process that shares the database alone asks, follows and takes over', async () => {
    await using here = tempProject({ ...FILES, ...OPEN });
    await using there = tempProject(FILES);
    await using leader = await here.open();
    await using follower = await there.open();
    expect([leader.session.leading, follower.session.leading]).toEqual([true, false]);
    const view = await follower.run('chain');
    expect(view.run.state).toBe('success');
    expect(readWitness(here.dir).length).toBeGreaterThan(0);
    await leader.session.close();
    await vi.waitFor(() => expect(follower.session.leading).toBe(true), { timeout: 20_000 });
  });

  test('the API outlasts a database that is away, and streams lose nothing', async () => {
    const url = new URL('url' in server ? server.url : '');
    const proxy = await startProxy(Number(url.port));
    onTestFinished(() => proxy.close());
    url.port = String(proxy.port);
    const config = `store: { kind: postgres, url: "${url}" }\n`;
    const one = "id: away\ntasks: { only: { run: 'true' } }\n";
    await using api = await serve({ 'airflow.yaml': config, 'dags/away.yaml': one });
    const events = async (lastId: string) =>
      new EventClient(
        await api.app.request('http://localhost/api/v1/events', { headers: { 'last-event-id': lastId } }),
      );
    const stream = new EventClient(await api.app.request('http://localhost/api/v1/events'));
    const hello = (await stream.next())?.id as string;
    await api.orch.run('away');
    const before = await stream.until(isSuccess);
    const trigger = () => api.post('/api/v1/dags/away/runs', {}, { 'idempotency-key': 'away' });
    proxy.fault = 'away';
    const asked = ['/api/v1/runs', '/healthz', '/readyz'].map((path) => api.get(path));
    for (const { status, headers } of await Promise.all([...asked, trigger()])) {
      expect([status, headers.get('retry-after')]).toEqual([503, '2']);
      expect(headers.get('content-type')).toBe('application/problem+json');
    }
    const { body } = await api.get('/api/v1/system/health');
    expect(body).toMatchObject({ status: 'degraded', checks: [{ name: 'store', ok: false }, {}, {}] });
    // A stream that would begin now ends: its client comes again.
    expect(await (await events(hello)).next()).toBeNull();
    proxy.fault = 'none';
    const { status, body: run } = await trigger();
    expect(status).toBe(201);
    const isOver = (event: SentEvent) => isSuccess(event) && event.data['runId'] === run['runId'];
    const after = await stream.until(isOver);
    const resumed = await events(hello);
    expect(await resumed.until(isOver)).toEqual([...before, ...after]);
    await Promise.all([stream.close(), resumed.close()]);
  });

  test('the API refuses what the database cannot keep', async () => {
    const one = "id: one\ntaskType: true\ntasks: { only: { run: 'true' } }\n";
    await using api = await serve({ ...FILES, 'dags/one.yaml': one });
    const { run } = await api.orch.run('one');
    const real = { dagId: 'one', runId: run.uid, taskId: run.uid, version: run.versionNo, from: 1, to: 1 };
    const failed: string[] = [];
    for (const route of ROUTES) {
      if (UNASKED.has(route.id)) continue;
      for (const { url, body } of hostileRequests(route, real)) {
        const { status } = await api.send(route.method.toUpperCase(), url, body);
        if (status >= 500) failed.push(`${status} ${route.id} ${url} ${JSON.stringify(body)}`);
      }
    }
    expect(failed).toEqual([]);
  });

  test('one process leads, another follows, and both see the end', async () => {
    await using project = tempProject(FILES);
    const uid = newUid();
    const leader = new Child(TRIGGER, [project.dir, 'trigger', 'chain', uid]);
    await leader.line('leading');
    await leader.line('asked');
    const follower = new Child(TRIGGER, [project.dir, 'follow', uid]);
    await follower.line('asked');
    project.write(OPEN);
    await Promise.all([leader.line('success'), follower.line('success')]);
    expect(await Promise.all([leader.exited, follower.exited])).toEqual([0, 0]);
    expect(violations(readWitness(project.dir))).toEqual([]);
  });
});
