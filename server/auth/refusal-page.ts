import type { AppError } from '../../core/model/errors.ts';
import { RETRY_AFTER_S, STATUS } from '../problem.ts';

/** Shows a browser, which no page of this server has sent here, why it is not let in. */
export function refusalPage(error: AppError): Response {
  const text = error.message.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>orch: no login</title>
<h1>You are not logged in</h1>
<p>${text}.</p>
<p><a href="/">Back to orch</a></p>
</html>
`;
  const again = error.code === 'unavailable' ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  const headers = { 'content-type': 'text/html; charset=utf-8', ...again };
  return new Response(html, { status: STATUS[error.code], headers });
}
