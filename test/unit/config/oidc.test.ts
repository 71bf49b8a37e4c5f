import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { loadConfigWithOrigins } from '../../../core/config/load-config.ts';

const RIGHT = {
  ...{
    issuer: 'https://id.example',
    clientId: 'orch',
    roles: { '/team/a.b': 'viewer', m: { role: 'author', dags: 'market_*' } },
  },
  redirectUri: 'https://orch.example/api/v1/login/oidc/callback',
};
const SECRET = { ORCH__SERVER__OIDC__CLIENT_SECRET: 'quite-secret' };
const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function load(oidc: object, env: { readonly [name: string]: string } = {}) {
  const projectDir = mkdtempSync(join(tmpdir(), 'orch-oidc-'));
  dirs.push(projectDir);
  writeFileSync(join(projectDir, 'airflow.yaml'), JSON.stringify({ server: { oidc } }));
  return loadConfigWithOrigins({ projectDir, env, cores: 2 });
}

test('has what is said, its secret from the environment, which is not shown', () => {
  const { config, entries } = load(RIGHT, SECRET);
  expect(config.server.oidc).toMatchObject({ clientSecret: 'quite-secret', nameClaim: 'preferred_username' });
  expect(config.server.oidc?.roles).toEqual(
    new Map([
      ['/team/a.b', { dags: '*', role: 'viewer' }],
      ['m', { dags: 'market_*', role: 'author' }],
    ]),
  );
  expect(JSON.stringify(entries)).not.toContain('quite-secret');
});

test.each([
  [{ ...RIGHT, issuer: 'http://id.example' }, 'https://'],
  [{ ...RIGHT, issuer: 'http://127.0.0.1.example' }, 'https://'],
  [{ ...RIGHT, issuer: 'https://id.example/?x=1' }, 'https://'],
  [{ ...RIGHT, redirectUri: 'http://orch.example/api/v1/login/oidc/callback' }, 'https://'],
  [{ ...RIGHT, redirectUri: 'https://orch.example/' }, 'must end in'],
  [{ ...RIGHT, scopes: ['email'] }, "must have 'openid'"],
  [{ ...RIGHT, clientSecret: 'written-down' }, 'does not stand here'],
  [{ ...RIGHT, roles: { a: 'root' } }, "'viewer'"],
  [{ ...RIGHT, roles: { a: { role: 'viewer', dags: '*x' } } }, 'dags'],
  [{ ...RIGHT, roles: { a: { dags: 'x' } } }, "needs 'role'"],
  [{ issuer: 'https://id.example' }, "needs 'clientId'"],
])('%j is refused', (oidc, why) => {
  let said = '';
  try {
    load(oidc);
  } catch (error) {
    said = JSON.stringify([String(error), (error as { details?: unknown }).details]);
  }
  expect(said).toContain(why);
  expect(said).not.toContain('written-down');
});

test.each(['http://localhost:9', 'http://127.0.0.1:9', 'http://[::1]:9'])(
  '%s is on this machine',
  (issuer) => {
    expect(load({ ...RIGHT, issuer }).config.server.oidc?.issuer).toBe(issuer);
  },
);
