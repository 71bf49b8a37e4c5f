import type { Context, MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { isInForce } from '../../core/accounts/keep-accounts.ts';
import { isSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { AccountRecord, TokenRecord } from '../../core/model/account.ts';
import type { Clock } from '../../core/model/clock.ts';
import type { Accounts } from '../../core/store/accounts.ts';
import type { TicketHolder } from '../live/stream-tickets.ts';
import { LOCAL_USER, type Principal } from '../principal.ts';
import { problem } from '../problem.ts';
import { API } from '../route.ts';
import { type LoginCookie, OIDC_PATH } from './login-cookies.ts';
import { Rechecks } from './rechecks.ts';
import { isSameHost } from './same-host.ts';

/** A page of this server sends it with every change: other sites cannot without being asked. */
export const OWN_PAGE_HEADER = 'x-orch-page';
/** That a token was used is noted at most this often. */
const NOTE_USE_MS = 60_000;
/** Tokens of which a server remembers when it has noted that. */
const NOTED_MAX = 1_000;
/** Streams, which clients open that can send no header. */
const TICKET_PATHS = new Set(['/metrics/realtime', '/metrics/realtime/ws'].map((path) => API + path));
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Where browsers are on their way to a new login: an old one that is over is no reason to stop them. */
const isLoggingIn = (path: string): boolean => path === OIDC_PATH || path.startsWith(`${OIDC_PATH}/`);

export interface AuthOptions {
  readonly accounts: Accounts;
  readonly clock: Clock;
  /** The cookie of a browser that is logged in. */
  readonly loginCookie: LoginCookie;
  /** Whoever brings nothing may do everything: only where nobody but this machine reaches the server. */
  readonly isOpen: boolean;
  /** Takes the ticket of a request, once; absent: tickets are not known. */
  readonly takeTicket?: (ticket: string) => TicketHolder | null;
  /** Refuses who asks too much, `null` being nobody that is known. */
  readonly admit?: Admit;
}

/** Gives the refusal of a request, or `null` to let it pass. */
export type Admit = (context: Context, principal: Principal | null) => Promise<Response | null>;

/**
 * Finds out who asks, for every request in the same way, streams included. A token or a login that is not
 * valid is refused even where none is needed, but on the way to a new login.
 */
export function authenticate(options: AuthOptions): MiddlewareHandler {
  const { accounts, clock, loginCookie, isOpen, takeTicket, admit } = options;
  const noteUse = noteUses(accounts);
  const rechecks = new Rechecks(clock);

  const validToken = async (text: string): Promise<TokenRecord | null> => {
    const token = isSecret(text) ? await accounts.tokenByHash(secretHash(text)) : null;
    return token !== null && isInForce(token, clock.now()) ? token : null;
  };

  const byToken = async (text: string): Promise<Principal | null> => {
    const token = await validToken(text);
    if (token === null) return null;
    await noteUse(token, clock.now());
    return principalOfToken(token);
  };

  const byLogin = async (text: string): Promise<Principal | null> =>
    principalOfAccount(isSecret(text) ? await accounts.loggedIn(secretHash(text), clock.now()) : null);

  return async (context, next) => {
    const header = context.req.header('authorization');
    const cookie = getCookie(context, loginCookie.name);
    const isStream = SAFE.has(context.req.method) && TICKET_PATHS.has(context.req.path);
    const ticket = isStream ? context.req.query('ticket') : undefined;
    let principal: Principal | null = null;
    let again = async (): Promise<Principal | null> => principal;
    if (header !== undefined) {
      const [, token] = /^Bearer ([^\s]+)$/.exec(header) ?? [];
      principal = token === undefined ? null : await byToken(token);
      if (token === undefined || principal === null) return refuse('the token is not valid, or not any more');
      const recheck = async (): Promise<Principal | null> => principalOfToken(await validToken(token));
      again = rechecks.again(`token ${secretHash(token)}`, recheck);
    } else if (cookie !== undefined) {
      principal = await byLogin(cookie);
      if (principal === null && !isLoggingIn(context.req.path)) {
        // With that cookie no route would answer, the one to log in neither.
        context.header('set-cookie', loginCookie.set('', 0));
        return refuse('the login is over: log in again');
      }
      again = rechecks.again(`login ${secretHash(cookie)}`, () => byLogin(cookie));
      const isOwnPage = context.req.header(OWN_PAGE_HEADER) === '1' && isSameHost(context);
      if (!SAFE.has(context.req.method) && !isOwnPage)
        return problem(context, 'forbidden', 'with a login, only pages of this server change something');
    } else if (ticket !== undefined) {
      const holder = takeTicket?.(ticket) ?? null;
      principal = holder === null ? null : await holder.again();
      if (holder === null || principal === null) return refuse('the ticket is void: ask for another one');
      again = holder.again;
    } else if (isOpen) {
      if (isForeign(context)) return problem(context, 'forbidden', 'a page of another site changes nothing');
      principal = LOCAL_USER;
    }
    const tooMany = await admit?.(context, principal);
    if (tooMany) return tooMany;
    if (principal !== null) context.set('principal', principal);
    context.set('again', again);
    context.set('foundAtMono', clock.mono());
    await next();
    return undefined;

    /** Whoever shows what is not valid is counted as nobody. */
    async function refuse(why: string): Promise<Response> {
      const excess = await admit?.(context, null);
      if (excess) return excess;
      context.header('www-authenticate', 'Bearer');
      return problem(context, 'unauthenticated', why);
    }
  };
}

/** Notes that tokens are used, each now and then. */
function noteUses(accounts: Accounts): (token: TokenRecord, at: number) => Promise<void> {
  const noted = new Map<string, number>();
  return async ({ tokenId, usedAt }, at) => {
    if (at - (noted.get(tokenId) ?? usedAt ?? 0) < NOTE_USE_MS) return;
    // What is forgotten stands in the store.
    if (noted.size >= NOTED_MAX) noted.clear();
    noted.set(tokenId, at);
    await accounts.tokenUsed(tokenId, at);
  };
}

/**
 * Whether a page of another site asks for a change. Browsers say with every change where its page is
 * from, also with those that they send without asking first: one without a body, for instance.
 */
function isForeign(context: Context): boolean {
  return !SAFE.has(context.req.method) && !isSameHost(context);
}

function principalOfToken(token: TokenRecord): Principal;
function principalOfToken(token: TokenRecord | null): Principal | null;
function principalOfToken(token: TokenRecord | null): Principal | null {
  return token === null
    ? null
    : { id: `token:${token.tokenId}`, name: `token:${token.name}`, grants: token.grants };
}

function principalOfAccount(account: AccountRecord | null): Principal | null {
  if (account === null) return null;
  const { name, grants } = account;
  return { id: `account:${name}`, name, grants };
}
