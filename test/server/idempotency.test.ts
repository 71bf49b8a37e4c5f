import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { Role } from '../../core/model/account.ts';
import { createApp } from '../../server/app.ts';
import { type Served, serve } from './served.ts';

const FILES = { 'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n" };
const RUNS = '/api/v1/dags/one/runs';

describe('a request with an Idempotency-Key', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES);
  });
  afterAll(() => api[Symbol.asyncDispose]());
  const count = async () => ((await api.get('/api/v1/runs')).body['items'] as unknown[]).length;

  test('is answered as before when it comes again, and done once', async () => {
    const before = await count();
    const first = await api.post(RUNS, {}, { 'idempotency-key': 'a' });
    const second = await api.post(RUNS, {}, { 'idempotency-key': 'a' });
    expect(second).toMatchObject({ status: 201, body: first.body });
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(await count()).toBe(before + 1);
    expect((await api.post(RUNS, {}, { 'idempotency-key': 'b' })).body['runId']).not.toBe(
      first.body['runId'],
    );
  });

  test('is refused when its key stands for another one', async () => {
    await api.post(RUNS, {}, { 'idempotency-key': 'c' });
    const other = await api.post(RUNS, { noCache: true }, { 'idempotency-key': 'c' });
    expect(other).toMatchObject({ status: 422, body: { type: 'urn:orch:error:key_used' } });
    expect((await api.post(RUNS, {}, { 'idempotency-key': 'ä' })).status).toBe(400);
  });

  test('is that of one asker: another one of the same name has keys of its own', async () => {
    const { store, clock } = api.services;
    const grants = [{ dags: '*', role: 'operator' }] as const;
    const asks = await Promise.all(
      ['first', 'second'].map(async (tokenId) => {
        const secret = newSecret();
        const token = { tokenId, name: 'ci', grants, createdAt: clock.now(), createdBy: 'test' };
        await store.accounts.saveToken(
          { ...token, expiresAt: null, usedAt: null, revokedAt: null },
          secretHash(secret),
        );
        return { authorization: `Bearer ${secret}`, 'idempotency-key': 'shared' };
      }),
    );
    const runs = await Promise.all(asks.map((headers) => api.post(RUNS, {}, headers)));
    expect(runs.map(({ status }) => status)).toEqual([201, 201]);
    expect(runs[0]?.body['runId']).not.toBe(runs[1]?.body['runId']);
  });

  test('is not answered as before when its asker has other rights', async () => {
    const { store, clock } = api.services;
    const secret = newSecret();
    const eve = { name: 'eve', passwordHash: null, disabled: false, createdAt: 1, createdBy: 'test' };
    const may = (role: Role) =>
      store.accounts.changeAccount('eve', () => ({ ...eve, grants: [{ dags: 'one', role }] }));
    const { account } = await may('operator');
    await store.accounts.logIn(account, secretHash(secret), clock.now(), clock.now() + 60_000);
    const headers = { cookie: `orch_login=${secret}`, 'x-orch-page': '1', 'idempotency-key': 'rights' };
    const again = async () => (await api.post(RUNS, {}, headers)).status;
    expect([await again(), await again()]).toEqual([201, 201]);
    await may('viewer');
    expect(await again()).toBe(422);
  });

  test('is refused while the first one is answered', async () => {
    const asked = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { services } = api;
    const ask: typeof services.ask = async (...given) => {
      asked.resolve();
      await go.promise;
      return services.ask(...given);
    };
    const slow = createApp({ ...services, ask });
    const headers = { 'idempotency-key': 'd', 'content-type': 'application/json' };
    const first = slow.request(`http://localhost${RUNS}`, { method: 'POST', body: '{}', headers });
    await asked.promise;
    expect((await api.post(RUNS, {}, { 'idempotency-key': 'd' })).status).toBe(409);
    go.resolve();
    expect((await first).status).toBe(201);
    expect((await api.post(RUNS, {}, { 'idempotency-key': 'd' })).status).toBe(201);
  });

  test('is done once although the server died before it had answered', async () => {
    const before = await count();
    const { services } = api;
    const asked = Promise.withResolvers<void>();
    const ask: typeof services.ask = async (...given) => {
      await services.ask(...given);
      asked.resolve();
      return new Promise<never>(() => {});
    };
    const headers = { 'idempotency-key': 'e', 'content-type': 'application/json' };
    void createApp({ ...services, ask }).request(`http://localhost${RUNS}`, {
      method: 'POST',
      body: '{}',
      headers,
    });
    await asked.promise;
    const later = { ...services.clock, now: () => services.clock.now() + 61_000 };
    const response = await createApp({ ...services, clock: later }).request(`http://localhost${RUNS}`, {
      method: 'POST',
      body: '{}',
      headers,
    });
    expect(response.status).toBe(201);
    expect(await count()).toBe(before + 1);
  });
});

test('what is no request is refused, and keeps no other from being decided', async () => {
  await using api = await serve(FILES);
  const { store } = api.services;
  const inboxId = await store.ask('no request' as never, 1);
  expect((await api.post(RUNS)).status).toBe(201);
  expect(await store.answer(inboxId)).toMatchObject({ ok: false, message: 'the request cannot be read' });
});
