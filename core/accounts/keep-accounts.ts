import { randomUUID } from 'node:crypto';
import type { AccountRecord, Grant, TokenRecord } from '../model/account.ts';
import { AppError } from '../model/errors.ts';
import type { Accounts, Everybody } from '../store/accounts.ts';
import { hashPassword } from './password.ts';
import { newSecret, secretHash } from './secret-text.ts';

/** Who makes or changes something, and when. */
export interface Hand {
  readonly by: string;
  readonly at: number;
}

/** A token to be made; `expiresAt` `null`: it holds until it is revoked. */
export interface NewToken {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly expiresAt: number | null;
}

/** Makes a token. Its secret is here once: only a hash of it is stored. */
export async function makeToken(
  accounts: Accounts,
  { name, grants, expiresAt }: NewToken,
  { by, at }: Hand,
): Promise<{ readonly token: TokenRecord; readonly secret: string }> {
  const secret = newSecret();
  const made = { createdAt: at, createdBy: by, expiresAt, usedAt: null, revokedAt: null };
  const token: TokenRecord = { tokenId: randomUUID(), name, grants, ...made };
  await accounts.saveToken(token, secretHash(secret));
  return { token, secret };
}

/** What an account shall be; what is left out stays as it is. A new one needs grants. */
export interface AccountChange {
  readonly name: string;
  readonly grants?: readonly Grant[];
  readonly password?: string;
  readonly disabled?: boolean;
}

/**
 * Makes an account or changes it.
 * @throws AppError `usage` for a new one without grants, `conflict` if nobody would be left who may do
 * everything.
 */
export async function setAccount(
  accounts: Accounts,
  change: AccountChange,
  { by, at }: Hand,
): Promise<AccountRecord> {
  const { name, password } = change;
  const given = password === undefined ? undefined : await hashPassword(password);
  const { account } = await accounts.changeAccount(name, (everybody) => {
    const before = everybody.accounts.find((one) => one.name === name);
    const grants = change.grants ?? before?.grants;
    if (grants === undefined) throw new AppError('usage', `account ${name} is new: it needs 'grants'`);
    const wanted: AccountRecord = {
      name,
      passwordHash: given ?? before?.passwordHash ?? null,
      grants,
      disabled: change.disabled ?? before?.disabled ?? false,
      createdAt: before?.createdAt ?? at,
      createdBy: before?.createdBy ?? by,
    };
    requireAnAdmin(everybody, name, wanted, at);
    return wanted;
  });
  return account;
}

/**
 * Ends an account; whether there was one.
 * @throws AppError `conflict` if nobody would be left who may do everything.
 */
export async function endAccount(accounts: Accounts, name: string, at: number): Promise<boolean> {
  const { before } = await accounts.changeAccount(name, (everybody) => {
    requireAnAdmin(everybody, name, null, at);
    return null;
  });
  return before !== null;
}

/** An account may only then be another one, or gone, if somebody stays who may do everything. */
function requireAnAdmin(
  { accounts, tokens }: Everybody,
  name: string,
  account: AccountRecord | null,
  at: number,
): void {
  const before = accounts.find((one) => one.name === name);
  if (before === undefined || !isActiveAdmin(before)) return;
  if (account !== null && isActiveAdmin(account)) return;
  if (accounts.some((one) => one.name !== name && isActiveAdmin(one))) return;
  if (tokens.some((one) => isInForce(one, at) && isAdmin(one))) return;
  throw new AppError(
    'conflict',
    `account ${name} is the last one that may do everything: give another one the role admin first`,
  );
}

/** Whether a token is in force at an instant. */
export function isInForce(
  { revokedAt, expiresAt }: Pick<TokenRecord, 'revokedAt' | 'expiresAt'>,
  at: number,
): boolean {
  return revokedAt === null && (expiresAt === null || expiresAt > at);
}

/** Whether anybody can log in, or show a token, who may do everything. */
export async function hasAdmin(accounts: Accounts, at: number): Promise<boolean> {
  const tokens = await accounts.tokens();
  if (tokens.some((one) => isInForce(one, at) && isAdmin(one))) return true;
  const people = await accounts.accounts();
  return people.some((one) => one.passwordHash !== null && isActiveAdmin(one));
}

function isAdmin({ grants }: { readonly grants: readonly Grant[] }): boolean {
  return grants.some(({ dags, role }) => dags === '*' && role === 'admin');
}

function isActiveAdmin(account: AccountRecord): boolean {
  return !account.disabled && isAdmin(account);
}
