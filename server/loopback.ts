import type { MiddlewareHandler } from 'hono';
import { problem } from './problem.ts';

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Refuses requests whose `Host` is not this machine's loopback name, whatever address they came to: a page of
 * another site that has its name resolve to this machine (DNS rebinding) carries its own name there.
 */
export const loopbackOnly: MiddlewareHandler = async (context, next) => {
  const { hostname } = new URL(context.req.url);
  if (!LOOPBACK_HOSTS.has(hostname)) {
    return problem(context, 'usage', 'this server answers on localhost only');
  }
  await next();
  return undefined;
};
