import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { setAccount } from '../../core/accounts/keep-accounts.ts';
import type { Logger } from '../../core/log/logger.ts';
import { AppError } from '../../core/model/errors.ts';
import { type AppOptions, createApp } from '../../server/app.ts';
import { networkOf } from '../../server/limit-rates.ts';
import { type Listening, listen } from '../../server/listen.ts';
import { type Served, serve } from './served.ts';

const MIB = 1_048_576;
const LOOPBACK = { address: '127.0.0.1', port: 0 } as const;
const RUNS = '/api/v1/dags/hello/runs';

let api: Served;
let listening: Listening;
beforeAll(async () => {
  api = await serve({ 'dags/hello.yaml': "id: hello\ntasks: { greet: { run: 'true' } }\n" });
  listening = await listen(api.app, LOOPBACK);
});
afterAll(async () => {
  await listening.close();
  await api[Symbol.asyncDispose]();
});

/** What a server answers to bytes on a connection of their own; it is to close it. */
function answerTo(url: string, ...parts: readonly string[]): Promise<string> {
  const { port } = new URL(url);
  return new Promise((done, failed) => {
    let text = '';
    const socket = connect(Number(port), '127.0.0.1');
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    // A server that refuses a body may close before all of it is written.
    socket.on('error', (error) => (text === '' ? failed(error) : undefined));
    socket.on('close', () => done(text));
    for (const part of parts) socket.write(part);
  });
}

const head = (...headers: string[]): string =>
  [`POST ${RUNS} HTTP/1.1`, 'host: localhost', 'connection: close', ...headers, '', ''].join('\r\n');
const JSON_TYPE = 'content-type: application/json';
const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
/** A body that would be fine but for its length. */
const bodyOf = (bytes: number): string => `{"params":{}${' '.repeat(bytes - 13)}}`;

describe('bodies on a socket', () => {
  test.each<[string, number, string[]]>([
    ['of 1 MiB', 201, [head(JSON_TYPE, `content-length: ${MIB}`), bodyOf(MIB)]],
    ['of 1 MiB in chunks', 201, [head(JSON_TYPE, 'transfer-encoding: chunked'), chunked(bodyOf(MIB))]],
    ['of more', 413, [head(JSON_TYPE, `content-length: ${MIB + 1}`), bodyOf(MIB + 1)]],
    ['of more in chunks', 413, [head(JSON_TYPE, 'transfer-encoding: chunked'), chunked(bodyOf(MIB + 1))]],
    [
      'of more than they say',
      400,
      [head(JSON_TYPE, 'content-length: 5', 'transfer-encoding: chunked'), chunked(bodyOf(2 * MIB))],
    ],
    ['cut off by their length', 400, [head(JSON_TYPE, 'content-length: 5'), bodyOf(20)]],
    ['with a length that is none', 400, [head(JSON_TYPE, 'content-length: abc'), bodyOf(MIB + 1)]],
    ['with a negative length', 400, [head(JSON_TYPE, 'content-length: -1'), bodyOf(MIB + 1)]],
    [
      'with two lengths',
      400,
      [head(JSON_TYPE, 'content-length: 5', `content-length: ${MIB + 1}`), bodyOf(MIB + 1)],
    ],
  ])('%s are answered with %i', async (_name, status, parts) => {
    const text = await answerTo(listening.url, ...parts);
    expect(text.split('\r\n')[0]).toContain(` ${status} `);
    if (status === 413) expect(text).toContain('urn:orch:error:too_large');
  });

  test('that are cut off are no error of the server, and make nothing', async () => {
    const errors: unknown[] = [];
    const answered = Promise.withResolvers<void>();
    const log = {
      error: (facts: unknown) => errors.push(facts),
      isLevelEnabled: () => true,
      debug: () => answered.resolve(),
    } as unknown as Logger;
    const place = await listen(createApp(api.services, { log }), LOOPBACK);
    const socket = connect(Number(new URL(place.url).port), '127.0.0.1');
    // The server has the head once it asks for the body.
    socket.write(head(JSON_TYPE, 'content-length: 500', 'expect: 100-continue'));
    await once(socket, 'data');
    socket.end('{"params":');
    await answered.promise;
    expect(errors).toEqual([]);
    await place.close();
  });
});

describe('connections', () => {
  const get = (path: string, ...headers: string[]): string =>
    [`GET ${path} HTTP/1.1`, 'host: localhost', ...headers, '', ''].join('\r\n');

  test.each([
    ['whose body is late', [head(JSON_TYPE, 'content-length: 50'), '{']],
    ['whose head is late', ['GET /api/v1/me HTTP/1.1\r\nhost: loc']],
    ['that say nothing', []],
  ])('%s are answered with 408', async (_name, parts) => {
    const hasty = await listen(api.app, { ...LOOPBACK, requestTimeoutMs: 100 });
    const text = await answerTo(hasty.url, ...parts);
    expect(text.split('\r\n')[0]).toContain(' 408 ');
    await hasty.close();
  });

  test('with a head that is too long are answered with 431', async () => {
    const text = await answerTo(listening.url, get('/api/v1/me', `x-long: ${'x'.repeat(20_000)}`));
    expect(text.split('\r\n')[0]).toContain(' 431 ');
  });

  test('with several requests at once have them answered in their order', async () => {
    const asked = ['/api/v1/me', '/api/v1/nothing', '/api/v1/me', '/api/v1/nothing'];
    const last = get('/api/v1/me', 'connection: close');
    const text = await answerTo(listening.url, [...asked.map((path) => get(path)), last].join(''));
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
      '200',
      '404',
      '200',
      '404',
      '200',
    ]);
  });

  test('beyond the most are closed as they come, until another one ends', async () => {
    const small = await listen(api.app, { ...LOOPBACK, connectionsMax: 2 });
    const port = Number(new URL(small.url).port);
    const idle = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    // A connection is taken before the next one that was opened after it.
    for (const one of idle) await once(one, 'connect');
    const refused = connect(port, '127.0.0.1').resume();
    refused.on('error', () => undefined);
    await once(refused, 'close');
    idle[0]?.end(get('/api/v1/me', 'connection: close'));
    await once(idle[0]?.resume() as Socket, 'close');
    expect(await answerTo(small.url, get('/api/v1/me', 'connection: close'))).toContain(' 200 ');
    idle[1]?.destroy();
    await small.close();
  });

  test('keep no server from ending, which answers what it was asked, and waits for no other', async () => {
    const app = new Hono();
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    app.get('/', async (context) => {
      asked.resolve();
      await answer.promise;
      return context.text('answered');
    });
    const place = await listen(app, LOOPBACK);
    const silent = connect(Number(new URL(place.url).port), '127.0.0.1').resume();
    await once(silent, 'connect');
    const answered = fetch(place.url).then((response) => response.text());
    await asked.promise;
    const closed = place.close();
    answer.resolve();
    expect(await answered).toBe('answered');
    await closed;
  });

  test('that ask for another protocol are answered, and keep no server from ending', async () => {
    const place = await listen(createApp(api.services, { isOpen: false }), LOOPBACK);
    const other = await answerTo(place.url, get('/healthz', 'connection: close, upgrade', 'upgrade: h2c'));
    expect(other).toContain(' 200 ');
    const port = Number(new URL(place.url).port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    const key = `sec-websocket-key: ${'A'.repeat(22)}==`;
    const words = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', key];
    socket.write(get('/api/v1/metrics/realtime/ws', ...words));
    await once(socket, 'end');
    await place.close();
    socket.destroy();
  });

  test('whose client takes nothing of its answer are closed', async () => {
    const app = new Hono<{ Bindings: HttpBindings }>();
    const closed = Promise.withResolvers<void>();
    app.get('/', (context) => {
      context.env.outgoing.once('close', () => closed.resolve());
      return context.body('x'.repeat(32 * MIB));
    });
    const place = await listen(app as unknown as Hono, { ...LOOPBACK, idleTimeoutMs: 100 });
    const socket = connect(Number(new URL(place.url).port), '127.0.0.1');
    socket.pause();
    socket.write(get('/'));
    await closed.promise;
    socket.destroy();
    await place.close();
  });
});

describe('compression', () => {
  const raw = (path: string, encoding = 'gzip') =>
    answerTo(
      listening.url,
      `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept-encoding: ${encoding}\r\n\r\n`,
    );

  test('long JSON is compressed for who accepts it, short JSON never', async () => {
    expect(await raw('/openapi.json')).toMatch(/content-encoding: gzip/i);
    expect(await raw('/openapi.json', 'identity')).not.toMatch(/content-encoding/i);
    expect(await raw('/api/v1/me')).not.toMatch(/content-encoding/i);
    expect(await raw('/api/v1/nothing')).not.toMatch(/content-encoding/i);
  });

  test('what comes out is the same JSON', async () => {
    const ask = (encoding: string) =>
      api.app.request('http://localhost/openapi.json', { headers: { 'accept-encoding': encoding } });
    const packed = await ask('gzip');
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    const plain = await (await ask('identity')).text();
    expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(plain);
  });

  test('a stream is not', async () => {
    const app = createApp(api.services);
    app.get(
      '/lines',
      () => new Response('x'.repeat(5_000), { headers: { 'content-type': 'text/event-stream' } }),
    );
    const headers = { 'accept-encoding': 'gzip' };
    const answer = await app.request('http://localhost/lines', { headers });
    expect(answer.headers.get('content-encoding')).toBe(null);
  });
});

/** An application, asked from addresses. */
function from(limits: AppOptions['limits'], isOpen = true) {
  const app = createApp(api.services, { isOpen, ...(limits === undefined ? {} : { limits }) });
  return async (address: string, path = '/api/v1/me', init: RequestInit = {}): Promise<Response> =>
    app.request(`http://localhost${path}`, init, { incoming: { socket: { remoteAddress: address } } });
}

const SLOW = { requestsPerSecond: 0.01, burst: 3, failedLogins: 2 };

describe('limits of requests', () => {
  test('who asks too often is told how long to wait, by its own address', async () => {
    const ask = from(SLOW);
    for (let asked = 0; asked < 3; asked++) expect((await ask('10.0.0.1')).status).toBe(200);
    const refused = await ask('10.0.0.1', '/api/v1/me', { headers: { 'x-forwarded-for': '10.9.9.9' } });
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(250);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(300);
    expect(await refused.json()).toMatchObject({ status: 429, type: 'urn:orch:error:too_many' });
    expect((await ask('10.0.0.2')).status).toBe(200);
  });

  test('who shows a token that is not valid is counted as nobody', async () => {
    const ask = from(SLOW, false);
    const bad = { headers: { authorization: 'Bearer wrong' } };
    for (let asked = 0; asked < 3; asked++)
      expect((await ask('10.0.0.1', '/api/v1/me', bad)).status).toBe(401);
    expect((await ask('10.0.0.1', '/api/v1/me', bad)).status).toBe(429);
    expect((await ask('10.0.0.1')).status).toBe(429);
  });

  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('%s is one of %s', (address, network) => expect(networkOf(address)).toBe(network));
});

describe('limits of logins', () => {
  const LIMITS = { requestsPerSecond: 1_000, burst: 1_000, failedLogins: 2 };
  const PASSWORD = 'correct horse battery';
  const login = (name: string, password: string): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  });
  beforeAll(async () => {
    const grants = [{ dags: '*', role: 'viewer' as const }];
    for (const name of ['ann', 'bob'])
      await setAccount(
        api.services.store.accounts,
        { name, grants, password: PASSWORD },
        { by: 'test', at: 1 },
      );
  });

  test('an address has a few that fail, those that succeed do not count', async () => {
    const ask = from(LIMITS);
    const statusOf = async (address: string, name: string, password: string) =>
      (await ask(address, '/api/v1/login', login(name, password))).status;
    for (let done = 0; done < 3; done++) expect(await statusOf('10.0.0.1', 'ann', PASSWORD)).toBe(200);
    expect(await statusOf('10.0.0.1', 'x', 'wrong')).toBe(401);
    expect(await statusOf('10.0.0.1', 'y', 'wrong')).toBe(401);
    const refused = await ask('10.0.0.1', '/api/v1/login', login('ann', PASSWORD));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(await statusOf('10.0.0.2', 'ann', PASSWORD)).toBe(200);
  });

  test('a name has a few that fail, from wherever they come, also all at once', async () => {
    const ask = from(LIMITS);
    const tries = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map(
      async (address) => (await ask(address, '/api/v1/login', login('bob', 'wrong'))).status,
    );
    expect((await Promise.all(tries)).sort()).toEqual([401, 401, 429, 429]);
    expect((await ask('10.0.0.5', '/api/v1/login', login('bob', PASSWORD))).status).toBe(429);
    expect((await ask('10.0.0.5', '/api/v1/login', login('ann', PASSWORD))).status).toBe(200);
  });

  test('a login that was put off is none that failed', async () => {
    const ask = from(LIMITS);
    const looking = vi.spyOn(api.services.store.accounts, 'account');
    looking.mockRejectedValue(new AppError('unavailable', 'not now'));
    const statusOf = async () => (await ask('10.0.0.9', '/api/v1/login', login('cat', 'wrong'))).status;
    expect([await statusOf(), await statusOf(), await statusOf()]).toEqual([503, 503, 503]);
    looking.mockRestore();
  });
});
