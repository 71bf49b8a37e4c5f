import type { Context } from 'hono';

/**
 * Whether a request comes from a page of this server, or from no page. By host alone: behind a proxy with TLS
 * a page is of https, and the request arrives by http.
 */
export function isSameHost({ req }: Context): boolean {
  const origin = req.header('origin');
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === new URL(req.url).host;
}
