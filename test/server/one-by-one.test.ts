import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../server/listen.ts';

/** More than a system keeps of an answer that nobody takes. */
const LARGE = 32 * 1_024 * 1_024;

/** A server whose answers are large; what it was asked, and clients of it that take nothing. */
async function largeServer() {
  const asked: string[] = [];
  const app = new Hono();
  app.get('/:name', (context) => {
    asked.push(context.req.param('name'));
    return context.body('x'.repeat(context.req.param('name') === 'large' ? LARGE : 1));
  });
  const { url, close } = await listen(app, { address: '127.0.0.1', port: 0 });
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return close();
  });
  const client = async (...names: string[]): Promise<Socket> => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(names.map((name) => `GET /${name} HTTP/1.1\r\nhost: localhost\r\n\r\n`).join(''));
    return socket;
  };
  const get = async (name: string): Promise<number> => (await fetch(`${url}/${name}`)).status;
  return { asked, client, get };
}

test('requests that follow one another unasked wait until the answer before is out', async () => {
  const { asked, client, get } = await largeServer();
  const socket = await client('large', 'second', 'third');
  // Another connection is not held up, and is asked for after all that the first one has sent.
  expect([await get('other'), await get('other')]).toEqual([200, 200]);
  expect(asked).toEqual(['large', 'other', 'other']);
  const head = 'HTTP/1.1 200';
  let heads = 0;
  // A head may lie across two chunks.
  let rest = '';
  for await (const chunk of socket) {
    const text = rest + String(chunk);
    heads += text.split(head).length - 1;
    rest = text.slice(1 - head.length);
    if (heads === 3) break;
  }
  expect(asked).toEqual(['large', 'other', 'other', 'second', 'third']);
});

test('a connection on which too many wait is closed, and nothing of them is done', async () => {
  const { asked, client, get } = await largeServer();
  const socket = await client('large', ...Array.from({ length: 20 }, () => 'more'));
  await once(socket.resume(), 'close');
  expect(await get('other')).toBe(200);
  expect(asked).toEqual(['large', 'other']);
});
