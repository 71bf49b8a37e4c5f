import { Type } from 'typebox';
import { isPassword, PASSWORD_MAX } from '../../core/accounts/password.ts';
import { isSecret, newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import { AppError } from '../../core/model/errors.ts';
import { API, type Route, route } from '../route.ts';
import { exact } from '../schemas/words.ts';

const tag = 'accounts';
/** Where browsers log in. */
export const LOGIN_PATH = `${API}/login`;
/** A login lasts for so long. */
export const LOGIN_MS = 12 * 3_600_000;

const logIn = route('post', LOGIN_PATH, {
  id: 'logIn',
  tag,
  summary: 'Logs a browser in with the name and password of an account',
  role: 'public',
  body: exact({
    name: Type.String({ minLength: 1, maxLength: 128 }),
    password: Type.String({ minLength: 1, maxLength: PASSWORD_MAX }),
  }),
  answer: exact({ name: Type.String() }),
  isSecret: true,
  handle: async ({ store, clock, loginCookies }, { body, requestId }) => {
    const account = await store.accounts.account(body.name);
    const isRight = await isPassword(body.password, account?.passwordHash ?? null);
    const now = clock.now();
    // A name that nobody has is not written down: it may be a password in the wrong field.
    const entry = { at: now, actor: account?.name ?? 'nobody', action: 'logIn', target: '', requestId };
    const auditNo = await store.audit.began(entry);
    const secret = newSecret();
    // What was looked up before the slow hash may have changed since.
    const isIn =
      account !== null &&
      isRight &&
      (await store.accounts.logIn(account, secretHash(secret), now, now + LOGIN_MS));
    await store.audit.ended(auditNo, isIn ? 200 : 401);
    if (!isIn) throw new AppError('unauthenticated', 'the name or the password is wrong');
    const headers = { 'set-cookie': loginCookies.login.set(secret, LOGIN_MS / 1_000) };
    return Response.json({ name: account.name }, { headers }) as never;
  },
});

const logOut = route('post', `${API}/logout`, {
  id: 'logOut',
  tag,
  summary: 'Ends the login of this browser',
  role: 'viewer',
  handle: async ({ store, loginCookies: { login } }, { cookies }) => {
    const secret = cookies[login.name];
    if (secret !== undefined && isSecret(secret)) await store.accounts.logOut(secretHash(secret));
    return new Response(null, { status: 204, headers: { 'set-cookie': login.set('', 0) } }) as never;
  },
});

/** The way in for browsers. */
export const loginRoutes: readonly Route[] = [logIn, logOut];
