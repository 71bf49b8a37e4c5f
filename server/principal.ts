import type { Grant } from '../core/model/account.ts';

/** Who asks, and what that one may do. */
export interface Principal {
  /** Tells it from everybody else: several tokens may have one name. */
  readonly id: string;
  /** As it stands in the history of what it did. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** Whose right to have something done later by; absent: nobody had to log in. */
export function rightOf({ id }: Principal): { readonly principal?: string } {
  return id === LOCAL_USER.id ? {} : { principal: id };
}

/** Whoever uses this machine, where nobody has to log in. */
export const LOCAL_USER: Principal = { id: 'local', name: 'local', grants: [{ dags: '*', role: 'admin' }] };
