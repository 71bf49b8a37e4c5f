import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Served, serve } from './served.ts';

const SECRET = 'Kanari/+7 "é"\\x&y';
const PASSWORD = 'P@ss/w0rd+q?';

const TASK = `
import { dag } from 'orch';
export default dag({ id: 'canary' }, (d) => {
  d.task('calls', { variables: ['api_key', 'region'], connections: ['db'], cache: true }, async (_, ctx) => {
    const key = ctx.variable('api_key');
    const db = ctx.connection('db');
    const password = db.type === 'postgres' ? db.password ?? '' : '';
    for (const text of [key, password]) {
      const form = new URLSearchParams({ text }).toString();
      console.log(text, JSON.stringify({ text }), encodeURIComponent(text), form);
      console.log(btoa(unescape(encodeURIComponent('me:' + text))), Buffer.from(text).toString('base64url'));
      process.stdout.write(text.slice(0, 4)); process.stdout.write(text.slice(4) + '\\n');
      const bytes = Buffer.from(text);
      process.stderr.write(bytes.subarray(0, 5)); process.stderr.write(bytes.subarray(5));
    }
    ctx.log.warn('careful', { key, db });
    ctx.progress(1, 2, 'with ' + key);
    await ctx.artifact('notes.txt', 'key ' + key);
    await ctx.artifact('notes.json', { key, deep: [password] });
    let refused = '';
    try { await ctx.artifact('raw.bin', Buffer.from('x' + key)); } catch (error) { refused = String(error); }
    console.log('region is', ctx.variable('region'), refused);
    return { key, ['k' + password]: [password], region: ctx.variable('region'), length: key.length };
  });
  d.task('fails', { variables: ['api_key'], retries: 0 }, (_, ctx) => {
    throw Object.assign(new Error('no ' + ctx.variable('api_key')), { code: ctx.variable('api_key') });
  });
  d.task('asks', {}, (_, ctx) => (ctx.variable as (name: string) => string)('api_key'));
});
`;
const COMMAND = String.raw`
id: commands
tasks:
  prints:
    run: |
      echo "$ORCH_VAR_api_key"; echo "$ORCH_CONN_db"; printf %s "$ORCH_VAR_api_key" | base64
      printf 'ab%s' "$ORCH_VAR_api_key" | base64
      printf Kan; sleep 0.02; printf 'ari/+7 "é"\\x&y\n' >&1
      length=$(printf %s "$ORCH_VAR_api_key" | wc -m)
      printf 'key=%s\nlength=%s\n' "$ORCH_VAR_api_key" "$length" >> "$ORCH_OUTPUT"
    variables: [api_key]
    connections: [db]
  fails: { run: 'echo "no $ORCH_VAR_api_key" >&2; exit 3', variables: [api_key] }
  other: { run: 'env' }
  unset: { run: 'true', variables: [none] }
`;
const FILES = {
  'dags/canary.ts': TASK,
  'dags/commands.yaml': COMMAND,
  'airflow.yaml': 'variables: { region: eu-west-1 }\n',
};

/** What must not be found anywhere: the secrets as they are, and in the forms in which they travel. */
const CANARIES = [SECRET, PASSWORD].flatMap((text) => [
  text,
  JSON.stringify(text).slice(1, -1),
  encodeURIComponent(text),
  new URLSearchParams({ text }).toString().slice(5),
  ...['', 'm', 'me'].map((before) =>
    Buffer.from(before + text)
      .toString('base64')
      .slice(4, 16),
  ),
]);

function found(bytes: Buffer): string[] {
  return CANARIES.filter((canary) => bytes.includes(canary));
}

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).isFile());
}

describe('a secret variable and a connection', () => {
  let api: Served;
  const answers: string[] = [];
  const get = async (path: string) => {
    const { status, body } = await api.get(`/api/v1${path}`);
    answers.push(JSON.stringify(body));
    return { status, body };
  };
  const send = async (method: string, path: string, body?: object, headers = {}) => {
    const reply = await api.send(method, `/api/v1${path}`, body, headers);
    answers.push(JSON.stringify(reply.body));
    return { status: reply.status, body: reply.body };
  };
  beforeAll(async () => {
    api = await serve(FILES);
    const { port: _, ...db } = { type: 'postgres', host: 'db', port: 1, user: 'me', password: PASSWORD };
    const key = { 'idempotency-key': 'same' };
    await send('PUT', '/variables/api_key', { value: SECRET, secret: true }, key);
    expect((await send('PUT', '/variables/api_key', { value: SECRET, secret: true }, key)).status).toBe(200);
    expect((await send('PUT', '/variables/api_key', { value: 'another', secret: true }, key)).status).toBe(
      422,
    );
    await send('POST', '/connections', { name: 'db', connection: db });
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function run(dagId: string) {
    const { run } = await api.orch.run(dagId);
    const list = await get(`/runs/${run.uid}/task-instances`);
    const items = list.body['items'] as { taskInstanceId: string; task: string; attempt: number }[];
    const logs = new Map<string, string>();
    const ones = new Map<string, Record<string, unknown>>();
    for (const item of items) {
      const { taskInstanceId } = item;
      const task = String((item as Record<string, unknown>)['taskId'] ?? item.task);
      for (const part of ['', '/why', '/output', '/attempts'])
        ones.set(task + part, (await get(`/task-instances/${taskInstanceId}${part}`)).body);
      const log = await get(`/attempts/${taskInstanceId}.1/logs`);
      const lines = (log.body['lines'] ?? []) as { text: string }[];
      logs.set(task, lines.map(({ text }) => text).join('\n'));
    }
    for (const part of ['', '/journal', '/artifacts', '/metrics', '/why'])
      await get(`/runs/${run.uid}${part}`);
    return { logs, ones };
  }

  test('reach a function that declares them, and nothing that it leaves shows them', async () => {
    const { logs, ones } = await run('canary');
    const log = logs.get('calls') ?? '';
    expect(log).toMatch(/^\*\*\* \{"text":"\*\*\*"\} \*\*\* text=\*\*\*$/m);
    expect(log).toContain('region is eu-west-1 TypeError: the artifact holds a secret of the task');
    expect(log).toContain(
      '{"key":"***","db":{"type":"postgres","host":"db","port":5432,"user":"me","password":"***"}}',
    );
    expect(found(Buffer.from(log))).toEqual([]);
    expect(JSON.stringify(ones.get('calls/output'))).toContain(
      `{"key":"***","k***":["***"],"region":"eu-west-1","length":${SECRET.length}}`,
    );
    expect(JSON.stringify(ones.get('fails'))).toContain('no ***');
    expect(JSON.stringify(ones.get('asks'))).toContain(
      "the task does not declare variable 'api_key': add it to its 'variables'",
    );
  });

  test('reach a command that declares them as its environment, and no other command', async () => {
    const { logs, ones } = await run('commands');
    expect(logs.get('prints')?.split('\n')).toEqual([
      '***',
      '{"type":"postgres","host":"db","port":5432,"user":"me","password":"***"}',
      expect.stringContaining('***'),
      expect.stringContaining('***'),
      '***',
    ]);
    expect(JSON.stringify(ones.get('prints/output'))).toContain(`{"key":"***","length":"${SECRET.length}"}`);
    expect(JSON.stringify(ones.get('fails'))).toContain('no ***');
    expect(logs.get('other')).not.toMatch(/ORCH_(VAR|CONN)_/);
    expect(JSON.stringify(ones.get('unset'))).toContain("variable 'none' is not set: orch variable set none");
  });

  test('are in no byte below the state folder and in no answer', async () => {
    for (const path of ['/variables', '/variables/api_key', '/connections', '/connections/db', '/audit'])
      await get(path);
    for (const path of ['/runs', '/dags', '/logs/search', '/logs/search?q=***', '/system/logs', '/metrics'])
      await get(path);
    expect(found(Buffer.from(answers.join('\n')))).toEqual([]);
    const files = filesBelow(join(api.project.dir, '.orch'));
    expect(files.some((path) => path.endsWith('orch.db'))).toBe(true);
    for (const path of files) expect(found(readFileSync(path)), path).toEqual([]);
  });

  test('are shown as names, types and plain fields', async () => {
    expect((await get('/variables')).body['items']).toMatchObject([{ name: 'api_key', secret: true }]);
    expect((await get('/variables/api_key')).body).not.toHaveProperty('value');
    expect((await get('/connections/db')).body).toMatchObject({
      type: 'postgres',
      fields: { host: 'db', port: 5_432, user: 'me' },
      secrets: ['password'],
    });
    await send('POST', '/variables', { name: 'plain', value: 'seen' });
    expect((await get('/variables/plain')).body).toMatchObject({ secret: false, value: 'seen' });
    expect((await send('POST', '/variables', { name: 'plain', value: 'x' })).status).toBe(409);
    expect((await send('DELETE', '/variables/plain')).status).toBe(204);
    expect((await get('/variables/plain')).status).toBe(404);
    const wrong = await send('PUT', '/connections/x', { type: 'postgres', host: 'db', driver: 'x' });
    expect(wrong.status).toBe(400);
    expect((await send('POST', '/variables/rotate')).body).toEqual({ changed: 0 });
  });

  test('that are set again make a task with a cache run again', async () => {
    const why = async () => {
      const { because } = (await run('canary')).ones.get('calls') as { because: { code: string } };
      return because.code;
    };
    const before = await why();
    await send('PUT', '/variables/api_key', { value: SECRET, secret: true });
    expect([before, await why()]).toEqual(['cache_hit', 'succeeded']);
  });
});
