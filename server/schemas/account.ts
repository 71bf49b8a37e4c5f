import { Type } from 'typebox';
import { ACCOUNT_NAME, GRANT_DAGS, ROLES } from '../../core/model/account.ts';
import { exact, Instant, named, oneOf, orNull } from './words.ts';

const Grant = exact({
  dags: Type.String({
    pattern: GRANT_DAGS,
    description: 'the id of a DAG, the beginning of ids with a *, or * for all DAGs and everything else',
  }),
  role: oneOf(ROLES, 'each role may do what the ones before it may'),
});

export const Grants = Type.Array(Grant, { minItems: 1, maxItems: 100 });

/** The rights that somebody has, as answers tell them. */
export const HeldGrants = Type.Array(Grant, { description: 'none: unreadable, or nobody gives any more' });

export const AccountName = Type.String({
  pattern: ACCOUNT_NAME,
  description: 'the name of an account',
});

export const Account = named(
  'Account',
  exact({
    name: AccountName,
    grants: HeldGrants,
    disabled: Type.Boolean(),
    hasPassword: Type.Boolean({ description: 'false: another service says who it is' }),
    createdAt: Instant,
    createdBy: Type.String(),
  }),
);

export const Token = named(
  'Token',
  exact({
    tokenId: Type.String(),
    name: Type.String(),
    grants: HeldGrants,
    createdAt: Instant,
    createdBy: Type.String(),
    expiresAt: orNull(Instant),
    usedAt: orNull(Instant),
    revokedAt: orNull(Instant),
  }),
);
