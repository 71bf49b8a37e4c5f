import { createHash } from 'node:crypto';
import { ACCOUNT_NAME, type AccountRecord, type Grant, includesRole } from '../model/account.ts';
import type { Accounts, OutsideIdentity } from '../store/accounts.ts';

/** What an id token says that was checked. */
export type Claims = { readonly [name: string]: unknown };

/** What claims of a person mean here. */
export interface ClaimRules {
  readonly nameClaim: string;
  readonly rolesClaim: string;
  readonly roles: ReadonlyMap<string, Grant>;
}

/** An account may enter; or why not. */
export type Entry = { readonly account: AccountRecord } | { readonly refused: 'disabled' | 'no role' };

const CREATED_BY = 'oidc';
const NAME = new RegExp(ACCOUNT_NAME);
const NAME_MAX = 128;

/** The rights that claims give: of all values that are mapped the highest role for each `dags`, or none. */
export function grantsOf(claims: Claims, { rolesClaim, roles }: ClaimRules): readonly Grant[] {
  const claim = Object.hasOwn(claims, rolesClaim) ? claims[rolesClaim] : undefined;
  const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  const given = values.flatMap((one) => (typeof one === 'string' ? (roles.get(one) ?? []) : []));
  const highest = new Map<string, Grant>();
  for (const grant of given) {
    const known = highest.get(grant.dags);
    if (known === undefined || includesRole(grant.role, known.role)) highest.set(grant.dags, grant);
  }
  return [...highest.values()];
}

/** Names for a new account, the best first: the one that is claimed, then ones that nobody else has. */
export function namesFor(claims: Claims, identity: OutsideIdentity, nameClaim: string): readonly string[] {
  const claimed = Object.hasOwn(claims, nameClaim) ? claims[nameClaim] : undefined;
  const digest = createHash('sha256').update(JSON.stringify([identity.issuer, identity.subject]));
  const mark = digest.digest('hex').slice(0, 32);
  const isName = typeof claimed === 'string' && NAME.test(claimed);
  return isName ? [claimed, `${claimed.slice(0, NAME_MAX - mark.length - 1)}+${mark}`] : [`oidc+${mark}`];
}

/**
 * Lets somebody in whom a provider knows. The account is that of the issuer and the subject and no other,
 * whatever name is claimed; its rights follow the claims, and without any there is no way in.
 */
export async function enterFromOutside(
  accounts: Accounts,
  identity: OutsideIdentity,
  claims: Claims,
  { at, ...rules }: ClaimRules & { readonly at: number },
): Promise<Entry> {
  const grants = grantsOf(claims, rules);
  const known = await accounts.outsideAccount(identity);
  if (known?.disabled) return { refused: 'disabled' };
  if (known !== null) {
    await accounts.setGrants(known.name, grants);
    return grants.length === 0 ? { refused: 'no role' } : { account: { ...known, grants } };
  }
  if (grants.length === 0) return { refused: 'no role' };
  for (const name of namesFor(claims, identity, rules.nameClaim)) {
    const made = { passwordHash: null, grants, disabled: false, createdAt: at, createdBy: CREATED_BY };
    const account: AccountRecord = { name, ...made };
    if (await accounts.addOutsideAccount(account, identity)) return { account };
  }
  throw new Error('there is no free name for a new account');
}
