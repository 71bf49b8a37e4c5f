import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

/** A server on the loopback that takes every connection and never says a word. */
async function silentServer(): Promise<number> {
  const clients = new Set<Socket>();
  const server = createServer((client) => clients.add(client.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const client of clients) client.destroy();
    server.close();
  });
  return (server.address() as { readonly port: number }).port;
}

test.each([
  ['runs', 'runs'],
  ['trigger', 'trigger one'],
  ['status', 'status'],
])('orch %s against a database that never answers is exit 6, without the password', async (_name, line) => {
  const port = await silentServer();
  const dir = makeProject({ 'dags/one.yaml': 'id: one\ntasks:\n  only: { run: "true" }\n' });
  const env = {
    ORCH__STORE__KIND: 'postgres',
    ORCH__STORE__URL: `postgres://orch:hunter2@127.0.0.1:${port}/orch`,
  };
  const ended = await orch(['-C', dir, ...line.split(' '), '-v'], { env });
  expect(ended.code).toBe(6);
  expect(ended.stderr).toContain(`PostgreSQL at 127.0.0.1:${port} does not answer within 2 s`);
  expect(ended.stdout + ended.stderr).not.toContain('hunter2');
});
