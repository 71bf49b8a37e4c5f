import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { AccountRecord } from '../../core/model/account.ts';
import { createApp } from '../../server/app.ts';
import { loginCookies } from '../../server/auth/login-cookies.ts';
import { OidcProvider } from '../../server/auth/oidc-provider.ts';
import { CLIENT, type LoginProvider, loginProvider, type Twist } from './login-provider.ts';
import { type Reply, type Served, serve } from './served.ts';

const BEGIN = '/api/v1/login/oidc';
const ANN = { sub: 'ann-1', preferred_username: 'ann', email: 'ann@example.com', groups: ['staff', 'ops'] };

describe('a login by a provider', () => {
  let provider: LoginProvider;
  let api: Served;
  beforeAll(async () => {
    provider = await loginProvider();
    const oidc = {
      ...{ issuer: provider.issuer, clientId: CLIENT.id, label: 'Example' },
      redirectUri: 'http://localhost:7070/api/v1/login/oidc/callback',
      roles: { ops: 'operator', boss: 'admin', market: { role: 'author', dags: 'market_*' } },
    };
    api = await serve(
      {
        'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n",
        'airflow.yaml': JSON.stringify({ server: { oidc } }),
        '.env': `ORCH__SERVER__OIDC__CLIENT_SECRET="${CLIENT.secret}"\n`,
      },
      { isOpen: false },
    );
  });
  afterAll(async () => {
    await api[Symbol.asyncDispose]();
    await provider[Symbol.asyncDispose]();
  });

  const cookieOf = (reply: Reply, name: string): string =>
    reply.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)) ?? '';
  const begin = async () => {
    const reply = await api.get(BEGIN);
    const cookie = cookieOf(reply, 'orch_oidc').split(';')[0] ?? '';
    return { reply, cookie, url: reply.headers.get('location') ?? '' };
  };
  const logIn = async (claims: Parameters<LoginProvider['enter']>[1], twist?: Twist): Promise<Reply> => {
    const { cookie, url } = await begin();
    return api.get(provider.enter(url, claims, twist), { cookie });
  };
  const grantsOf = async (login: Reply): Promise<unknown> => {
    const [cookie = ''] = cookieOf(login, 'orch_login').split(';');
    return (await api.get('/api/v1/me', { cookie })).body;
  };

  test('leads to the provider and back to a session with the rights of the claims', async () => {
    const { reply, url, cookie } = await begin();
    expect(reply.status).toBe(302);
    expect(cookieOf(reply, 'orch_oidc')).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(url.startsWith(`${provider.issuer}/enter?`)).toBe(true);
    expect(url).toContain('code_challenge_method=S256');
    expect(url).not.toContain(encodeURIComponent(CLIENT.secret));
    const login = await api.get(provider.enter(url, ANN), { cookie });
    expect([login.status, login.headers.get('location')]).toEqual([302, '/']);
    expect(cookieOf(login, 'orch_login')).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(await grantsOf(login)).toEqual({ name: 'ann', grants: [{ dags: '*', role: 'operator' }] });
    const audit = await api.services.store.audit.entries({ limit: 1, action: 'finishOidcLogin' });
    expect(audit[0]).toMatchObject({ actor: 'ann', status: 302, target: '' });
    const session = { cookie: cookieOf(login, 'orch_login').split(';')[0] ?? '', 'x-orch-page': '1' };
    expect((await api.post('/api/v1/logout', {}, session)).status).toBe(204);
    expect((await api.get('/api/v1/me', session)).status).toBe(401);
  });

  test('is offered where it is configured, and passwords stay', async () => {
    const { body } = await api.get('/api/v1/login/methods');
    expect(body).toEqual({ password: true, oidc: { label: 'Example', path: BEGIN } });
    const without = createApp({ ...api.services, oidc: null }, { isOpen: false });
    expect((await without.request(`http://localhost${BEGIN}`)).status).toBe(404);
  });

  const now = Math.floor(Date.now() / 1_000);
  const BAD: readonly [string, Twist][] = [
    ['another nonce', { claims: { nonce: 'other' } }],
    ['another audience', { claims: { aud: 'somebody else' } }],
    ['another issuer', { claims: { iss: 'https://evil.example' } }],
    ['an id token that is over', { claims: { iat: now - 7_200, exp: now - 3_600 } }],
    ['an id token without signature', { alg: 'none' }],
    ['the key of another provider', { isForeign: true }],
  ];
  test.each(BAD)('with %s is refused', async (_, twist) => {
    const login = await logIn(ANN, twist);
    expect(login.status).toBe(401);
    expect(login.body['detail']).toBe('the answer of the login provider is not valid');
    expect(login.headers.getSetCookie()).toEqual([]);
    const [entry] = await api.services.store.audit.entries({ limit: 1, action: 'finishOidcLogin' });
    expect(entry).toMatchObject({ actor: 'nobody', status: 401 });
  });

  test('is finished once, by the browser that began it, with the state that it was given', async () => {
    const { cookie, url } = await begin();
    const back = provider.enter(url, ANN);
    const other = await begin();
    expect((await api.get(back)).status).toBe(401);
    expect((await api.get(back, { cookie: other.cookie })).status).toBe(401);
    expect((await api.get(back.replace(/state=[^&]+/, 'state=x'), { cookie })).status).toBe(401);
    expect((await api.get(back, { cookie })).status).toBe(401);
    const again = await begin();
    const used = provider.enter(again.url, ANN);
    expect((await api.get(used, { cookie: again.cookie })).status).toBe(302);
    expect((await api.get(used, { cookie: again.cookie })).status).toBe(401);
    // The code itself is good once as well.
    const third = await begin();
    const state = new URL(third.url).searchParams.get('state') ?? '';
    const replayed = used.replace(/state=[^&]+/, `state=${state}`);
    expect((await api.get(replayed, { cookie: third.cookie })).status).toBe(401);
  });

  test('a cookie of a login that is over goes away, so that there is a way in again', async () => {
    const cookie = `orch_login=${newSecret()}`;
    const reply = await api.get('/api/v1/me', { cookie });
    expect([reply.status, cookieOf(reply, 'orch_login')]).toEqual([
      401,
      'orch_login=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    ]);
  });

  test('a cookie of a login that is over does not stop a browser on its way to a new one', async () => {
    const over = `orch_login=${newSecret()}`;
    const begun = await api.get(BEGIN, { cookie: over });
    expect(begun.status).toBe(302);
    const cookie = cookieOf(begun, 'orch_oidc').split(';')[0] ?? '';
    const back = provider.enter(begun.headers.get('location') ?? '', ANN);
    const login = await api.get(back, { cookie: `${over}; ${cookie}` });
    expect(login.status).toBe(302);
    expect(await grantsOf(login)).toMatchObject({ name: 'ann' });
    const away = { accept: 'text/html', cookie: over };
    expect((await api.get(`${BEGIN}/callback?error=no`, away)).headers.get('content-type')).toContain('html');
  });

  test('behind TLS only the cookie that no neighbour can set is a login', async () => {
    const { config, store, clock } = api.services;
    const cookies = loginCookies({ ...config.server, url: 'https://orch.example' });
    const app = createApp({ ...api.services, loginCookies: cookies }, { isOpen: false });
    await logIn(ANN);
    const secret = newSecret();
    const ann = (await store.accounts.account('ann')) as AccountRecord;
    await store.accounts.logIn(ann, secretHash(secret), clock.now(), clock.now() + 60_000);
    const me = async (name: string): Promise<number> => {
      const headers = { cookie: `${name}=${secret}` };
      return (await app.request('http://localhost/api/v1/me', { headers })).status;
    };
    expect([await me('orch_login'), await me('__Host-orch_login')]).toEqual([401, 200]);
    const out = await app.request('http://localhost/api/v1/me', {
      headers: { cookie: '__Host-orch_login=x' },
    });
    expect(out.headers.get('set-cookie')).toMatch(
      /^__Host-orch_login=; Path=\/; Max-Age=0; HttpOnly; Secure; /,
    );
  });

  test('says that the provider has refused, and nothing that it wrote', async () => {
    const { cookie, url } = await begin();
    const state = new URL(url).searchParams.get('state');
    const query = `state=${state}&error=access_denied&error_description=secret+words`;
    const { status, body } = await api.get(`${BEGIN}/callback?${query}`, { cookie });
    expect([status, body['detail']]).toEqual([401, 'the login provider has refused the login']);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test('a browser that is not let in is shown a page, with nothing of its request', async () => {
    const { cookie, url } = await begin();
    const state = new URL(url).searchParams.get('state');
    const query = `state=${state}&error=%3Cscript%3E&error_description=secret+words`;
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
    const { status, headers, body } = await api.get(`${BEGIN}/callback?${query}`, { cookie, accept });
    expect([status, headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(body['text']).toContain('<p>the login provider has refused the login.</p>');
    expect(body['text']).toContain('<a href="/">');
    expect(body['text']).not.toMatch(/script|secret/);
    const again = await begin();
    const none = provider.enter(again.url, { sub: 'none', preferred_username: 'none' });
    const refused = await api.get(none, { cookie: again.cookie, accept });
    expect(refused.status).toBe(403);
    expect(refused.body['text']).toContain('you have no role here: ask an admin of this server');
  });

  test('lets nobody in without a role, and takes the role from who had one', async () => {
    const { accounts } = api.services.store;
    for (const groups of [undefined, [], ['OPS'], 'operators', { ops: true }, ['xops']])
      expect((await logIn({ sub: 'new', preferred_username: 'new', groups })).status).toBe(403);
    expect(await accounts.account('new')).toBeNull();
    const first = await logIn({ sub: 'bob', preferred_username: 'bob', groups: ['ops', 'boss'] });
    expect(await grantsOf(first)).toMatchObject({ grants: [{ role: 'admin' }] });
    const part = await logIn({ sub: 'eve', preferred_username: 'eve', groups: ['market'] });
    expect(await grantsOf(part)).toEqual({ name: 'eve', grants: [{ dags: 'market_*', role: 'author' }] });
    const second = await logIn({ sub: 'bob', preferred_username: 'bob', groups: 'ops' });
    expect(await grantsOf(first)).toMatchObject({ grants: [{ role: 'operator' }] });
    expect((await logIn({ sub: 'bob', preferred_username: 'bob', groups: [] })).status).toBe(403);
    expect(await grantsOf(second)).toMatchObject({ status: 401 });
  });

  test('keeps out who is disabled', async () => {
    const { accounts } = api.services.store;
    await logIn({ ...ANN, sub: 'carl', preferred_username: 'carl' });
    const carl = await accounts.account('carl');
    const disabled = { ...(carl as NonNullable<typeof carl>), disabled: true };
    await accounts.changeAccount(disabled.name, () => disabled);
    const login = await logIn({ ...ANN, sub: 'carl', preferred_username: 'carl' });
    expect([login.status, login.headers.getSetCookie()]).toEqual([403, []]);
  });

  test('is never that of an account with the same name or e-mail', async () => {
    const { accounts } = api.services.store;
    const grants = [{ dags: '*', role: 'admin' as const }];
    const local = { passwordHash: 'x', grants, disabled: false, createdAt: 1, createdBy: 'a' };
    await accounts.changeAccount('root', () => ({ ...local, name: 'root' }));
    const claims = { sub: 'mallory', preferred_username: 'root', email: 'root', groups: ['ops'] };
    const { name, grants: given } = (await grantsOf(await logIn(claims))) as {
      name: string;
      grants: unknown;
    };
    expect(name).toMatch(/^root\+[0-9a-f]{32}$/);
    expect(given).toEqual([{ dags: '*', role: 'operator' }]);
    expect(await accounts.account('root')).toMatchObject({ grants, passwordHash: 'x' });
    // Another subject with the name of an account from outside is somebody else as well.
    const other = (await grantsOf(
      await logIn({ ...claims, sub: 'm2', preferred_username: 'ann' }),
    )) as object;
    expect(other).not.toMatchObject({ name: 'ann' });
  });

  test('is told that the provider is away, and tries it anew', async () => {
    const { server } = api.services.config;
    const gone = await loginProvider();
    const oidc = { ...(server.oidc as NonNullable<typeof server.oidc>), issuer: gone.issuer };
    await gone[Symbol.asyncDispose]();
    const app = createApp({ ...api.services, oidc: new OidcProvider(oidc, api.services.clock) });
    const response = await app.request(`http://localhost${BEGIN}`);
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      503,
      'the login provider does not answer as one: try again',
    ]);
    const page = await app.request(`http://localhost${BEGIN}`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await page.text()).toContain('<p>the login provider does not answer as one: try again.</p>');
  });
});
