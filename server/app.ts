import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { Logger } from '../core/log/logger.ts';
import { answerEtags } from './answer-etags.ts';
import { authenticate } from './auth/authenticate.ts';
import { compressJson } from './compress-json.ts';
import { limitBodies } from './limit-bodies.ts';
import { limitLogins, limitRequests, type RateLimits } from './limit-rates.ts';
import { logRequests } from './log-requests.ts';
import { loopbackOnly } from './loopback.ts';
import { honoPath, type MountOptions, mount } from './mount.ts';
import { servePage } from './page.ts';
import { problem, problemOfError, problemOfStatus } from './problem.ts';
import { nameRequests } from './request-id.ts';
import { ROUTES } from './routes/all.ts';
import { LOGIN_PATH } from './routes/login.ts';
import { OIDC_CALLBACK } from './routes/oidc.ts';
import { secureHeaders } from './secure-headers.ts';
import type { Services } from './services.ts';

export interface AppOptions extends MountOptions {
  /** Hears of requests that fail, and at level debug of all. */
  readonly log?: Logger;
  /** Whoever brings neither token nor login may do everything; true by default. */
  readonly isOpen?: boolean;
  /** How often somebody may ask; absent: as often as they like, for tests. */
  readonly limits?: RateLimits;
}

/**
 * The HTTP API of a project. While nobody has to log in it answers only requests that name this machine, so
 * that no page of another site can use it through a browser.
 */
export function createApp(services: Services, options: AppOptions = {}): Hono {
  const { isOpen = true } = options;
  const app = new Hono();
  app.use(nameRequests);
  if (options.log !== undefined) app.use(logRequests(options.log, services.clock));
  app.use(secureHeaders);
  if (isOpen) app.use(loopbackOnly);
  const { accounts } = services.store;
  const { limits } = options;
  const takeTicket = (ticket: string) => services.tickets.take(ticket);
  const admit = limits === undefined ? {} : { admit: limitRequests(limits) };
  const loginCookie = services.loginCookies.login;
  app.use(authenticate({ accounts, clock: services.clock, loginCookie, isOpen, takeTicket, ...admit }));
  app.use(limitBodies);
  app.use(compressJson);
  app.use(answerEtags);
  if (limits !== undefined) {
    app.post(LOGIN_PATH, limitLogins(limits));
    app.get(OIDC_CALLBACK, limitLogins(limits));
  }
  app.notFound((context) => problem(context, 'not_found', `there is nothing at ${context.req.path}`));
  app.onError((error, context) => {
    if (error instanceof HTTPException) return problem(context, 'usage', error.message);
    return problemOfError(context, error);
  });
  servePage(app);
  for (const route of ROUTES) mount(app, services, route, options);
  for (const path of new Set(ROUTES.map(({ path }) => path))) refuseOtherMethods(app, path);
  return app;
}

/** Only the methods that a path has are answered: no other one reaches a handler of it. */
function refuseOtherMethods(app: Hono, path: string): void {
  const allow = ROUTES.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  app.all(honoPath(path), (context) => {
    const title = 'Not with this method';
    const answer = problemOfStatus(context, 405, 'method', { title, detail: `it takes ${allow.join(', ')}` });
    answer.headers.set('allow', allow.join(', '));
    return answer;
  });
}
