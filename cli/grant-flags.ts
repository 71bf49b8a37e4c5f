import type { Command } from 'commander';
import { ACCOUNT_NAME, GRANT_DAGS, type Grant, ROLES, type Role } from '../core/model/account.ts';
import { AppError } from '../core/model/errors.ts';
import { nearest } from '../core/model/nearest.ts';
import { collect } from './command.ts';
import type { CommandContext } from './context.ts';

/** The flags that say who may do what. */
export interface GrantOptions {
  readonly role?: string;
  readonly dags?: string[];
}

const DAGS = new RegExp(GRANT_DAGS);

/** Adds `--role` and `--dags`. */
export function defineGrants(command: Command): void {
  command
    .option('--role <role>', `${ROLES.join(', ')}: each may do what the ones before it may`)
    .option('--dags <dags>', "only for this DAG, or these ('market_*'); may be given several times", collect);
}

/** What the flags give; `null` without `--role`. */
export function grantsOf({ role, dags }: GrantOptions): Grant[] | null {
  if (role === undefined) {
    if (dags !== undefined) throw new AppError('usage', '--dags needs a --role for these DAGs.');
    return null;
  }
  if (!ROLES.includes(role as Role)) {
    const similar = nearest(role, ROLES);
    const hint = similar === null ? `There are: ${ROLES.join(', ')}.` : `Did you mean '${similar}'?`;
    throw new AppError('usage', `There is no role '${role}'. ${hint}`);
  }
  return (dags ?? ['*']).map((one) => {
    if (!DAGS.test(one))
      throw new AppError('usage', `--dags must be the id of a DAG, or its beginning and a *, not '${one}'.`);
    return { dags: one, role: role as Role };
  });
}

/** @throws AppError `usage` for what is no name of an account or a token. */
export function requireAccountName(name: string): void {
  if (!new RegExp(ACCOUNT_NAME).test(name))
    throw new AppError('usage', `'${name}' is no name: letters, digits and . _ @ + - after the first one.`);
}

/** Warns of ids that no DAG has if they look like one that there is. */
export function warnOfUnknownDags(
  context: CommandContext,
  known: readonly string[],
  grants: readonly Grant[],
): void {
  for (const { dags } of grants) {
    const similar = dags.endsWith('*') || known.includes(dags) ? null : nearest(dags, known);
    if (similar !== null) context.warn(`there is no DAG '${dags}'. Did you mean '${similar}'?`);
  }
}

/** Grants in one line: `operator for market_*, demo`. */
export function grantsText(grants: readonly Grant[]): string {
  if (grants.length === 0) return 'no role';
  const byRole = ROLES.map((role) => ({ role, dags: grants.filter((one) => one.role === role) }));
  return byRole
    .filter(({ dags }) => dags.length > 0)
    .map(({ role, dags }) => `${role} for ${dags.map((one) => one.dags).join(', ')}`)
    .join('; ');
}
