import { Type } from 'typebox';
import { enterFromOutside } from '../../core/accounts/outside-login.ts';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import { AppError } from '../../core/model/errors.ts';
import { loginCookie } from '../auth/authenticate.ts';
import { LOGIN_BEGUN_MS, type OidcProvider, type OutsidePerson } from '../auth/oidc-provider.ts';
import { STATUS } from '../problem.ts';
import { API, type Route, route } from '../route.ts';
import { exact, orNull } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { LOGIN_MS } from './login.ts';

const tag = 'accounts';
const BEGIN_PATH = `${API}/login/oidc`;
/** Where the provider sends browsers back to. */
export const OIDC_CALLBACK = `${BEGIN_PATH}/callback`;
/** Binds a login to the browser that began it. Lax: the provider is another site, and sends browsers back. */
const BEGUN_COOKIE = 'orch_oidc';

function begunCookie(secret: string, maxAgeS: number): string {
  return `${BEGUN_COOKIE}=${secret}; Path=${BEGIN_PATH}; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax`;
}

function providerOf({ oidc }: Services): OidcProvider {
  if (oidc === null) throw new AppError('not_found', 'there is no login by a provider here');
  return oidc;
}

const methods = route('get', `${API}/login/methods`, {
  id: 'getLoginMethods',
  tag,
  summary: 'How a browser can log in',
  role: 'public',
  answer: exact({
    password: Type.Boolean(),
    oidc: orNull(exact({ label: Type.String(), path: Type.String() })),
  }),
  handle: async ({ config: { server } }) => ({
    password: true,
    oidc: server.oidc === null ? null : { label: server.oidc.label, path: BEGIN_PATH },
  }),
});

const begin = route('get', BEGIN_PATH, {
  id: 'beginOidcLogin',
  tag,
  summary: 'Sends a browser to the login provider of the config',
  role: 'public',
  handle: async (services) => {
    const { url, browser } = await providerOf(services).begin();
    const headers = { location: url, 'set-cookie': begunCookie(browser, LOGIN_BEGUN_MS / 1_000) };
    return new Response(null, { status: 302, headers }) as never;
  },
});

const text = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

const finish = route('get', OIDC_CALLBACK, {
  id: 'finishOidcLogin',
  tag,
  summary: 'Logs a browser in that comes back from the login provider',
  role: 'public',
  query: {
    ...{ code: text(4_096), state: text(256), iss: text(2_048), error: text(256) },
    // Providers send these as well; they are not read.
    ...{ error_description: text(4_096), error_uri: text(2_048), session_state: text(4_096) },
    ...{
      scope: text(4_096),
      authuser: text(256),
      hd: text(256),
      prompt: text(256),
      client_info: text(4_096),
    },
  },
  isSecret: true,
  handle: async (services, { query, cookies, requestId }) => {
    const { code, state, iss, error } = query;
    const given = Object.entries({ code, state, iss, error }).filter(([, value]) => value !== undefined);
    const returned = Object.fromEntries(given);
    const provider = providerOf(services);
    let person: OutsidePerson;
    try {
      person = await provider.finish(cookies[BEGUN_COOKIE], returned);
    } catch (failed) {
      await note(services, requestId, 'nobody', failed instanceof AppError ? STATUS[failed.code] : 500);
      throw failed;
    }
    return (await logIn(services, provider, person, requestId)) as never;
  },
});

async function logIn(
  services: Services,
  provider: OidcProvider,
  person: OutsidePerson,
  requestId: string,
): Promise<Response> {
  const { store, clock } = services;
  const at = clock.now();
  const { identity, claims } = person;
  const entry = await enterFromOutside(store.accounts, identity, claims, { ...provider.rules, at });
  if ('refused' in entry) {
    await note(services, requestId, (await store.accounts.outsideAccount(identity))?.name ?? 'nobody', 403);
    const why = entry.refused === 'disabled' ? 'your account is disabled' : 'you have no role here';
    throw new AppError('forbidden', `${why}: ask an admin of this server`);
  }
  const { name } = entry.account;
  await note(services, requestId, name, 302);
  const secret = newSecret();
  await store.accounts.logIn(name, secretHash(secret), at, at + LOGIN_MS);
  const headers = new Headers({ location: '/' });
  headers.append('set-cookie', loginCookie(secret, LOGIN_MS / 1_000));
  headers.append('set-cookie', begunCookie('', 0));
  return new Response(null, { status: 302, headers });
}

/** Writes down that somebody has logged in, or tried to. */
async function note(
  { store, clock }: Services,
  requestId: string,
  actor: string,
  status: number,
): Promise<void> {
  const entry = { at: clock.now(), actor, action: 'finishOidcLogin', target: '', requestId };
  await store.audit.ended(await store.audit.began(entry), status);
}

/** The way in for browsers by another service. */
export const oidcRoutes: readonly Route[] = [methods, begin, finish];
