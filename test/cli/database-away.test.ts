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

test('orch doctor finds a database that never answers under the store, and the config fine', async () => {
  const port = await silentServer();
  const dir = makeProject({});
  const url = `postgres://orch:hunter2@127.0.0.1:${port}/orch`;
  const env = { ORCH__STORE__KIND: 'postgres', ORCH__STORE__URL: url };
  const ended = await orch(['-C', dir, 'doctor', '--json'], { env });
  expect(ended.code).toBe(1);
  const { items } = JSON.parse(ended.stdout) as { items: { topic: string; level: string; text: string }[] };
  const of = (topic: string) => items.find((one) => one.topic === topic);
  expect(of('config')?.level).toBe('ok');
  expect(of('store')).toMatchObject({ level: 'problem', text: expect.stringContaining('does not answer') });
  expect(ended.stdout).not.toContain('hunter2');
  // What the files say is known without it.
  const listed = await orch(['-C', dir, 'list'], { env });
  expect(listed).toMatchObject({ code: 0, stdout: '' });
});

test('orch list warns that a database is away, and lists what the files say', async () => {
  const port = await silentServer();
  const dir = makeProject({ 'dags/one.yaml': 'id: one\ntasks:\n  only: { run: "true" }\n' });
  const url = `postgres://orch@127.0.0.1:${port}/orch`;
  const ended = await orch(['-C', dir, 'list', '--json'], {
    env: { ORCH__STORE__KIND: 'postgres', ORCH__STORE__URL: url },
  });
  expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining('paused is not known') });
  expect(JSON.parse(ended.stdout).items).toMatchObject([{ dagId: 'one', paused: null, nextSlotAt: null }]);
});
