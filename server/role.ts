/** What somebody may do, each role all that the ones before it may. Only exact names count. */
export const ROLES = ['viewer', 'operator', 'author', 'admin'] as const;
/**
 * `viewer` reads; `operator` starts, stops and decides; `author` changes what DAGs run with; `admin` changes
 * who may do what.
 */
export type Role = (typeof ROLES)[number];

/** Whether a role may do what another one may. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
