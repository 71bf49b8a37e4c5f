import type { MiddlewareHandler } from 'hono';
import type { Logger } from '../core/log/logger.ts';
import type { Clock } from '../core/model/clock.ts';
import { principalOf } from './principal-of.ts';
import { requestIdOf } from './request-id.ts';

/**
 * Has the log hear of every request that fails by the server, and at level debug of all. The path stands
 * there as it was sent, escaped, and without the query: that may hold what only the asker shall know.
 */
export function logRequests(log: Logger, clock: Clock): MiddlewareHandler {
  return async (context, next) => {
    const begun = clock.now();
    await next();
    const { status } = context.res;
    const facts = {
      requestId: requestIdOf(context),
      method: context.req.method,
      path: new URL(context.req.url).pathname,
      status,
      ms: clock.now() - begun,
      by: principalOf(context)?.name ?? null,
      ...(context.error === undefined ? {} : { err: context.error }),
    };
    if (status >= 500) log.error(facts, 'a request failed');
    else if (log.isLevelEnabled('debug')) log.debug(facts, 'a request was answered');
  };
}
