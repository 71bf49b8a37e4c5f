import { expect, test } from 'vitest';
import type { Config } from '../../core/config/config.ts';
import { loginCookies } from '../../server/auth/login-cookies.ts';

const PLAIN = 'orch_login=s; Path=/; Max-Age=9; HttpOnly; SameSite=Strict';
const SECURE = '__Host-orch_login=s; Path=/; Max-Age=9; HttpOnly; Secure; SameSite=Strict';

/** Where browsers reach the server, where a provider sends them back to, and the cookie. */
const rows: readonly [string | null, string | null, string][] = [
  [null, null, PLAIN],
  ['http://orch.example', null, PLAIN],
  ['https://orch.example', null, SECURE],
  ['HTTPS://orch.example', null, SECURE],
  [null, 'https://orch.example/api/v1/login/oidc/callback', SECURE],
  [null, 'http://localhost:7070/api/v1/login/oidc/callback', PLAIN],
  ['http://orch.example', 'https://orch.example/api/v1/login/oidc/callback', PLAIN],
];
test.each(rows)(
  'with the address %s and the provider going to %s the cookie is %s',
  (url, redirectUri, set) => {
    const oidc = redirectUri === null ? null : { redirectUri };
    const { login, begun } = loginCookies({ url, oidc } as unknown as Config['server']);
    expect(login.set('s', 9)).toBe(set);
    const [prefix, secure] = set === SECURE ? ['__Secure-', '; Secure'] : ['', ''];
    expect(begun.set('s', 9)).toBe(
      `${prefix}orch_oidc=s; Path=/api/v1/login/oidc; Max-Age=9; HttpOnly${secure}; SameSite=Lax`,
    );
  },
);
