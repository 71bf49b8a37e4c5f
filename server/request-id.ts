import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';

const GIVEN = /^[A-Za-z0-9._-]{1,64}$/;
const HEADER = 'x-request-id';

/** Names every request: as the client does, if that is a plain name, otherwise anew. */
export const nameRequests: MiddlewareHandler = async (context, next) => {
  const given = context.req.header(HEADER);
  const id = given !== undefined && GIVEN.test(given) ? given : randomUUID();
  context.set('requestId', id);
  await next();
  context.res.headers.set(HEADER, id);
};

/** The name of the request that is being answered. */
export function requestIdOf(context: Context): string {
  return String(context.get('requestId'));
}
