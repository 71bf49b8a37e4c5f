import { describe, expect, test } from 'vitest';
import { askServer, whyUnreachable } from '../../../cli/remote/ask-server.ts';
import { Server } from '../../../cli/remote/server.ts';
import { orchVersion } from '../../../core/config/installation.ts';

const URL = 'https://orch.example';
const TOKEN = 'orch_secret';
const own = { 'x-request-id': 'r', 'content-type': 'application/json' };
const answer = (body: unknown, status = 200, headers: Record<string, string> = own) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });
const problem = (status: number, detail: string) =>
  answer({ type: 'urn:orch:error:not_found', title: '', status, detail }, status);

/** What a command is told whose server answers so. */
async function told(...answers: Response[]): Promise<string> {
  const left = [...answers];
  const server = new Server({ url: URL, token: TOKEN }, { fetch: async () => left.shift() as Response });
  const error = await server.items('listRuns', {}).catch((caught: unknown) => caught as Error);
  const { code, message } = error as { code?: string; message: string };
  expect(message).not.toContain(TOKEN);
  return `${code}: ${message}`;
}

describe('what answers', () => {
  test.each([
    ['a page', answer('<html>', 200, { 'content-type': 'text/html' }), 'is no orch server (status 200)'],
    ['other JSON', answer({ a: 1 }, 200, {}), 'is no orch server (status 200)'],
    ['a proxy', answer('<h1>', 502, {}), 'is no orch server (status 502)'],
    ['half of an answer', answer('{"items":['), 'is no orch server (its answer is no JSON)'],
    ['a redirect', answer('', 301, { location: 'https://b.example/x?y' }), 'sends on to https://b.example:'],
    ['a redirect without a place', answer('', 302, {}), 'sends on elsewhere'],
  ])('%s is told as what it is', async (_, response, text) => {
    const message = await told(response);
    expect(message).toContain(`unavailable: `);
    expect(message).toContain(text);
  });

  test('an orch of another version is told where it does not know what is asked for', async () => {
    const document = () => answer({ info: { version: '9.9.9' } });
    const other = await told(problem(404, 'there is nothing at /api/v1/runs'), document());
    expect(other).toContain('unavailable: What is asked for is not known there');
    expect(other).toContain('has orch 9.9.9, this is orch ');
    expect(await told(problem(400, "unknown key 'x' in the body"), document())).toContain('9.9.9');
    expect(await told(problem(404, 'there is no DAG x'))).toBe('not_found: there is no DAG x');
    expect(await told(problem(404, 'there is nothing at /x'), answer('', 500))).toContain('not_found');
  });

  const page = (items: unknown) => answer({ items, nextCursor: null });
  const openapi = (version: string) => answer({ info: { version } });
  test('what a version of orch answers in no case is told, and both versions where they differ', async () => {
    const answers = `unavailable: The server ${URL} gave an answer to listRuns that cannot be read`;
    const text = `${answers}: /items is no list`;
    expect(await told(page({}), openapi(orchVersion()))).toBe(text);
    expect(await told(page({}), openapi('9.9.9'))).toBe(
      `${text}; it has orch 9.9.9, this is orch ${orchVersion()}`,
    );
  });

  test('only a server of another version may leave something out', async () => {
    const lacks = /^unavailable: .* listRuns that cannot be read: \/items\/0\/runId is not there$/;
    expect(await told(page([{}]), openapi(orchVersion()))).toMatch(lacks);
    expect(await told(page([{}]), answer('', 500))).toMatch(lacks);
    const left = [page([{}]), openapi('9.9.9')];
    const server = new Server({ url: URL }, { fetch: async () => left.shift() as Response });
    expect(await server.items('listRuns', {})).toHaveLength(1);
  });

  test('nothing in time is told with how long was waited; who stops asking is told nothing', async () => {
    const never = (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    const ask = askServer(URL, { timeoutMs: 5, fetch: never });
    await expect(ask(URL, {})).rejects.toThrow(`${URL} cannot be reached: it has not answered in 0.005 s`);
    const stopped = new AbortController();
    const asked = askServer(URL, { fetch: never })(URL, { signal: stopped.signal });
    stopped.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

test.each([
  ['ECONNREFUSED', "nothing listens there; 'orch server' or 'orch up' on that machine does (ECONNREFUSED)"],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS names a file of who is'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'of nobody trusted here'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
  ['EWEIRD', 'cannot be reached: EWEIRD'],
])('%s says what to do', (code, text) => {
  const error = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code }) });
  expect(whyUnreachable(URL, error)).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(text),
  });
});
