import { createServer } from 'node:http';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeliveryError } from '../../../core/channels/delivery-error.ts';
import { post } from '../../../core/channels/post.ts';

const server = createServer((request, response) => {
  const status = Number(request.url?.slice(1));
  // One that answers nothing.
  if (status === 0) return;
  response.writeHead(status, status === 503 ? { 'retry-after': '7' } : {}).end('{"partialSuccess":{}}');
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const send = (path: string, more = {}): Promise<string> =>
  post({ url: `${base}/${path}`, headers: {}, body: '{}', timeoutMs: 5_000, ...more });
const failure = (sent: Promise<string>): Promise<DeliveryError> =>
  sent.then(
    () => Promise.reject(new Error('it was taken')),
    (error: DeliveryError) => error,
  );

test('an answer is given back', async () => {
  expect(await send('200')).toBe('{"partialSuccess":{}}');
});

test.each([
  ['503', {}, false, 7_000],
  ['500', {}, false, null],
  ['429', {}, false, null],
  ['400', {}, true, null],
  ['302', {}, true, null],
  ['500', { isPassing: (status: number) => status === 503 }, true, null],
])('status %s with %o is final: %s', async (path, more, isFinal, retryAfterMs) => {
  expect(await failure(send(path, more))).toMatchObject({ isFinal, retryAfterMs });
});

test('one that does not answer is given up, and no error names the address', async () => {
  const slow = await failure(send('0', { timeoutMs: 30 }));
  const ended = await failure(send('0', { signal: AbortSignal.timeout(30) }));
  const given = new AbortController();
  given.abort();
  const early = await failure(send('0', { signal: given.signal }));
  const away = await failure(post({ url: 'http://127.0.0.1:1/x', headers: {}, body: '', timeoutMs: 5_000 }));
  expect([slow, ended, early, away].map(({ isFinal }) => isFinal)).toEqual([false, false, false, false]);
  for (const { message } of [slow, early, away]) expect(message).not.toMatch(/127\.0\.0\.1/);
});

test.each([
  ['what is no HTTP', 'SSH-2.0-host\r\n'],
  ['a head that is none', 'HTTP/1.1 abc\r\n\r\n'],
])('%s is told as such', async (_, answer) => {
  const other = createSocketServer((socket) =>
    socket
      .on('error', () => undefined)
      .resume()
      .end(answer),
  );
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { message } = await failure(post({ url, headers: {}, body: '{}', timeoutMs: 5_000 }));
  await new Promise((resolve) => other.close(resolve));
  expect(message).toBe('what is there does not answer by HTTP');
});
