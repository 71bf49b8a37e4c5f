import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { LiveAlert } from '../../core/alerting/alert-world.ts';
import { type Grant, includesRole, ROLES, type Role } from '../../core/model/account.ts';
import { SqliteConnection } from '../../core/store/sqlite/connection.ts';
import type { Lease } from '../../core/store/store.ts';
import { createApp } from '../../server/app.ts';
import type { Route } from '../../server/route.ts';
import { ROUTES } from '../../server/routes/all.ts';
import { fieldsOf, isOwned, withField } from './owned-fields.ts';
import { type Reply, type Served, serve } from './served.ts';

const FILES = {
  'dags/ours.yaml': "id: ours\nschedule: '17 3 * * *'\ntasks: { one: { run: 'echo secret of ours' } }\n",
  'dags/theirs.yaml': "id: theirs\ntasks: { one: { run: 'true' } }\n",
};

/** Bodies that fit their schemas, for routes that need one. */
const BODIES: Readonly<Record<string, object>> = {
  changeDag: { paused: false },
  rollBackDag: { version: null },
  markRun: { state: 'success' },
  createBackfill: { dagId: 'ours', from: '2026-01-01', to: '2026-01-02' },
  reportAssetEvent: { uri: 's3://a' },
  createTask: { type: 'ours' },
  createTasks: { tasks: [{ type: 'ours' }] },
  changeTask: { priority: 'high' },
  changeTasks: { action: 'cancel', filter: {} },
  decideApproval: { option: 'approve' },
  createToken: { name: 'x', grants: [{ dags: 'ours', role: 'viewer' }] },
  saveAccount: { grants: [{ dags: 'ours', role: 'viewer' }] },
  createVariable: { name: 'region', value: 'eu' },
  saveVariable: { value: 'eu' },
  createConnection: { name: 'db', connection: { type: 'generic', host: 'db' } },
  testConnection: {},
  saveConnection: { type: 'generic', host: 'db' },
  controlScheduler: { action: 'resume' },
  changeWorker: { slots: 8 },
  createSchedule: { dagId: 'ours', when: { everyMs: 86_400_000 } },
  changeConfig: { 'log.level': 'info' },
  validateConfig: { 'log.level': 'info' },
  savePool: { slots: 2 },
  logIn: { name: 'nobody', password: 'wrong' },
};
const ALERT: LiveAlert = {
  ...{ alertId: '', rule: 'r', level: 'info', type: 'run_failure', fingerprint: 'ours', group: '', count: 1 },
  ...{ title: 'secret of ours', message: '', details: {}, told: 0, state: 'open', isClosing: false },
  ...{ firstSeenAt: 1, lastSeenAt: 1, resolvedAt: null, acknowledgedBy: null, acknowledgedAt: null },
  ...{ dagId: 'ours', taskId: null, runId: null },
};
const NO_RUN = '01900000-0000-7000-8000-000000000000';
const QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  listAssetEvents: { uri: 's3://a' },
  searchTasks: { q: 'a' },
};

const protectedRoutes = ROUTES.filter(({ role }) => role !== 'public');

describe('who may do what', () => {
  let api: Served;
  let ids: Readonly<Record<string, string>>;
  const secrets = new Map<string, string>();

  async function addToken(
    name: string,
    grants: readonly Grant[],
    when: { expiresAt?: number; revokedAt?: number } = {},
  ): Promise<void> {
    const secret = newSecret();
    const token = { tokenId: randomUUID(), name, grants, createdAt: 1, createdBy: 'test', usedAt: null };
    const { expiresAt = null, revokedAt = null } = when;
    await api.services.store.accounts.saveToken({ ...token, expiresAt, revokedAt }, secretHash(secret));
    secrets.set(name, secret);
  }

  beforeAll(async () => {
    api = await serve(FILES, { isOpen: false });
    for (const role of ROLES) await addToken(role, [{ dags: '*', role }]);
    for (const role of ROLES) await addToken(`ours ${role}`, [{ dags: 'ours', role }]);
    await addToken('theirs', [{ dags: 'the*', role: 'admin' }]);
    await addToken('expired', [{ dags: '*', role: 'admin' }], { expiresAt: 1 });
    await addToken('revoked', [{ dags: '*', role: 'admin' }], { revokedAt: 1 });
    const { run } = await api.orch.run('ours');
    const { body } = await api.post('/api/v1/backfills', BODIES['createBackfill'], bearer('admin'));
    const { store } = api.services;
    const mute = { dagId: 'ours', reason: '' };
    const muted = await api.post('/api/v1/alerts/mutes', mute, bearer('admin'));
    const alert = { ...ALERT, alertId: randomUUID() };
    const decision = { alerts: [alert], groups: [], goneGroups: [] };
    const lease = { epoch: (await store.leader())?.epoch } as Lease;
    await store.alerts.record(lease, { decision, deliveries: [], seq: 0, at: 0 });
    const made = await api.post('/api/v1/schedules', BODIES['createSchedule'], bearer('admin'));
    ids = {
      dagId: 'ours',
      runId: run.uid,
      taskId: run.uid,
      taskInstanceId: `${run.runNo}.0`,
      attemptId: `${run.runNo}.0.1`,
      version: String(run.versionNo),
      from: String(run.versionNo),
      to: String(run.versionNo),
      backfillId: String(body['backfillId']),
      tokenId: 'none',
      scheduleId: String(made.body['scheduleId']),
      workerId: 'leader',
      name: 'nobody',
      sha256: '0'.repeat(64),
      alertId: alert.alertId,
      muteId: String(muted.body['muteId']),
      hookNo: '1',
    };
  });
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = (route: Route, headers: Record<string, string>, more: object = {}, named = ids) =>
    send(route, headers, { ...BODIES[route.id], ...more }, named);
  async function send(
    route: Route,
    headers: Record<string, string>,
    fields: unknown,
    named = ids,
    query: Readonly<Record<string, string>> = {},
  ) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? name);
    const body = route.body === null ? undefined : fields;
    const search = new URLSearchParams({ ...QUERIES[route.id], ...query });
    const url = search.size === 0 ? path : `${path}?${search}`;
    return route.method === 'get'
      ? api.get(url, headers)
      : api.send(route.method.toUpperCase(), url, body, headers);
  }
  /** Ids of the same form of which nothing has one. */
  const nowhere = (): typeof ids => ({
    ...ids,
    dagId: 'none',
    ...{ runId: NO_RUN, taskId: NO_RUN, scheduleId: NO_RUN, alertId: NO_RUN, muteId: NO_RUN },
    ...{ taskInstanceId: '999999.0', attemptId: '999999.0.1', backfillId: '999999' },
  });
  /** What an asker learns by a refusal: all but the ids that it named itself, and the id of the request. */
  function told({ status, body, headers }: Reply, named: typeof ids): object {
    const { instance: _, detail, ...rest } = body;
    const of = [
      'dagId',
      'taskInstanceId',
      'attemptId',
      'backfillId',
      'runId',
      'alertId',
      'muteId',
      'scheduleId',
    ];
    const words = String(detail).split(' ');
    const blank = words.map((word) => (of.some((name) => named[name] === word) ? '<id>' : word)).join(' ');
    return { status, ...rest, detail: blank, headers: [...headers.keys()].toSorted() };
  }
  const bearer = (name: string) => ({ authorization: `Bearer ${secrets.get(name)}` });

  const strangers: readonly [string, () => Record<string, string>][] = [
    ['nothing', () => ({})],
    ['a random token', () => ({ authorization: `Bearer ${newSecret()}` })],
    ['an empty token', () => ({ authorization: 'Bearer ' })],
    ['the word nothing', () => ({ authorization: 'Bearer nothing' })],
    ['an expired token', () => bearer('expired')],
    ['a revoked token', () => bearer('revoked')],
    ['a right token in another scheme', () => ({ authorization: `Basic ${secrets.get('admin')}` })],
    ['two tokens', () => ({ authorization: `Bearer ${secrets.get('admin')} ${secrets.get('admin')}` })],
    ['the hash of a token', () => ({ authorization: `Bearer ${secretHash(secrets.get('admin') ?? '')}` })],
    ['a cookie that is no login', () => ({ cookie: `orch_login=${secrets.get('admin')}` })],
  ];
  test.each(strangers)('with %s no route but the public ones answers', async (_, headers) => {
    for (const route of protectedRoutes)
      expect(await ask(route, headers()), route.id).toMatchObject({ status: 401 });
  });

  test.each(ROLES)(
    'a %s may use the routes of its role and of those below it, and no other',
    async (role: Role) => {
      for (const route of protectedRoutes) {
        const { status } = await ask(route, bearer(role));
        const may = includesRole(role, route.role as Role);
        if (may) expect([401, 403], `${role} ${route.id}`).not.toContain(status);
        else expect(status, `${role} ${route.id}`).toBe(403);
      }
    },
  );

  test('a key that no schema has is refused on every route that takes a body', async () => {
    for (const route of ROUTES.filter(({ body }) => body !== null)) {
      const { status, body } = await ask(route, bearer('admin'), { surprise: 1 });
      // Keys of the config are no schema of a body: they are looked for in that of the file.
      const isRefused = route.id === 'validateConfig' ? body['valid'] === false : [400, 422].includes(status);
      expect(isRefused, `${route.id}: ${status}`).toBe(true);
      expect(JSON.stringify(body), route.id).toContain('surprise');
    }
  });

  test('of every field that comes in it is known whether it says what of a DAG is meant', () => {
    const unknown = ROUTES.flatMap((route) =>
      fieldsOf(route).flatMap((field) => (isOwned(route, field) === null ? `${route.id}.${field.path}` : [])),
    );
    expect(unknown).toEqual([]);
  });

  /** Routes with what they need of a DAG in their path, by what an id there stands for. */
  const ofDag = protectedRoutes.filter((route) =>
    fieldsOf(route).some((field) => field.part === 'params' && isOwned(route, field)),
  );

  test('who has nothing to do with a DAG is answered as if it were not there, on every route', async () => {
    expect(ofDag.length).toBeGreaterThan(50);
    for (const route of ofDag) {
      const answer = await ask(route, bearer('theirs'));
      expect(answer.status, route.id).toBe(404);
      expect(JSON.stringify(answer.body), route.id).not.toContain('secret of ours');
      const missing = await ask(route, bearer('theirs'), {}, nowhere());
      expect(told(answer, ids), route.id).toEqual(told(missing, nowhere()));
    }
  });

  test('so it is for what a query or a body names, in every field', async () => {
    const tried: string[] = [];
    for (const route of protectedRoutes) {
      for (const { part, path } of fieldsOf(route)) {
        if (part === 'params' || !isOwned(route, { part, path })) continue;
        const name = path.split('.').at(-1) ?? '';
        const theirs = JSON.parse(JSON.stringify(BODIES[route.id] ?? {}).replaceAll('ours', 'theirs'));
        const with_ = async (named: typeof ids): Promise<object> => {
          const id = { type: named['dagId'], inputsFrom: named['runId'], taskIds: [named['runId']] }[name];
          const value = id ?? named[name];
          const base = part === 'body' ? withField(theirs, path, value) : theirs;
          const more = part === 'query' ? { [path]: String(value) } : {};
          const { status, body } = await send(
            route,
            bearer('theirs'),
            base,
            { ...ids, dagId: 'theirs' },
            more,
          );
          const { instance: _, ...rest } = body;
          const text = JSON.stringify(rest).replaceAll(String(value), '<id>');
          expect(text, `${route.id}.${path}`).not.toContain('ours');
          return { status, text };
        };
        const hidden = await with_(ids);
        expect(hidden, `${route.id}.${path}`).toEqual(await with_(nowhere()));
        tried.push(`${route.id}.${path}`);
      }
    }
    expect(tried.length).toBeGreaterThan(15);
  });

  test('what is hidden costs the statements that what is missing costs', async () => {
    const asked = new AsyncLocalStorage<string[]>();
    const { execute } = SqliteConnection.prototype;
    const spy = vi.spyOn(SqliteConnection.prototype, 'execute').mockImplementation(function (
      this: SqliteConnection,
      ...args
    ) {
      asked.getStore()?.push(args[0]);
      return execute.apply(this, args);
    });
    const statements = async (route: Route, named: typeof ids): Promise<string[]> => {
      const found: string[] = [];
      await asked.run(found, () => ask(route, bearer('theirs'), {}, named));
      return found;
    };
    // The first request notes that the token was used.
    await ask(ofDag[0] as Route, bearer('theirs'));
    let counted = 0;
    for (const route of ofDag) {
      const hidden = await statements(route, ids);
      expect(hidden, route.id).toEqual(await statements(route, nowhere()));
      counted += hidden.length;
    }
    expect(counted).toBeGreaterThan(ofDag.length);
    spy.mockRestore();
  });

  test('lists have only what the asker may see', async () => {
    const wide = protectedRoutes.filter(({ method, path }) => method === 'get' && !path.includes('{'));
    for (const route of wide) {
      const { body } = await ask(route, bearer('theirs'));
      expect(JSON.stringify(body), route.id).not.toMatch(/\bours\b/);
      expect(JSON.stringify(body), route.id).not.toContain(ids['runId']);
    }
    expect(JSON.stringify((await api.get('/api/v1/runs', bearer('admin'))).body)).toContain(ids['runId']);
    const { body } = await api.get('/api/v1/runs', bearer('ours viewer'));
    const seen = new Set((body['items'] as { dagId: string }[]).map(({ dagId }) => dagId));
    expect([...seen]).toEqual(['ours']);
  });

  test('a role for one DAG is none for what belongs to no DAG', async () => {
    for (const route of ROUTES.filter(({ tag }) =>
      ['accounts', 'audit', 'assets', 'variables', 'connections', 'pools'].includes(tag),
    ).concat(ROUTES.filter(({ id }) => id === 'readSystemLogs'))) {
      if (route.role === 'public' || ['getMe', 'logOut'].includes(route.id)) continue;
      expect(await ask(route, bearer('ours admin')), route.id).toMatchObject({ status: 403 });
    }
  });

  test('nobody gives away more than they have, and a token that is ended ends at once', async () => {
    await addToken('half', [
      { dags: '*', role: 'operator' },
      { dags: 'ours', role: 'admin' },
    ]);
    await addToken('chief', [{ dags: '*', role: 'admin' }]);
    const made = await api.post(
      '/api/v1/tokens',
      { name: 'ci', grants: [{ dags: 'ours', role: 'operator' }] },
      bearer('chief'),
    );
    expect(made).toMatchObject({ status: 201, body: { secret: expect.stringMatching(/^orch_/) } });
    const { secret, token } = made.body as { secret: string; token: { tokenId: string } };
    const mine = { authorization: `Bearer ${secret}` };
    expect(await api.get('/api/v1/me', mine)).toMatchObject({ body: { name: 'token:ci' } });
    const list = await api.get('/api/v1/tokens', bearer('chief'));
    expect(JSON.stringify(list.body)).not.toContain(secret);
    const ended = await api.send('DELETE', `/api/v1/tokens/${token.tokenId}`, undefined, bearer('chief'));
    expect(ended.status).toBe(204);
    expect((await api.get('/api/v1/me', mine)).status).toBe(401);
    expect((await api.post('/api/v1/tokens', BODIES['createToken'], bearer('half'))).status).toBe(403);
  });

  test('a token that ends while the body of a request comes does nothing by it', async () => {
    await addToken('slow', [{ dags: '*', role: 'admin' }]);
    const { accounts } = api.services.store;
    let lateMs = 0;
    const clock = { ...api.services.clock, mono: () => api.services.clock.mono() + lateMs };
    const app = createApp({ ...api.services, clock });
    const { tokenId = '' } = (await accounts.tokens()).find(({ name }) => name === 'slow') ?? {};
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await accounts.revokeToken(tokenId, 1);
          lateMs = 1_000;
          controller.enqueue(new TextEncoder().encode(JSON.stringify(BODIES['createToken'])));
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { ...bearer('slow'), 'content-type': 'application/json' };
    const init: RequestInit = { method: 'POST', headers, body, duplex: 'half' };
    expect((await app.request('http://localhost/api/v1/tokens', init)).status).toBe(401);
  });

  test('a schedule is refused once who made it has lost the right; who resumes it has it', async () => {
    await addToken('leaver', [{ dags: 'ours', role: 'operator' }]);
    const made = await api.post('/api/v1/schedules', BODIES['createSchedule'], bearer('leaver'));
    expect(made.body).toMatchObject({ createdBy: 'token:leaver', refused: null });
    const path = `/api/v1/schedules/${made.body['scheduleId']}`;
    const { accounts } = api.services.store;
    const { tokenId = '' } = (await accounts.tokens()).find(({ name }) => name === 'leaver') ?? {};
    await accounts.revokeToken(tokenId, 1);
    const refused = { code: 'schedule_refused', who: 'token leaver', why: 'is revoked' };
    expect((await api.get(path, bearer('ours viewer'))).body).toMatchObject({ refused });
    const { body: why } = await api.get('/api/v1/dags/ours/why', bearer('ours viewer'));
    expect(why['also']).toMatchObject([refused]);
    const resumed = await api.post(`${path}/resume`, {}, bearer('ours operator'));
    expect(resumed.body).toMatchObject({ refused: null, createdBy: 'token:leaver' });
    await api.send('DELETE', path, undefined, bearer('admin'));
  });

  test('that a token was used is noted now and then, not with each request', async () => {
    await addToken('busy', [{ dags: '*', role: 'viewer' }]);
    const noting = vi.spyOn(api.services.store.accounts, 'tokenUsed');
    const ask = () => api.get('/api/v1/me', bearer('busy'));
    await Promise.all([ask(), ask(), ask()]);
    await ask();
    expect(noting).toHaveBeenCalledTimes(1);
    noting.mockRestore();
  });

  test('a browser logs in with a password; a change needs a page of this server', async () => {
    const password = 'correct horse battery';
    const account = { grants: [{ dags: 'ours', role: 'operator' }], password };
    await api.send('PUT', '/api/v1/users/ann', account, bearer('admin'));
    const wrong = await api.post('/api/v1/login', { name: 'ann', password: 'wrong' });
    const nobody = await api.post('/api/v1/login', { name: 'bob', password });
    expect([wrong.status, nobody.status]).toEqual([401, 401]);
    expect(wrong.body['detail']).toBe(nobody.body['detail']);
    const login = await api.post('/api/v1/login', { name: 'ann', password });
    const { body: audit } = await api.get('/api/v1/audit?action=logIn', bearer('admin'));
    expect(audit['items']).toMatchObject([
      { actor: 'ann', status: 200 },
      { actor: 'nobody', status: 401 },
      { actor: 'ann', status: 401 },
    ]);
    const text = login.headers.get('set-cookie') ?? '';
    expect(text).toMatch(/^orch_login=orch_\S+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const cookie = text.split(';')[0] ?? '';
    expect(await api.get('/api/v1/me', { cookie })).toMatchObject({ status: 200, body: { name: 'ann' } });
    const trigger = (headers: Record<string, string>) => api.post('/api/v1/dags/ours/runs', {}, headers);
    expect((await trigger({ cookie })).status).toBe(403);
    expect((await trigger({ cookie, 'x-orch-page': '1', origin: 'http://evil.example' })).status).toBe(403);
    expect((await trigger({ cookie, 'x-orch-page': '1', origin: 'null' })).status).toBe(403);
    expect((await trigger({ cookie, 'x-orch-page': '1', origin: 'http://localhost' })).status).toBe(201);
    expect((await trigger({ cookie, 'x-orch-page': '1', origin: 'https://localhost' })).status).toBe(201);
    const { accounts } = api.services.store;
    const before = await accounts.account('ann');
    await api.send('PUT', '/api/v1/users/ann', { ...account, disabled: true }, bearer('admin'));
    expect((await api.get('/api/v1/me', { cookie })).status).toBe(401);
    vi.spyOn(accounts, 'account').mockResolvedValueOnce(before);
    const late = await api.post('/api/v1/login', { name: 'ann', password });
    expect([late.status, late.headers.get('set-cookie')]).toEqual([401, null]);
  });

  test('every change stands in the audit log, refused ones too, and no secret does', async () => {
    await api.post('/api/v1/dags/ours/runs', {}, { ...bearer('operator'), 'x-request-id': 'r-1' });
    const { body } = await api.get('/api/v1/audit?actor=token:operator&limit=1', bearer('admin'));
    expect(body['items']).toEqual([
      {
        at: expect.any(String),
        actor: 'token:operator',
        action: 'triggerRun',
        target: 'dagId=ours',
        requestId: 'r-1',
        status: 201,
      },
    ]);
    const all = JSON.stringify((await api.get('/api/v1/audit?limit=500', bearer('admin'))).body);
    for (const secret of secrets.values()) expect(all).not.toContain(secret);
    expect(all).toContain('"status":403');
  });
});
