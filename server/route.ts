import type { Static, TObject, TProperties, TSchema } from 'typebox';
import { Type } from 'typebox';
import type { Role } from '../core/model/account.ts';
import type { Access } from './access.ts';
import type { Connection } from './live/connection.ts';
import type { Line } from './live/upgrade.ts';
import type { Principal } from './principal.ts';
import type { Services } from './services.ts';

export const API = '/api/v1';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a handler is given: everything in it fits the schemas of its route. */
export interface Input<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The way to what belongs to a DAG. */
  readonly access: Access;
  /** The same as it is found out anew; `null`: who asked may not ask any more. */
  again(): Promise<Access | null>;
  /** Who asks as it is found out anew, for whoever asks in the same name later. */
  readonly whoAgain: () => Promise<Principal | null>;
  /** Answers with a WebSocket; see {@link upgrade}. */
  upgrade(open: (line: Line) => () => void): Promise<Response>;
  /** Names the request in logs and in the audit log. */
  readonly requestId: string;
  /** A header of the request. */
  header(name: string): string | undefined;
  readonly connection: Connection;
  /** An id for something that the request makes: the same when the request comes again with its key. */
  newId(): string;
  readonly cookies: { readonly [name: string]: string };
  /** Aborts when the client has gone away. */
  readonly signal: AbortSignal;
}

/** A route whose types are forgotten: what the server mounts and the document describes. */
export interface Route {
  readonly method: Method;
  /** With its parameters in braces: `/api/v1/runs/{runId}`. */
  readonly path: string;
  /** Its name in clients, such as `listRuns`. */
  readonly id: string;
  /** The group in the reference page. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** The least role that may use it; `public`: no login is needed. */
  readonly role: Role | 'public';
  readonly params: TObject;
  readonly query: TObject;
  /** `null`: it takes none. */
  readonly body: TSchema | null;
  /** `null`: the answer has no body. */
  readonly answer: TSchema | null;
  /** The type of an answer that is text; `null`: it is JSON. */
  readonly textType: string | null;
  readonly status: 200 | 201 | 202 | 204;
  /** There is a secret in the answer: it is never kept. */
  readonly isSecret: boolean;
  /** There is a secret in the body: what is kept to recognise it does not let it be guessed. */
  readonly takesSecret: boolean;
  handle(services: Services, input: Input<never, never, never>): Promise<unknown>;
}

interface Definition<P extends TProperties, Q extends TProperties, B extends TSchema, A extends TSchema> {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly role: Role | 'public';
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer?: A;
  readonly textType?: string;
  readonly status?: 200 | 201 | 202;
  readonly isSecret?: boolean;
  readonly takesSecret?: boolean;
  readonly handle: (
    services: Services,
    input: Input<Static<TObject<P>>, Static<TObject<Q>>, Static<B>>,
  ) => Promise<Static<A>>;
}

const STRICT = { additionalProperties: false } as const;

/**
 * Declares a route. What comes in is checked against its schemas before the handler sees it, and the handler
 * is typed by them; the OpenAPI document is made of the same schemas.
 */
export function route<
  P extends TProperties = Record<never, never>,
  Q extends TProperties = Record<never, never>,
  B extends TSchema = TSchema,
  A extends TSchema = TSchema,
>(method: Method, path: string, definition: Definition<P, Q, B, A>): Route {
  const { params, query, body, answer, status, handle, ...about } = definition;
  const { isSecret = false, takesSecret = false, textType = null } = definition;
  return {
    ...about,
    method,
    path,
    isSecret,
    takesSecret,
    textType,
    params: Type.Object(params ?? {}, STRICT),
    query: Type.Object(query ?? {}, STRICT),
    body: body ?? null,
    answer: answer ?? null,
    status: status ?? (answer === undefined && textType === null ? 204 : 200),
    handle: handle as unknown as Route['handle'],
  };
}
