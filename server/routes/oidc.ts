import { Type } from 'typebox';
import { enterFromOutside } from '../../core/accounts/outside-login.ts';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import { AppError } from '../../core/model/errors.ts';
import { OIDC_PATH } from '../auth/login-cookies.ts';
import { LOGIN_BEGUN_MS, type OidcProvider, type OutsidePerson } from '../auth/oidc-provider.ts';
import { refusalPage } from '../auth/refusal-page.ts';
import { STATUS } from '../problem.ts';
import { API, type Route, route } from '../route.ts';
import { exact, orNull } from '../schemas/words.ts';
import type { Services } from '../services.ts';
import { LOGIN_MS } from './login.ts';

const tag = 'accounts';
/** Where the provider sends browsers back to. */
export const OIDC_CALLBACK = `${OIDC_PATH}/callback`;
/** Does what a browser was sent here for; it is shown why not, everybody else is answered as ever. */
async function shown(accept: string | undefined, act: () => Promise<Response>): Promise<Response> {
  try {
    return await act();
  } catch (error) {
    const isRefusal = error instanceof AppError && error.code !== 'internal';
    if (isRefusal && accept?.includes('text/html')) return refusalPage(error);
    throw error;
  }
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
    oidc: server.oidc === null ? null : { label: server.oidc.label, path: OIDC_PATH },
  }),
});

const begin = route('get', OIDC_PATH, {
  id: 'beginOidcLogin',
  tag,
  summary: 'Sends a browser to the login provider of the config',
  role: 'public',
  handle: async (services, { header }) =>
    (await shown(header('accept'), async () => {
      const { url, browser } = await providerOf(services).begin();
      const cookie = services.loginCookies.begun.set(browser, LOGIN_BEGUN_MS / 1_000);
      return new Response(null, { status: 302, headers: { location: url, 'set-cookie': cookie } });
    })) as never,
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
  handle: async (services, { query, cookies, requestId, header }) => {
    const { code, state, iss, error } = query;
    const given = Object.entries({ code, state, iss, error }).filter(([, value]) => value !== undefined);
    const returned = Object.fromEntries(given);
    const provider = providerOf(services);
    return (await shown(header('accept'), async () => {
      let person: OutsidePerson;
      try {
        person = await provider.finish(cookies[services.loginCookies.begun.name], returned);
      } catch (failed) {
        await note(services, requestId, 'nobody', failed instanceof AppError ? STATUS[failed.code] : 500);
        throw failed;
      }
      return logIn(services, provider, person, requestId);
    })) as never;
  },
});

async function logIn(
  services: Services,
  provider: OidcProvider,
  person: OutsidePerson,
  requestId: string,
): Promise<Response> {
  const { store, clock, loginCookies } = services;
  const at = clock.now();
  const { identity, claims } = person;
  const entry = await enterFromOutside(store.accounts, identity, claims, { ...provider.rules, at });
  if ('refused' in entry) {
    await note(services, requestId, (await store.accounts.outsideAccount(identity))?.name ?? 'nobody', 403);
    const why = entry.refused === 'disabled' ? 'your account is disabled' : 'you have no role here';
    throw new AppError('forbidden', `${why}: ask an admin of this server`);
  }
  const secret = newSecret();
  const isIn = await store.accounts.logIn(entry.account, secretHash(secret), at, at + LOGIN_MS);
  await note(services, requestId, entry.account.name, isIn ? 302 : 403);
  if (!isIn) throw new AppError('forbidden', 'your account has just changed: log in again');
  const headers = new Headers({ location: '/' });
  headers.append('set-cookie', loginCookies.login.set(secret, LOGIN_MS / 1_000));
  headers.append('set-cookie', loginCookies.begun.set('', 0));
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
