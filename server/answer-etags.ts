import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

/** Answers that are asked for again and again, and are mostly as they were: not the lists of what goes on. */
const PATHS =
  /^\/openapi\.json$|^\/api\/v1\/runs\/[^/]+$|^\/api\/v1\/dags\/[^/]+(\/versions(\/\d+(\/diff\/\d+)?)?)?$/;

/**
 * Gives answers to GET a weak ETag by their content, and answers `If-None-Match` with 304 where it is the
 * same. It saves the way back to the client, not the work of the answer: who asks is checked all the same.
 */
export const answerEtags: MiddlewareHandler = async (context, next) => {
  await next();
  const { req, res } = context;
  if (req.method !== 'GET' || res.status !== 200 || !PATHS.test(req.path)) return;
  const body = Buffer.from(await res.clone().arrayBuffer());
  const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
  const isSame = namesTag(req.header('if-none-match'), etag);
  const headers = new Headers(res.headers);
  headers.set('etag', etag);
  // A browser may keep the answer, and has to ask each time whether it still holds.
  headers.set('cache-control', 'private, no-cache');
  headers.set('vary', 'authorization, cookie');
  if (isSame) for (const name of ['content-length', 'content-type']) headers.delete(name);
  context.res = undefined;
  context.res = new Response(isSame ? null : body, { status: isSame ? 304 : 200, headers });
};

/** Whether an `If-None-Match` names a tag: weakly, so that a proxy that compresses changes nothing. */
function namesTag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.trim() === '*' || header.split(',').some((tag) => opaque(tag) === opaque(etag));
}
