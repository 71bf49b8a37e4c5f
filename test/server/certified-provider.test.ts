import { expect, test } from 'vitest';
import { certifiedProvider, type ProviderOptions } from './certified-provider.ts';
import { CLIENT } from './login-provider.ts';
import { serve } from './served.ts';

const BEGIN = '/api/v1/login/oidc';
const redirectUri = `http://localhost:7070${BEGIN}/callback`;

const KINDS: readonly [string, Omit<ProviderOptions, 'redirectUri'>][] = [
  ['with claims in the id token', { auth: 'client_secret_basic', hasClaimsInToken: true }],
  ['that tells claims only when asked', { auth: 'client_secret_basic', hasClaimsInToken: false }],
  ['that takes the secret in the body', { auth: 'client_secret_post', hasClaimsInToken: true }],
];

test.each(KINDS)('a certified provider %s lets a person in with the roles of the groups', async (_, kind) => {
  await using provider = await certifiedProvider({ redirectUri, ...kind });
  const oidc = {
    ...{ issuer: provider.issuer, clientId: CLIENT.id, redirectUri },
    ...{ scopes: ['openid', 'profile', 'groups'], roles: { ops: 'operator' } },
  };
  await using api = await serve(
    {
      'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n",
      'airflow.yaml': JSON.stringify({ server: { oidc } }),
      '.env': `ORCH__SERVER__OIDC__CLIENT_SECRET="${CLIENT.secret}"\n`,
    },
    { isOpen: false },
  );
  const begun = await api.get(BEGIN);
  const [cookie = ''] = (begun.headers.getSetCookie()[0] ?? '').split(';');
  const back = await provider.visit(begun.headers.get('location') ?? '', 'ann');
  const login = await api.get(back, { cookie });
  expect([login.status, login.headers.get('location')]).toEqual([302, '/']);
  const session = login.headers.getSetCookie().find((one) => one.startsWith('orch_login=')) ?? '';
  const me = await api.get('/api/v1/me', { cookie: session.split(';')[0] ?? '' });
  expect(me.body).toEqual({ name: 'ann', grants: [{ dags: '*', role: 'operator' }] });
  expect((await api.get(back, { cookie })).status).toBe(401);
  expect(provider.shown).toEqual([kind.auth]);
});
