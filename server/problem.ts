import type { Context } from 'hono';
import type { ErrorCode } from '../core/model/errors.ts';

/** The HTTP status of every kind of refusal. */
const STATUS = {
  usage: 400,
  invalid: 422,
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorCode, number>;

/** Answers with a refusal as `application/problem+json` (RFC 9457). */
export function problem(context: Context, code: ErrorCode, detail: string): Response {
  const status = STATUS[code];
  const body = { type: 'about:blank', title: code.replaceAll('_', ' '), status, detail };
  return context.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}
