import type { Context, Handler, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { nestsDeeper } from '../core/model/json-depth.ts';
import { keyedRunUid, newRunUid } from '../core/scheduler/run-uid.ts';
import { makeQuickCheck } from '../core/schema/validate.ts';
import { Access } from './access.ts';
import { carryOut } from './changes.ts';
import { InputCheck, refuseInput } from './check-input.ts';
import { jsonHeaders } from './compress-json.ts';
import { Connection, type Outgoing } from './live/connection.ts';
import { type Line, upgrade } from './live/upgrade.ts';
import type { Principal } from './principal.ts';
import { principalOf } from './principal-of.ts';
import { problem, problemOfStatus } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import type { Input, Route } from './route.ts';
import type { Services } from './services.ts';

/** Objects and lists in one another that a body may have; DAGs and their params need a few. */
const DEPTH_MAX = 100;

/** Who asked may have lost rights by the end of a body that takes longer. */
const SLOW_BODY_MS = 250;

declare module 'hono' {
  interface ContextVariableMap {
    /** Who asks; absent: nobody that is known. */
    principal: Principal;
    /** Who asks as it is found out anew; `null`: nobody any more. */
    again: () => Promise<Principal | null>;
    /** When it was found out who asks. */
    foundAtMono: number;
    requestId: string;
  }
}

export interface MountOptions {
  /** Refuses answers that do not fit the schema of their route: for tests. */
  readonly checkAnswers?: boolean;
}

/** Has an application answer a route: it checks what comes in, asks the handler, and writes what it gives. */
export function mount(app: Hono, services: Services, route: Route, options: MountOptions): void {
  const handler = handlerOf(services, route, options);
  app.on(route.method.toUpperCase(), [honoPath(route.path)], handler);
}

/** A path of a route as Hono writes it. */
export function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function handlerOf(services: Services, route: Route, { checkAnswers }: MountOptions): Handler {
  const checks = {
    path: new InputCheck(route.params, 'path'),
    query: new InputCheck(route.query, 'query'),
    body: route.body === null ? null : new InputCheck(route.body, 'body'),
  };
  const checkAnswer = checkAnswers && route.answer !== null ? makeQuickCheck(route.answer) : () => null;
  return async (context) => {
    let principal = principalOf(context);
    if (route.role !== 'public' && principal === null) return refuseStranger(context);
    const params = context.req.param();
    const query = queryOf(new URL(context.req.url).searchParams);
    const problems = [...checks.path.problems(params), ...checks.query.problems(query)];
    let body: unknown;
    if (checks.body !== null) {
      const read = await readBody(context);
      if (read instanceof Response) return read;
      body = read.json;
      problems.push(...checks.body.problems(body));
      const waitedMs = services.clock.mono() - context.get('foundAtMono');
      if (waitedMs > SLOW_BODY_MS) principal = await context.get('again')();
      if (route.role !== 'public' && principal === null) return refuseStranger(context);
    }
    if (problems.length > 0) throw refuseInput(problems);
    const asker = principal ?? NOBODY;
    const accessOf = (who: Principal): Access =>
      new Access(services, who, route.role === 'public' ? 'viewer' : route.role);
    const access = accessOf(asker);
    const again = async (): Promise<Access | null> => {
      const who = await context.get('again')();
      return who === null ? null : accessOf(who);
    };
    const { signal } = context.req.raw;
    const cookies = getCookie(context);
    const make = async (key: string | null): Promise<Response> => {
      const input = {
        ...{ params, query, body, access, again, cookies, signal },
        requestId: requestIdOf(context),
        whoAgain: context.get('again'),
        upgrade: (open: (line: Line) => () => void) => upgrade(context, open),
        header: (name: string) => context.req.header(name),
        connection: connectionOf(context),
        newId: idMaker(services, key),
      };
      const answer = await route.handle(keyed(services, key), input as Input<never, never, never>);
      if (answer instanceof Response) return answer;
      const misfit = checkAnswer(answer);
      if (misfit !== null) throw new Error(`${route.id} gives what its schema refuses: ${misfit.message}`);
      if (route.answer === null) return context.body(null, 204);
      const text = JSON.stringify(answer);
      return context.body(text, route.status as 200, jsonHeaders(text));
    };
    if (route.method === 'get' || route.role === 'public' || isTrial(query)) return make(null);
    return carryOut(context, services, { route, principal: asker, params, body }, make);
  };
}

function refuseStranger(context: Context): Response {
  return problem(context, 'unauthenticated', 'this needs a login or a token');
}

/** What is only tried changes nothing: the audit log has no line of it, and no key keeps its answer. */
function isTrial(query: { readonly dryRun?: unknown }): boolean {
  return query.dryRun === true;
}

/** Has each question of a change be asked with a key of its own. */
function keyed(services: Services, key: string | null): Services {
  if (key === null) return services;
  let asked = 0;
  return { ...services, ask: (request) => services.ask(request, `${key}:${asked++}`) };
}

/** Ids for what a request makes: by its key, so that they are the same when it comes again. */
function idMaker({ clock }: Services, key: string | null): () => string {
  if (key === null) return () => newRunUid(clock.now());
  let made = 0;
  return () => keyedRunUid(`${key}:${made++}`);
}

function connectionOf({ env }: Context): Connection {
  const { outgoing } = (env ?? {}) as { readonly outgoing?: Outgoing };
  return new Connection(outgoing);
}

const NOBODY: Principal = { id: 'nobody', name: 'nobody', grants: [] };

/** One value of a name as text, several as a list. */
function queryOf(search: URLSearchParams): { [name: string]: string | string[] } {
  const query: { [name: string]: string | string[] } = Object.create(null);
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    query[name] = values.length === 1 ? (values[0] as string) : values;
  }
  return query;
}

/** The JSON of a body. A form or a text is refused, which a page of another site could send. */
async function readBody(context: Context): Promise<{ readonly json: unknown } | Response> {
  const type = context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase();
  const text = await context.req.text();
  if (text === '' && type === undefined) return { json: {} };
  if (type !== 'application/json') {
    const detail = `the body must be application/json, not ${type ?? 'without a type'}`;
    return problemOfStatus(context, 415, 'media_type', { title: 'Not JSON', detail });
  }
  if (nestsDeeper(text, DEPTH_MAX))
    return problem(context, 'usage', `the body has more than ${DEPTH_MAX} objects and lists in one another`);
  try {
    return { json: JSON.parse(text) };
  } catch (error) {
    return problem(context, 'usage', `the body is no JSON: ${(error as Error).message}`);
  }
}
