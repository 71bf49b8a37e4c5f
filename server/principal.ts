import type { Role } from './role.ts';

/** A role for a DAG, for those whose ids begin in a way (`market_*`), or for all DAGs and the rest (`*`). */
export interface Grant {
  readonly dags: string;
  readonly role: Role;
}

/** Who asks, and what that one may do. */
export interface Principal {
  /** As it stands in the history of what it did. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** Whoever uses this machine, where nobody has to log in. */
export const LOCAL_USER: Principal = { name: 'local', grants: [{ dags: '*', role: 'admin' }] };

/** Whether a grant is about a DAG; `null` stands for what belongs to no DAG. */
export function isAbout({ dags }: Grant, dagId: string | null): boolean {
  if (dags === '*') return true;
  if (dagId === null) return false;
  return dags.endsWith('*') ? dagId.startsWith(dags.slice(0, -1)) : dagId === dags;
}
