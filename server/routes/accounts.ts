import { type Static, Type } from 'typebox';
import { endAccount, makeToken, setAccount } from '../../core/accounts/keep-accounts.ts';
import { PASSWORD_MAX, PASSWORD_MIN } from '../../core/accounts/password.ts';
import {
  type AccountRecord,
  type Grant,
  isAbout,
  ROLES,
  type TokenRecord,
} from '../../core/model/account.ts';
import { AppError } from '../../core/model/errors.ts';
import type { Access } from '../access.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { readInstant } from '../instants.ts';
import { API, type Route, route } from '../route.ts';
import { Account, AccountName, Grants, HeldGrants, Token } from '../schemas/account.ts';
import { exact, Instant, limitOf, named, orNull, PAGING, pageOf } from '../schemas/words.ts';
import { instant } from '../views.ts';

const tag = 'accounts';

const AuditEntry = named(
  'AuditEntry',
  exact({
    at: Instant,
    actor: Type.String(),
    action: Type.String({ description: 'the operation of this document' }),
    target: Type.String(),
    requestId: Type.String(),
    status: orNull(Type.Integer({ description: 'null: it is not known what came of it' })),
  }),
);

const Me = named('Me', exact({ name: Type.String(), grants: HeldGrants }));

/** Nobody gives away what it has not. */
function requireOwn(access: Access, grants: readonly Grant[]): void {
  for (const { dags, role } of grants) {
    const isCovered = access.principal.grants.some(
      (own) => ROLES.indexOf(own.role) >= ROLES.indexOf(role) && (own.dags === '*' || isAbout(own, dags)),
    );
    if (!isCovered) throw new AppError('forbidden', `you have no role ${role} for ${dags} yourself`);
  }
}

function accountView(one: AccountRecord): Static<typeof Account> {
  return {
    name: one.name,
    grants: one.grants.map((grant) => ({ ...grant })),
    disabled: one.disabled,
    hasPassword: one.passwordHash !== null,
    createdAt: instant(one.createdAt),
    createdBy: one.createdBy,
  };
}

function tokenView(one: TokenRecord): Static<typeof Token> {
  return {
    tokenId: one.tokenId,
    name: one.name,
    grants: one.grants.map((grant) => ({ ...grant })),
    createdAt: instant(one.createdAt),
    createdBy: one.createdBy,
    expiresAt: instant(one.expiresAt),
    usedAt: instant(one.usedAt),
    revokedAt: instant(one.revokedAt),
  };
}

const me = route('get', `${API}/me`, {
  id: 'getMe',
  tag,
  summary: 'Who you are here, and what you may do',
  role: 'viewer',
  answer: Me,
  handle: async (_services, { access }) => {
    const { name, grants } = access.principal;
    return { name, grants: grants.map((grant) => ({ ...grant })) };
  },
});

const listTokens = route('get', `${API}/tokens`, {
  id: 'listTokens',
  tag,
  summary: 'Tokens, newest first, without their secrets',
  role: 'admin',
  answer: pageOf('TokenPage', Token),
  handle: async ({ store }, { access }) => {
    access.requireGlobal();
    return { items: (await store.accounts.tokens()).map(tokenView), nextCursor: null };
  },
});

const createToken = route('post', `${API}/tokens`, {
  id: 'createToken',
  tag,
  summary: 'Makes a token for a program; its secret is shown this once',
  role: 'admin',
  body: exact({
    name: AccountName,
    grants: Grants,
    expiresAt: Type.Optional(orNull(Type.String({ description: 'an instant; null or absent: never' }))),
  }),
  answer: exact({ token: Token, secret: Type.String({ description: 'for Authorization: Bearer <secret>' }) }),
  status: 201,
  isSecret: true,
  handle: async ({ store, clock }, { body, access }) => {
    access.requireGlobal();
    requireOwn(access, body.grants);
    const expiresAt = body.expiresAt == null ? null : readInstant('expiresAt', body.expiresAt);
    const { name, grants } = body;
    const hand = { by: access.principal.name, at: clock.now() };
    const { token, secret } = await makeToken(store.accounts, { name, grants, expiresAt }, hand);
    return { token: tokenView(token), secret };
  },
});

const revokeToken = route('delete', `${API}/tokens/{tokenId}`, {
  id: 'revokeToken',
  tag,
  summary: 'Ends a token at once',
  role: 'admin',
  params: { tokenId: Type.String({ maxLength: 64 }) },
  handle: async ({ store, clock }, { params, access }) => {
    access.requireGlobal();
    if (!(await store.accounts.revokeToken(params.tokenId, clock.now())))
      throw new AppError('not_found', `there is no token ${params.tokenId} that is not over`);
  },
});

const listAccounts = route('get', `${API}/users`, {
  id: 'listAccounts',
  tag,
  summary: 'Accounts of people, by their names',
  role: 'admin',
  answer: pageOf('AccountPage', Account),
  handle: async ({ store }, { access }) => {
    access.requireGlobal();
    return { items: (await store.accounts.accounts()).map(accountView), nextCursor: null };
  },
});

const saveAccount = route('put', `${API}/users/{name}`, {
  id: 'saveAccount',
  tag,
  summary:
    'Makes an account, or changes what is named of one; a new password or an end logs it out everywhere',
  role: 'admin',
  params: { name: AccountName },
  body: exact({
    grants: Type.Optional(Grants),
    password: Type.Optional(Type.String({ minLength: PASSWORD_MIN, maxLength: PASSWORD_MAX })),
    disabled: Type.Optional(Type.Boolean()),
  }),
  answer: Account,
  takesSecret: true,
  handle: async ({ store, clock }, { params, body, access }) => {
    access.requireGlobal();
    if (body.grants !== undefined) requireOwn(access, body.grants);
    const hand = { by: access.principal.name, at: clock.now() };
    const account = await setAccount(store.accounts, { ...body, name: params.name }, hand);
    return accountView(account);
  },
});

const removeAccount = route('delete', `${API}/users/{name}`, {
  id: 'removeAccount',
  tag,
  summary: 'Ends an account and logs it out everywhere',
  role: 'admin',
  params: { name: AccountName },
  handle: async ({ store, clock }, { params, access }) => {
    access.requireGlobal();
    if (!(await endAccount(store.accounts, params.name, clock.now())))
      throw new AppError('not_found', `there is no account ${params.name}`);
  },
});

const audit = route('get', `${API}/audit`, {
  id: 'listAudit',
  tag: 'audit',
  summary: 'What was changed and by whom, newest first',
  role: 'admin',
  query: { ...PAGING, actor: Type.Optional(Type.String()), action: Type.Optional(Type.String()) },
  answer: pageOf('AuditPage', AuditEntry),
  handle: async ({ store }, { query, access }) => {
    access.requireGlobal();
    const before = readCursor(query.cursor, ['number']);
    const limit = limitOf(query);
    const found = await store.audit.entries({
      limit: limit + 1,
      ...(query.actor === undefined ? {} : { actor: query.actor }),
      ...(query.action === undefined ? {} : { action: query.action }),
      ...(before === null ? {} : { before: before[0] }),
    });
    const entries = found.slice(0, limit);
    const items = entries.map(({ auditNo: _, at, ...entry }) => ({ at: instant(at), ...entry }));
    const last = entries.at(-1);
    return { items, nextCursor: found.length > limit && last ? writeCursor([last.auditNo]) : null };
  },
});

/** Who may use the API, and what they changed. */
export const accountRoutes: readonly Route[] = [
  me,
  listTokens,
  createToken,
  revokeToken,
  listAccounts,
  saveAccount,
  removeAccount,
  audit,
];
