import type { Context } from 'hono';
import type { Principal } from './principal.ts';

/** Who asks, as the login of this request found; `null`: nobody that is known. */
export function principalOf(context: Context): Principal | null {
  return (context.get('principal') as Principal | undefined) ?? null;
}
