import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../cli/commands.ts';
import { writeContexts } from '../../cli/remote/contexts.ts';
import { makeToken } from '../../core/accounts/keep-accounts.ts';
import { systemClock } from '../../core/model/clock.ts';
import { createApp } from '../../server/app.ts';
import { type Listening, listen } from '../../server/listen.ts';
import { type Served, serve } from '../server/served.ts';
import { orch as startedOrch } from './orch-process.ts';
import { type Ended, runCommand } from './served-command.ts';

const FILES = {
  'dags/fan.yaml': `id: fan
params: { names: { type: array, items: { type: string }, default: [a, b] } }
tasks:
  each:
    forEach:
      over: \${{ params.names }}
      tasks:
        say: { run: 'echo "said $NAME"', env: { NAME: "\${{ item }}" } }
  last: { run: 'test ! -e ok && echo broken >&2 && exit 3; exit 0', after: [each] }
onFailure: { run: 'echo sorry' }
`,
  'dags/ask.yaml': `id: ask
tasks:
  gate: { approval: { title: 'go?', options: [publish, hold] } }
`,
  'dags/long.yaml': 'id: long\ntasks:\n  wait: { run: "sleep 60" }\n',
  'dags/measured.yaml': 'id: measured\ntasks:\n  go: { uses: ./measured/go.ts#go }\n',
  'dags/measured/go.ts': `export function go(_inputs, ctx) {
  ctx.metric('sharpe', 1.5);
  ctx.progress(1, 2, 'half');
}
`,
  'dags/due.yaml': `id: due
schedule: { every: 1000h }
deadline: 1h
tasks: { make: { run: 'true', produces: ['s3://market/raw'] } }
onSuccess: { run: 'exit 3', retries: 0 }
`,
  'airflow.yaml': `pools: { scarce: { slots: 3, description: "few" } }
alerts:
  channels: { ops: { kind: webhook, url: 'http://127.0.0.1:1/x' } }
  rules: { broken: { on: task_failure, channels: [ops] } }
`,
};

let api: Served;
let server: Listening;
let home: string;
let secret: string;

const orch = (...args: string[]): Promise<Ended> => runCommand([...args, '--server', 'here'], home);
const events = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  api = await serve(FILES);
  const { accounts } = api.services.store;
  const grants = [{ dags: '*', role: 'admin' }] as const;
  const about = { name: 'cli', grants, expiresAt: null };
  ({ secret } = await makeToken(accounts, about, { by: 'test', at: api.services.clock.now() }));
  const app = createApp(api.services, { isOpen: false, checkAnswers: true });
  server = await listen(app, { address: '127.0.0.1', port: 0 }, api.services.live);
  home = mkdtempSync(join(tmpdir(), 'orch-remote-'));
  writeContexts({ env: { HOME: home } } as never, {
    current: null,
    contexts: { here: { url: server.url, token: secret } },
  });
});
afterAll(async () => {
  await server.close();
  await api[Symbol.asyncDispose]();
});

describe('a command line against a server', () => {
  test('triggers a run, follows it to its end, and exits as it ended', async () => {
    const { code, stdout } = await orch('trigger', 'fan', '-p', 'names=x,y', '--json');
    const told = events(stdout);
    expect(told[0]).toMatchObject({ type: 'run.started', dagId: 'fan', total: 3 });
    const finished = told.filter(({ type }) => type === 'task.finished');
    expect(finished.map(({ taskId, key, state }) => [taskId, key, state])).toEqual(
      expect.arrayContaining([
        ['each.say', 'x', 'success'],
        ['each.say', 'y', 'success'],
        ['last', null, 'failed'],
      ]),
    );
    expect(finished).toHaveLength(3);
    expect(told.at(-1)).toMatchObject({
      type: 'run.finished',
      state: 'failed',
      counts: { success: 2, failed: 1 },
    });
    expect(code).toBe(1);
  });

  test('tells a run as it would on the machine itself', async () => {
    const told = await orch('trigger', 'fan', '--until', 'each', '--new');
    expect(told.code).toBe(0);
    expect(told.stdout).toMatch(/SUCCESS 2 ok in/);
    const status = await orch('status', 'last');
    expect(status.stdout).toMatch(/each\[a\]/);
    const json = JSON.parse((await orch('status', 'last', '--json')).stdout);
    expect(json).toMatchObject({ dagId: 'fan', state: 'success', trigger: 'api', total: 2 });
    expect(json.tasks).toHaveLength(3);
    const failed = await orch('runs', '--state', 'failed', '--json');
    const [run] = JSON.parse(failed.stdout).items;
    expect(run).toMatchObject({ dagId: 'fan', state: 'failed' });
    expect((await orch('runs')).stdout).toContain(run.runId.slice(-12));
    const why = await orch('why', run.runId.slice(-12), 'last');
    expect(why.stdout).toMatch(/✗ last failed: /);
    expect((await orch('why', run.runId)).code).toBe(0);
  });

  test('shows the log of a failed task where it fails, and any log when it is asked for', async () => {
    const told = await orch('trigger', 'fan');
    expect(told.stdout).toContain('broken');
    const logs = await orch('logs', 'last', 'each[a]');
    expect(logs).toMatchObject({ code: 4 });
    expect((await orch('logs', 'last', 'say[a]')).stdout).toBe('said a\n');
    const found = events((await orch('logs', 'last', '--grep', 'brok.n', '--json')).stdout);
    expect(found).toMatchObject([{ type: 'log.line', taskId: 'last', stream: 'stderr', text: 'broken' }]);
    expect((await orch('logs', 'last', '-f')).stdout).toContain('said b');
    expect((await orch('logs', 'last', '--attempt', '7')).code).toBe(4);
  });

  test('tells what tasks measure', async () => {
    const { code, stdout } = await orch('trigger', 'measured', '--json');
    expect(code).toBe(0);
    const metrics = events(stdout).filter(({ type }) => type === 'task.metric');
    expect(metrics).toMatchObject([{ taskId: 'go', name: 'sharpe', value: 1.5 }]);
    expect((await orch('status', 'last:measured')).stdout).toContain('sharpe=1.5');
  });

  test('does in the runs before too what is asked for, and tells hooks and schedules', async () => {
    const marks = JSON.parse(
      (await orch('mark', 'last:fan', 'last', 'success', '--past', '-n', '--json')).stdout,
    );
    const toMark = marks.items.filter(({ action }: { action: string }) => action === 'mark');
    expect(toMark.length).toBeGreaterThan(1);
    const named = await orch('mark', 'last:fan', 'last', 'success', '-n');
    expect(named.stdout).toContain('last would be marked success in 1 run');
    const plan = JSON.parse((await orch('retry', 'last:fan', '--past', '-n', '--json')).stdout);
    expect(plan.items.filter(({ action }: { action: string }) => action === 'retry')).toHaveLength(
      toMark.length,
    );
    const marked = await orch('mark', 'last:fan', 'last', 'success', '--past', '--json');
    expect(JSON.parse(marked.stdout).runIds).toHaveLength(toMark.length);
    expect((await orch('retry', 'last:fan', '--past')).stderr).toContain('nothing to retry');
    const again = await orch('retry', 'last:fan', '--past', '--task', 'last', '--json');
    expect(again.code).toBe(1);
    const ended = events(again.stdout).filter(({ type }) => type === 'run.finished');
    expect(ended.filter(({ state }) => state === 'failed').length).toBeGreaterThanOrEqual(toMark.length);
    expect((await orch('why', 'fan')).stdout).toBe('DAG fan is not due by time: its runs start by hand.\n');
    expect((await orch('why', 'none')).code).toBe(4);
    expect((await orch('logs', 'last:fan', '--hooks')).stdout).toMatch(/onFailure.*sorry/);
  });

  test('retries what failed', async () => {
    const plan = JSON.parse((await orch('retry', 'last:fan', '-n', '--json')).stdout);
    expect(plan.items).toEqual([{ taskId: 'last', key: null, state: 'failed' }]);
    writeFileSync(join(api.project.dir, 'ok'), '');
    const { code, stdout } = await orch('retry', 'last:fan', '--json');
    const told = events(stdout).filter(({ type }) => type === 'task.finished');
    expect(told.find(({ taskId }) => taskId === 'last')).toMatchObject({ attempt: 3, state: 'success' });
    expect(code).toBe(0);
  });

  test('a followed run that somebody else cancels is exit 7', async () => {
    const following = orch('trigger', 'long', '--json');
    const { runId } = await api
      .until('/api/v1/runs?dagId=long&state=running', ({ items }) => (items as object[]).length === 1)
      .then(({ items }) => (items as { runId: string }[])[0] as { runId: string });
    const cancelled = await orch('cancel', runId);
    expect(cancelled).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is cancelled: 1 cancelled'),
    });
    expect((await following).code).toBe(7);
  });

  test('--detach does not follow, --timeout stops doing so', async () => {
    const { code, stdout } = await orch('trigger', 'long', '--detach');
    expect(code).toBe(0);
    const left = await orch('watch', stdout.trim(), '--timeout', '1s');
    expect(left.code).toBe(124);
    expect(left.stderr).toMatch(/orch cancel [0-9a-f]{12} --server here$/m);
    await orch('cancel', stdout.trim(), '--kill');
  });

  test('lists DAGs and pools, pauses, marks, answers', async () => {
    expect((await orch('list')).stdout).toMatch(/^ask /m);
    expect((await orch('pool', 'list')).stdout).toMatch(/^scarce +3 +0 +0 +airflow.yaml:\d+:\d+ +few/m);
    expect((await orch('pool', 'set', 'fan', '2')).stdout).toBe('pool fan is new: it has 2 slots\n');
    expect((await orch('pool', 'set', '2', 'fan')).stderr).toContain('orch pool set <name> 2');
    expect((await orch('pool', 'set', 'fan', 'two')).code).toBe(2);
    const changed = JSON.parse(
      (await orch('pool', 'set', 'fan', '3', '--description', 'x', '--json')).stdout,
    );
    expect(changed).toMatchObject({ name: 'fan', slots: 3, description: 'x', changedBy: 'token:cli' });
    expect((await orch('pool', 'show', 'fan')).stdout).toMatch(/0 of 3 slots held.*\n.*x\n.*by token:cli/);
    expect(await orch('pool', 'set', 'scarce', '9')).toMatchObject({ code: 5 });
    expect((await orch('pool', 'delete', 'fan')).code).toBe(0);
    expect((await orch('pool', 'delete', 'fan')).code).toBe(4);
    expect((await orch('pause', 'fan')).stdout).toBe('DAG fan is paused\n');
    expect((await orch('list')).stdout).toMatch(/^fan +by hand +paused/m);
    expect((await orch('unpause', 'fan')).code).toBe(0);
    expect((await orch('mark', 'last:fan', 'last', 'failed')).stdout).toBe('last is marked failed\n');
    const asked = await orch('trigger', 'ask', '--detach');
    await api.until('/api/v1/approvals', ({ items }) => (items as object[]).length === 1);
    expect((await orch('approve')).stdout).toMatch(/ask: gate +go\? +publish, hold/);
    expect((await orch('approve', asked.stdout.trim(), 'gate', 'publish')).code).toBe(0);
    expect((await orch('watch', asked.stdout.trim())).code).toBe(0);
    expect((await orch('backfill', 'list')).stderr).toContain('There are no backfills.');
  });

  test('makes tokens that hold, and ends them', async () => {
    const { stdout } = await orch('token', 'create', 'desk', '--role', 'viewer');
    writeContexts({ env: { HOME: home } } as never, {
      current: null,
      contexts: { here: { url: server.url, token: secret }, desk: { url: server.url, token: stdout.trim() } },
    });
    const asDesk = (...args: string[]) => runCommand([...args, '--server', 'desk'], home);
    expect((await asDesk('runs')).code).toBe(0);
    expect(await asDesk('pause', 'fan')).toMatchObject({ code: 6, stderr: expect.stringContaining('role') });
    const listed = (await orch('token', 'list')).stdout;
    const id = /^(\w+) +desk/m.exec(listed)?.[1] ?? '';
    expect((await orch('token', 'revoke', id)).code).toBe(0);
    expect((await asDesk('runs')).code).toBe(6);
  });
});

describe('the same as on the machine of the server', () => {
  const both = async (...args: string[]): Promise<{ readonly there: Ended; readonly here: Ended }> => {
    const now = systemClock.now();
    const given = { clock: { ...systemClock, now: () => now } };
    return {
      there: await runCommand([...args, '--server', 'here'], home, given),
      here: await runCommand([...args, '-C', api.project.dir], home, given),
    };
  };
  const there = (input: string, ...args: string[]) =>
    runCommand([...args, '--server', 'here'], home, { input });

  test('variables, connections and users are set and told alike, and secrets never shown', async () => {
    const value = 'Kanari/+7';
    // The login provider gave her a role once, and gives none any more.
    const eve = {
      name: 'eve',
      passwordHash: null,
      grants: [],
      disabled: false,
      createdAt: 1,
      createdBy: 'x',
    };
    await api.services.store.accounts.changeAccount('eve', () => eve);
    const steps: [input: string, args: string[], code: number, text: string][] = [
      [`${value}\n`, ['variable', 'set', 'api_key', '--secret'], 0, 'variable api_key is new: a secret'],
      ['eu', ['variable', 'set', 'region'], 0, 'variable region is new'],
      ['us', ['variable', 'set', 'region'], 0, 'variable region is changed'],
      ['', ['variable', 'get', 'region'], 0, 'us\n'],
      ['', ['variable', 'get', 'api_key'], 5, "'api_key' is a secret: its value is not shown"],
      ['x', ['variable', 'set', 'api_key'], 2, 'say --secret to set it again'],
      ['', ['variable', 'get', 'regon'], 4, "Did you mean 'region'?"],
      ['', ['variable', 'set', 'region', 'eu'], 2, 'A value is never an argument'],
      ['', ['variable', 'rotate'], 0, '0 values were encrypted anew'],
      [`postgres://me:${encodeURIComponent(value)}@127.0.0.1:1`, ['connection', 'set', 'db'], 0, 'postgres'],
      ['', ['connection', 'test', 'db'], 6, '127.0.0.1:1 cannot be reached: ECONNREFUSED'],
      ['', ['connection', 'test', 'dc'], 4, "Did you mean 'db'?"],
      ['{"type":"postgres","pass":"x"}', ['connection', 'set', 'db'], 2, "has no field 'pass'"],
      [
        'correct horse',
        ['user', 'set', 'ann', '--role', 'admin', '--password-stdin'],
        0,
        'ann is new: admin',
      ],
      ['', ['user', 'set', 'ann', '--disable'], 0, 'cannot log in: it is disabled'],
      ['', ['user', 'set', 'eve', '--disable'], 0, 'eve is changed: no role, and cannot log in'],
      ['', ['user', 'remove', 'anne'], 4, "Did you mean 'ann'?"],
    ];
    for (const [input, args, code, text] of steps) {
      const told = await there(input, ...args);
      expect(told, args.join(' ')).toMatchObject({ code });
      expect(told.stdout + told.stderr).toContain(text);
      expect(told.stdout + told.stderr).not.toContain(value);
    }
    const shown = await both('connection', 'show', 'db');
    expect(shown.there.stdout).toBe('type: postgres\nhost: 127.0.0.1\nport: 1\nuser: me\npassword: ***\n');
    expect(shown.there).toEqual(shown.here);
    const twice = await runCommand(['variable', 'set', 'x', '--server', server.url, '--token-stdin'], home, {
      input: secret,
    });
    expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('has read stdin') });
  });

  test('alerts are muted and taken alike; a channel that does not answer is exit 6', async () => {
    expect((await orch('alerts', 'mute', '--rule', 'brokn')).stderr).toContain("Did you mean 'broken'?");
    const muted = await orch('alerts', 'mute', '--dag', 'fan', '--for', '2h', '--json');
    expect(muted.stderr).toContain('nobody is told of all rules about fan until');
    const mutes = await both('alerts', 'mutes', '--json');
    expect(mutes.there).toEqual(mutes.here);
    const { muteId } = JSON.parse(muted.stdout) as { muteId: string };
    expect((await orch('alerts', 'unmute', muteId)).stderr).toBe('all rules about fan is told of again\n');
    expect(await orch('alerts', 'test', 'ops')).toMatchObject({ code: 6 });
    expect(await orch('alerts', 'test', 'opps')).toMatchObject({ code: 4 });
    expect(await orch('alerts', 'ack', '01234567')).toMatchObject({ code: 4 });
    const part = await orch('token', 'create', 'part', '--role', 'operator', '--dags', 'fan');
    const asPart = (...args: string[]) =>
      runCommand([...args, '--server', server.url, '--token-stdin'], home, { input: part.stdout });
    const mute = ['alerts', 'mute', '--rule', 'broken'];
    expect(await asPart(...mute, '--dag', 'fan')).toMatchObject({ code: 0 });
    expect((await asPart(...mute)).stderr).toBe('error  This needs the role operator for all DAGs.\n');
  });

  test('every command that only tells', async () => {
    const { runId } = JSON.parse((await orch('trigger', 'due', '--detach', '--json')).stdout);
    await api.until(`/api/v1/runs/${runId}/hooks`, ({ items }) =>
      (items as { state: string }[]).some(({ state }) => state === 'failed'),
    );
    const commands = [
      ['show', 'fan'],
      ['graph', 'fan'],
      ['plan', 'fan', '--until', 'each', '-p', 'names=x'],
      ['schedule', 'preview', 'due', '--from', '2026-12-01'],
      ['stats', '--dag', 'due'],
      ['rollback', 'due'],
      ['asset', 'list'],
      ['asset', 'lineage', 'due'],
      ['alerts', 'rules'],
      ['variable', 'list'],
      ['connection', 'list'],
      ['user', 'list'],
      ['token', 'list'],
      ['pool', 'list'],
      ['config', 'show', 'retention.runs', '--origin'],
      ['status', runId],
    ];
    // The API tells name and message of an error.
    const without = (_: string, value: unknown): unknown =>
      value !== null && typeof value === 'object' && 'message' in value
        ? { name: (value as { name?: unknown }).name, message: value.message }
        : value;
    for (const args of commands) {
      const told = await both(...args);
      expect(told.there, args.join(' ')).toEqual({ ...told.here, code: 0 });
      const json = await both(...args, '--json');
      const expected = JSON.parse(json.here.stdout, without);
      expect(JSON.parse(json.there.stdout, without), args.join(' ')).toMatchObject(expected);
    }
  });
});

describe('what a server refuses', () => {
  test('a followed run that is set aside is told, and waited for no longer', async () => {
    const { stdout } = await orch('trigger', 'long', '--detach');
    const runId = stdout.trim();
    const { store } = api.services;
    await api.until(`/api/v1/runs/${runId}`, ({ state }) => state === 'running');
    const { epoch } = await store.counters();
    const because = { code: 'quarantined', text: '', error: 'TypeError: no' } as const;
    const lastLine = vi.spyOn(store.live, 'lastLine').mockResolvedValue({ epoch, because });
    const watched = await orch('watch', runId);
    lastLine.mockRestore();
    expect(watched).toMatchObject({
      code: 70,
      stderr: expect.stringContaining('was set aside: TypeError: no'),
    });
    await orch('cancel', runId, '--kill');
  });

  test('is an exit code, and under --json the problem of the API', async () => {
    const { code, stderr } = await orch('trigger', 'none', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toMatchObject({
      type: 'urn:orch:error:not_found',
      status: 404,
      instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect((await orch('trigger', 'fan', '-p', 'nmes=x')).code).toBe(2);
    expect((await orch('retry', 'last:ask')).code).toBe(5);
  });

  test('a server that is away, or wants to know who asks, is exit 6', async () => {
    const gone = await listen(api.app, { address: '127.0.0.1', port: 0 });
    await gone.close();
    const away = await runCommand(['runs', '--server', gone.url], home);
    expect(away).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('nothing listens there'),
    });
    const nobody = mkdtempSync(join(tmpdir(), 'orch-remote-'));
    const unknown = await runCommand(['runs', '--server', server.url], nobody);
    expect(unknown).toMatchObject({ code: 6, stderr: expect.stringContaining('login or a token') });
  });

  test('what works is in a table of the docs, and what does not says what to do', async () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
    const section = docs.slice(docs.indexOf('## Against a server'), docs.indexOf('## JSON'));
    const rows = [...section.matchAll(/^\| `([a-z]+)` +\| (yes|no) /gm)].map(([, name, is]) => [name, is]);
    const known = COMMANDS.map(({ name, loadRemote }) => [
      name,
      typeof loadRemote === 'string' ? 'no' : 'yes',
    ]);
    expect(rows.toSorted()).toEqual(known.toSorted());
    for (const { loadRemote } of COMMANDS)
      if (typeof loadRemote === 'string')
        expect(loadRemote).toMatch(/--server|server\.$|leave it out|Leave it out/);
  });

  test('commands that read the project say so', async () => {
    const { code, stderr } = await orch('check');
    expect(code).toBe(2);
    expect(stderr).toBe(
      "error  'orch check' does not work with --server. " +
        'It reads the DAG files of this machine: leave out --server.\n',
    );
  });
});

describe('contexts', () => {
  const host = () => ({ env: { HOME: home } }) as never;

  test('are kept where only their user can read them, and never shown with their token', async () => {
    const file = join(home, '.config/orch/config.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).toContain(secret);
    const list = await runCommand(['context', 'list', '--json'], home);
    expect(JSON.parse(list.stdout).items).toContainEqual({
      name: 'here',
      url: server.url,
      hasToken: true,
      inUse: false,
    });
    expect(list.stdout).not.toContain(secret);
    chmodSync(file, 0o644);
    expect(await runCommand(['runs', '--server', 'here'], home)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('chmod 600'),
    });
    chmodSync(file, 0o600);
  });

  test('take their token from stdin, and keep none that the server does not accept', async () => {
    const user = mkdtempSync(join(tmpdir(), 'orch-remote-'));
    const add = (input: string) =>
      startedOrch(['context', 'add', 'mine', server.url], { input, cwd: user, env: { HOME: user } });
    expect((await add('wrong')).code).toBe(6);
    const added = await add(`${secret}\n`);
    expect(added).toMatchObject({ code: 0, stdout: `context mine is ${server.url}, as token:cli\n` });
    expect((await runCommand(['runs', '--server', 'mine'], user)).code).toBe(0);
    const once = await startedOrch(['runs', '--server', server.url, '--token-stdin', '--json'], {
      input: secret,
      env: { HOME: mkdtempSync(join(tmpdir(), 'orch-remote-')) },
    });
    expect(once.code).toBe(0);
  });

  test('the one in use is asked outside of projects, and by its address', async () => {
    expect((await runCommand(['context', 'use', 'here'], home)).code).toBe(0);
    expect((await runCommand(['runs'], home)).code).toBe(0);
    expect((await runCommand(['runs', '--server', `${server.url}/`], home)).code).toBe(0);
    expect((await runCommand(['runs', '--server', 'her'], home)).stderr).toContain("Did you mean 'here'?");
    expect((await runCommand(['context', 'remove', 'here'], home)).code).toBe(0);
    expect((await runCommand(['runs'], home)).code).toBe(4);
  });

  test.each([
    ['http://orch.example', 2, 'without TLS'],
    ['http://user:pw@127.0.0.1', 2, 'no login'],
    ['ftp://127.0.0.1', 2, 'https://'],
  ])('a token does not go to %s', async (url, code, text) => {
    writeContexts(host(), { current: null, contexts: { far: { url, token: 'secret' } } });
    const name = url.includes('user') || url.startsWith('ftp') ? url : 'far';
    const told = await runCommand(['runs', '--server', name], home);
    expect(told).toMatchObject({ code, stderr: expect.stringContaining(text) });
  });
});
