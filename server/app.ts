import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from '../core/log/logger.ts';
import { loopbackOnly } from './loopback.ts';
import { type MountOptions, mount } from './mount.ts';
import { LOCAL_USER } from './principal.ts';
import { problem, problemOfError } from './problem.ts';
import { nameRequests, requestIdOf } from './request-id.ts';
import { ROUTES } from './routes/all.ts';
import type { Services } from './services.ts';

export interface AppOptions extends MountOptions {
  readonly log?: Logger;
}

/**
 * The HTTP API of a project. Answers only requests that name this machine, so that no page of another site
 * can use it through a browser.
 */
export function createApp(services: Services, options: AppOptions = {}): Hono {
  const app = new Hono();
  app.use(nameRequests);
  app.use(loopbackOnly);
  app.use(async (context, next) => {
    context.set('principal', LOCAL_USER);
    await next();
  });
  app.notFound((context) => problem(context, 'not_found', `there is nothing at ${context.req.path}`));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return problem(context, 'usage', error.message);
    const response = problemOfError(context, error);
    if (response.status === 500) {
      const { method, path } = context.req;
      options.log?.error({ err: error, requestId: requestIdOf(context), method, path }, 'a request failed');
    }
    return response;
  });
  for (const route of ROUTES) mount(app, services, route, options);
  return app;
}
