/** What somebody may do, each role all that the ones before it may. */
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

/** What the name of an account or token may be. */
export const ACCOUNT_NAME = '^[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}$';
/** What a grant may be about: the id of a DAG, the beginning of ids with a `*`, or `*`. */
export const GRANT_DAGS = '^(\\*|[A-Za-z_][A-Za-z0-9_-]{0,127}\\*?)$';

/** A role for a DAG, for those whose ids begin in a way (`market_*`), or for all DAGs and the rest (`*`). */
export interface Grant {
  readonly dags: string;
  readonly role: Role;
}

/** Whether a grant is about a DAG; `null` stands for what belongs to no DAG. */
export function isAbout({ dags }: Grant, dagId: string | null): boolean {
  if (dags === '*') return true;
  if (dagId === null) return false;
  return dags.endsWith('*') ? dagId.startsWith(dags.slice(0, -1)) : dagId === dags;
}

/** Somebody who may log in. Instants are epoch milliseconds. */
export interface AccountRecord {
  readonly name: string;
  /** Made by a slow hash function; `null`: another service says who it is. */
  readonly passwordHash: string | null;
  readonly grants: readonly Grant[];
  readonly disabled: boolean;
  readonly createdAt: number;
  readonly createdBy: string;
}

/** A token for programs, without the token: of that its hash is stored. */
export interface TokenRecord {
  readonly tokenId: string;
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly createdAt: number;
  readonly createdBy: string;
  /** `null`: never. */
  readonly expiresAt: number | null;
  readonly usedAt: number | null;
  readonly revokedAt: number | null;
}

/** A change that somebody asked for. */
export interface AuditRecord {
  readonly auditNo: number;
  readonly at: number;
  readonly actor: string;
  /** The name of the route or command. */
  readonly action: string;
  /** What it was about, such as `dagId=pipeline`. */
  readonly target: string;
  readonly requestId: string;
  /** The HTTP status that it was answered with; `null`: it is not known what came of it. */
  readonly status: number | null;
}
