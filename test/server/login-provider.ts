import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';

/** What the id token of the next login is, where it is not right. */
export interface Twist {
  readonly claims?: JWTPayload;
  readonly alg?: 'none';
  /** Signed by the key of another provider under the name of the right one. */
  readonly isForeign?: boolean;
}

/** A provider of logins on the loopback address, with real signatures and codes that are good once. */
export interface LoginProvider extends AsyncDisposable {
  readonly issuer: string;
  /** Logs somebody in as a browser that was sent there does: the address that it is sent back to. */
  enter(url: string, claims: JWTPayload, twist?: Twist): string;
}

export const CLIENT = { id: 'orch', secret: 'secret of the client' } as const;

/** Starts a provider. */
export async function loginProvider(): Promise<LoginProvider> {
  const [own, foreign] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { readonly token: Promise<string> | string; readonly challenge: string }>();
  const server = createServer(async (request, response) => {
    const json = (body: object, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.url === '/.well-known/openid-configuration')
      return json({
        ...{ issuer, authorization_endpoint: `${issuer}/enter`, token_endpoint: `${issuer}/token` },
        ...{ jwks_uri: `${issuer}/keys`, response_types_supported: ['code'] },
        ...{ subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] },
      });
    if (request.url === '/keys') return json({ keys: [jwk] });
    let text = '';
    for await (const part of request) text += String(part);
    const form = new URLSearchParams(text);
    const code = form.get('code') ?? '';
    const held = codes.get(code);
    codes.delete(code);
    const secret = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
    const hash = await crypto.subtle.digest(
      'SHA-256',
      new TextEncoder().encode(form.get('code_verifier') ?? ''),
    );
    const isRight =
      decodeURIComponent(secret.replaceAll('+', ' ')) === `${CLIENT.id}:${CLIENT.secret}` &&
      held?.challenge === Buffer.from(hash).toString('base64url');
    if (held === undefined || !isRight) return json({ error: 'invalid_grant' }, 400);
    json({ access_token: 'a', token_type: 'Bearer', expires_in: 60, id_token: await held.token });
  });
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    enter: (url, claims, twist = {}) => {
      const asked = new URL(url).searchParams;
      const now = Math.floor(Date.now() / 1_000);
      const nonce = asked.get('nonce') ?? '';
      const all = { iss: issuer, aud: CLIENT.id, iat: now, exp: now + 60, nonce, ...claims, ...twist.claims };
      const signed = new SignJWT(all).setProtectedHeader({ alg: 'RS256', kid: 'k' });
      const key = twist.isForeign ? foreign.privateKey : own.privateKey;
      const token = twist.alg === 'none' ? new UnsecuredJWT(all).encode() : signed.sign(key);
      const code = crypto.randomUUID();
      codes.set(code, { token, challenge: asked.get('code_challenge') ?? '' });
      const back = new URL(asked.get('redirect_uri') ?? '');
      back.search = String(
        new URLSearchParams({ code, state: asked.get('state') ?? '', session_state: 's' }),
      );
      return `${back.pathname}${back.search}`;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
