import type { Context } from 'hono';
import { AppError, type ErrorCode } from '../core/model/errors.ts';
import { jsonHeaders } from './compress-json.ts';
import { requestIdOf } from './request-id.ts';

/** What is not available now may be so after this time: a database or a leader comes back. */
export const RETRY_AFTER_S = 2;

/** The HTTP status of every kind of refusal. */
export const STATUS = {
  usage: 400,
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

const TITLE: Readonly<Record<ErrorCode, string>> = {
  usage: 'The request is wrong',
  invalid: 'Invalid file or value',
  unauthenticated: 'Login needed',
  forbidden: 'Not allowed',
  not_found: 'Not found',
  conflict: 'Refused',
  unavailable: 'Not available now',
  internal: 'A defect of orch',
};

/** Answers with a refusal as `application/problem+json` (RFC 9457). */
export function problem(context: Context, code: ErrorCode, detail: string, details: object = {}): Response {
  return problemOfStatus(context, STATUS[code], code, { title: TITLE[code], detail, ...details });
}

/** Answers with an error of the user as it is, and with any other one without what it says. */
export function problemOfError(context: Context, error: unknown): Response {
  if (isCutOff(error))
    return problem(context, 'usage', 'the connection ended before all of the body was there');
  if (!(error instanceof AppError) || error.code === 'internal')
    return problem(context, 'internal', 'the server failed at this request; its log has the request id');
  const { errors, diagnostics } = error.details;
  // What the leader finds wrong is in the body: the path and the query are read before.
  const list = Array.isArray(errors)
    ? errors.map((one) => ({ in: 'body', ...(one as object) }))
    : diagnostics;
  return problem(context, error.code, error.message, list === undefined ? {} : { errors: list });
}

/** A refusal with a status of its own. `code` names it for programs. */
export function problemOfStatus(
  context: Context,
  status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 422 | 426 | 429 | 500 | 503,
  code: string,
  body: { readonly title: string; readonly detail: string },
): Response {
  const { title, detail, ...more } = body;
  const instance = requestIdOf(context);
  const text = JSON.stringify({ type: `urn:orch:error:${code}`, title, status, detail, instance, ...more });
  const again = status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  const headers = { ...jsonHeaders(text), ...again, 'content-type': 'application/problem+json' };
  return context.body(text, status, headers);
}

/** Whether a client went away, or was too slow, while its request was read: no fault of the server. */
function isCutOff(error: unknown): boolean {
  return (
    error instanceof Error && error.message === 'aborted' && 'code' in error && error.code === 'ECONNRESET'
  );
}
