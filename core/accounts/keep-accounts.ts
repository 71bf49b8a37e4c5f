import { randomUUID } from 'node:crypto';
import type { AccountRecord, Grant, TokenRecord } from '../model/account.ts';
import { AppError } from '../model/errors.ts';
import type { Accounts } from '../store/accounts.ts';
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

/** What an account shall be; what is left out stays as it is. */
export interface AccountChange {
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly password?: string;
  readonly disabled?: boolean;
}

/**
 * Makes an account or changes it.
 * @throws AppError `conflict` if nobody would be left who may do everything.
 */
export async function setAccount(
  accounts: Accounts,
  change: AccountChange,
  { by, at }: Hand,
): Promise<AccountRecord> {
  const before = await accounts.account(change.name);
  const kept = before?.passwordHash ?? null;
  const account: AccountRecord = {
    name: change.name,
    passwordHash: change.password === undefined ? kept : await hashPassword(change.password),
    grants: change.grants,
    disabled: change.disabled ?? before?.disabled ?? false,
    createdAt: before?.createdAt ?? at,
    createdBy: before?.createdBy ?? by,
  };
  if (before !== null && isActiveAdmin(before) && !isActiveAdmin(account))
    await requireAnotherAdmin(accounts, change.name, at);
  await accounts.saveAccount(account);
  return account;
}

/**
 * Ends an account; whether there was one.
 * @throws AppError `conflict` if nobody would be left who may do everything.
 */
export async function endAccount(accounts: Accounts, name: string, at: number): Promise<boolean> {
  const before = await accounts.account(name);
  if (before !== null && isActiveAdmin(before)) await requireAnotherAdmin(accounts, name, at);
  return accounts.removeAccount(name);
}

async function requireAnotherAdmin(accounts: Accounts, name: string, at: number): Promise<void> {
  const people = await accounts.accounts();
  if (people.some((one) => one.name !== name && isActiveAdmin(one))) return;
  if (await hasAdminToken(accounts, at)) return;
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
  if (await hasAdminToken(accounts, at)) return true;
  const people = await accounts.accounts();
  return people.some((one) => one.passwordHash !== null && isActiveAdmin(one));
}

async function hasAdminToken(accounts: Accounts, at: number): Promise<boolean> {
  const tokens = await accounts.tokens();
  return tokens.some((one) => isInForce(one, at) && isAdmin(one));
}

function isAdmin({ grants }: { readonly grants: readonly Grant[] }): boolean {
  return grants.some(({ dags, role }) => dags === '*' && role === 'admin');
}

function isActiveAdmin(account: AccountRecord): boolean {
  return !account.disabled && isAdmin(account);
}
