import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger, type Logger } from '../../core/log/logger.ts';
import { createApp } from '../../server/app.ts';
import { listen } from '../../server/listen.ts';
import { type Served, serve } from './served.ts';

interface Line {
  readonly level: string;
  readonly path: string;
  readonly status: number;
  readonly by: string | null;
  readonly requestId: string;
}

let api: Served;
beforeAll(async () => {
  api = await serve({ 'dags/hello.yaml': "id: hello\ntasks: { greet: { run: 'true' } }\n" });
});
afterAll(() => api[Symbol.asyncDispose]());

/** A log of a level, and what it holds. */
function logOf(level: 'info' | 'debug'): { log: Logger; text: () => string; lines: () => Line[] } {
  const path = join(api.project.dir, `${level}-${Math.random()}.log`);
  const log = createLogger({ level, to: { path, maxBytes: 1e6, keep: 1, clock: api.services.clock } });
  const text = (): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  };
  const lines = (): Line[] =>
    text()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  return { log, text, lines };
}

const failing = () =>
  Object.assign(Object.create(api.services.store), { runs: () => Promise.reject(new Error('broken')) });

test('a request that fails by the server is one line, others are lines at level debug only', async () => {
  for (const level of ['info', 'debug'] as const) {
    const { log, lines } = logOf(level);
    const app = createApp({ ...api.services, store: failing() }, { log });
    await app.request('http://localhost/api/v1/runs');
    await app.request('http://localhost/api/v1/me');
    await app.request('http://localhost/api/v1/nothing');
    const told = lines().map(({ level: of, path, status, by }) => [of, path, status, by]);
    const failed = ['error', '/api/v1/runs', 500, 'local'];
    const answered = [
      ['debug', '/api/v1/me', 200, 'local'],
      ['debug', '/api/v1/nothing', 404, 'local'],
    ];
    expect(told).toEqual(level === 'info' ? [failed] : [failed, ...answered]);
  }
});

test('a line holds neither the query nor a secret', async () => {
  const { log, text, lines } = logOf('debug');
  const app = createApp(api.services, { log });
  const headers = { authorization: 'Bearer orch_secret', cookie: 'orch_login=orch_secret' };
  await app.request('http://localhost/api/v1/runs?since=hidden', { headers });
  const body = JSON.stringify({ name: 'ann', password: 'hidden' });
  await app.request('http://localhost/api/v1/login', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(lines()).toHaveLength(2);
  expect(text()).not.toMatch(/hidden|orch_secret/);
});

test('line ends in a path or in a request id make no line of their own', async () => {
  const { log, lines } = logOf('debug');
  const listening = await listen(createApp(api.services, { log }), { address: '127.0.0.1', port: 0 });
  const forged = '{"level":"error","path":"/forged"}';
  const encoded = encodeURIComponent(`\r\n${forged}\n`);
  await (await fetch(`${listening.url}/api/v1/${encoded}`)).text();
  await (await fetch(`${listening.url}/api/v1/x`, { headers: { 'x-request-id': encoded } })).text();
  const { port } = new URL(listening.url);
  await new Promise<void>((done) => {
    const socket = connect(Number(port), '127.0.0.1').on('close', () => done());
    socket.resume().write(`GET /api/v1/\u0085\u2028x\r HTTP/1.1\r\nhost: localhost\r\n\r\n${forged}\r\n\r\n`);
  });
  await listening.close();
  expect(lines().map(({ path }) => path)).toEqual([`/api/v1/${encoded}`, '/api/v1/x']);
  expect(lines().every(({ requestId }) => /^[0-9a-f-]{36}$/.test(requestId))).toBe(true);
});
