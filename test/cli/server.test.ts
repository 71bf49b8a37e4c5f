import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const URL_LINE = /^(http:\/\/\S+)$/m;

async function urlOf(running: ReturnType<typeof startOrch>): Promise<string> {
  return URL_LINE.exec(await running.until(URL_LINE))?.[1] ?? '';
}

const statusOf = async (url: string, headers: Record<string, string> = {}): Promise<number> =>
  (await fetch(`${url}/api/v1/runs`, { headers })).status;

test('orch server is open on the loopback address, and says that no scheduler runs', async () => {
  const dir = makeProject({});
  const running = startOrch(['-C', dir, 'server', '--port', '0']);
  const url = await urlOf(running);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(await statusOf(url)).toBe(200);
  running.child.kill('SIGTERM');
  const { stderr } = await running.ended;
  expect(stderr).toBe('No scheduler runs: nothing is decided until one does (orch scheduler).\n');
});

test('orch up runs a DAG that is asked for as soon as it listens', async () => {
  const dir = makeProject({ 'dags/one.yaml': "id: one\ntasks: { a: { run: 'true' } }\n" });
  const url = await urlOf(startOrch(['-C', dir, 'up', '--port', '0']));
  const trigger = (dagId: string): Promise<Response> =>
    fetch(`${url}/api/v1/dags/${dagId}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  const [known, unknown] = await Promise.all([trigger('one'), trigger('none')]);
  expect([known.status, unknown.status]).toEqual([201, 404]);
});

test('server.requireLogin has everybody log in there too', async () => {
  const dir = makeProject({ 'airflow.yaml': 'server: { port: 0, requireLogin: true }\n' });
  const refused = await orch(['-C', dir, 'server']);
  expect([refused.code, refused.stdout]).toEqual([5, '']);
  const token = (await orch(['-C', dir, 'token', 'create', 'me', '--role', 'admin'])).stdout.trim();
  const running = startOrch(['-C', dir, 'server']);
  const url = await urlOf(running);
  expect(await statusOf(url)).toBe(401);
  expect(await statusOf(url, { authorization: `Bearer ${token}` })).toBe(200);
});

test('on another address the server starts only if somebody can log in who may do everything', async () => {
  const dir = makeProject({});
  const start = ['-C', dir, 'server', '--host', '0.0.0.0', '--port', '0'];
  const refused = async (): Promise<void> => {
    for (const command of ['server', 'up']) {
      const { code, stdout, stderr } = await orch(start.map((word) => (word === 'server' ? command : word)));
      expect([code, stdout]).toEqual([5, '']);
      expect(stderr).toContain('On 0.0.0.0 everybody has to log in, and nobody can');
      expect(stderr).toContain("'orch token create <name> --role admin'");
    }
  };
  await refused();
  const create = async (...words: string[]): Promise<string> =>
    (await orch(['-C', dir, 'token', 'create', 'me', ...words])).stdout.trim();
  await create('--role', 'author');
  await create('--role', 'admin', '--dags', 'a*');
  await create('--role', 'admin', '--expires', '1ms');
  await refused();
  const token = await create('--role', 'admin');
  const running = startOrch(start);
  const url = (await urlOf(running)).replace('0.0.0.0', '127.0.0.1');
  expect(await statusOf(url)).toBe(401);
  expect(await statusOf(url, { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'localhost' })).toBe(401);
  const headers = { authorization: `Bearer ${token}` };
  expect(await statusOf(url, headers)).toBe(200);
  expect(await statusOf(url.replace('127.0.0.1', 'localhost'), headers)).toBe(200);
  running.child.kill('SIGTERM');
  expect((await running.ended).stderr).toContain('have a proxy with TLS in front');
});

test('a user with role admin will do, unless it cannot log in', async () => {
  const dir = makeProject({});
  const set = (...words: string[]) =>
    orch(['-C', dir, 'user', 'set', 'ann', ...words], { input: 'correct horse' });
  await set('--role', 'admin', '--password-stdin', '--disable');
  const start = ['-C', dir, 'server', '--host', '0.0.0.0', '--port', '0'];
  expect(await orch(start)).toMatchObject({ code: 5 });
  await set('--enable');
  expect(await urlOf(startOrch(start))).toMatch(/^http:/);
});

test.each([
  ['--host', 'no-such-host.invalid', "There is no address for the host 'no-such-host.invalid'"],
  ['--host', '127.0.0.1.', "There is no address for the host '127.0.0.1.'"],
  ['--port', '70000', "--port must be at most 65535, not '70000'"],
])('%s %s is refused', async (flag, value, sentence) => {
  const { code, stderr } = await orch(['-C', makeProject({}), 'server', flag, value]);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});

test('files of the server are for its user alone; its log hears of all at level debug', async () => {
  const dir = makeProject({});
  const running = startOrch(['-C', dir, 'server', '--port', '0'], { env: { ORCH_LOG_LEVEL: 'debug' } });
  const url = await urlOf(running);
  await statusOf(url);
  const umask = readFileSync(`/proc/${running.pid}/status`, 'utf8');
  if (existsSync('/proc/self/status')) expect(umask).toMatch(/^Umask:\s+0077$/m);
  running.child.kill('SIGTERM');
  await running.ended;
  const log = join(dir, '.orch/log/orch.log');
  expect(statSync(log).mode & 0o777).toBe(0o600);
  expect(readFileSync(log, 'utf8')).toContain('"path":"/api/v1/runs","status":200');
});
