import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type ClientAuthMethod } from 'oidc-provider';
import { CLIENT } from './login-provider.ts';

/** What a provider is to be like. */
export interface ProviderOptions {
  readonly redirectUri: string;
  readonly auth: ClientAuthMethod;
  /** Whether the id token has the claims of the scopes, or only what the provider is asked about a person. */
  readonly hasClaimsInToken: boolean;
}

/** A provider as others run one, and a person who is known to it by a name and groups. */
export interface CertifiedProvider extends AsyncDisposable {
  readonly issuer: string;
  /** How each request for tokens showed the secret: it takes both ways, whatever it says of itself. */
  readonly shown: readonly ClientAuthMethod[];
  /** Follows it as the browser of that person, to where it sends back to. */
  visit(url: string, accountId: string): Promise<string>;
}

const SCOPES = ['openid', 'profile', 'groups'];

/** Starts `oidc-provider`, which is certified as a provider of OpenID Connect, on the loopback address. */
export async function certifiedProvider(options: ProviderOptions): Promise<CertifiedProvider> {
  let answer: (request: IncomingMessage, response: ServerResponse) => unknown = () => {};
  const server = createServer((request, response) => answer(request, response));
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = await providerAt(issuer, options);
  const callback = provider.callback();
  let who = '';
  const shown: ClientAuthMethod[] = [];
  answer = (request, response) => {
    const { url = '', headers } = request;
    if (url === '/token') shown.push(headers.authorization ? 'client_secret_basic' : 'client_secret_post');
    return url.startsWith('/interaction/')
      ? interact(provider, who, request, response)
      : callback(request, response);
  };
  return {
    ...{ issuer, shown },
    visit: (url, accountId) => {
      who = accountId;
      return visit(url, options.redirectUri);
    },
    [Symbol.asyncDispose]: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function providerAt(
  issuer: string,
  { redirectUri, auth, hasClaimsInToken }: ProviderOptions,
): Promise<Provider> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return new Provider(issuer, {
    clients: [
      {
        ...{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] },
        ...{ token_endpoint_auth_method: auth, response_types: ['code'] },
      },
    ],
    clientAuthMethods: [auth],
    scopes: SCOPES,
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    conformIdTokenClaims: !hasClaimsInToken,
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, preferred_username: accountId, groups: ['staff', 'ops'] }),
    }),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key of these tests'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 60, IdToken: 60 },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'k', alg: 'RS256', use: 'sig' }] },
  });
}

/** Logs the person in, and lets the client know what it asks for. */
async function interact(
  provider: Provider,
  accountId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { prompt } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login')
    return provider.interactionFinished(request, response, { login: { accountId } });
  const grant = new provider.Grant({ accountId, clientId: CLIENT.id });
  grant.addOIDCScope(SCOPES.join(' '));
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

/** Goes where it is sent, with the cookies that it is given, until that is the client. */
async function visit(url: string, redirectUri: string): Promise<string> {
  const cookies = new Map<string, string>();
  for (let at = url; ; ) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
    const reply = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const text of reply.headers.getSetCookie()) {
      const [name = '', value = ''] = (text.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    const to = reply.headers.get('location');
    if (to === null) throw new Error(`${at} leads nowhere: ${reply.status} ${await reply.text()}`);
    at = new URL(to, at).href;
    if (at.startsWith(redirectUri)) return `${new URL(at).pathname}${new URL(at).search}`;
  }
}
