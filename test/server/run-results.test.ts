import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendFile } from '../../server/send-file.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/left.ts': `import { dag } from 'orch';
export default dag({ id: 'left' }, (d) => {
  d.forEach('key', { over: ['A', 'B'] }, (k) => {
    k.task('work', (_, ctx) => {
      ctx.metric('rows', 7);
      ctx.metric('bytes', 1.5);
      ctx.artifact('über "x".csv', 'of ' + ctx.key);
    });
  });
  d.task('big', () => 'x'.repeat(2_000_000));
});`,
  'dags/hostile.ts': `import { dag } from 'orch';
const NAMES = ['../../../escaped', '/tmp/escaped', '..',
  'C:\\\\escaped', '%2e%2e%2fescaped', 'x'.repeat(250), '💥é'];
const REFUSED = ['a\\0b', 'a\\nb', '', 'x'.repeat(300)];
export default dag({ id: 'hostile' }, (d) => {
  d.forEach('name', { over: NAMES }, (k) => {
    k.task('work', async (_, ctx) => {
      console.log('log of', ctx.key);
      for (const name of NAMES) await ctx.artifact(name, ctx.key + ' ' + name);
      let refused = 0;
      for (const name of REFUSED) try { await ctx.artifact(name, 'never'); } catch { refused++; }
      return { refused, large: ctx.key.startsWith('../') ? 'y'.repeat(2_000_000) : '' };
    });
  });
});`,
  'dags/other.yaml': "id: other\ntasks: { gate: { run: 'until [ -e open ]; do sleep 0.02; done' } }\n",
};

type Items = readonly Record<string, unknown>[];
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('what a run has left', () => {
  let api: Served;
  let run: string;
  beforeAll(async () => {
    api = await serve(FILES);
    run = `/api/v1/runs/${(await api.orch.run('left')).run.uid}`;
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function pages(path: string, limit: number): Promise<Items> {
    const items: Record<string, unknown>[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const { body } = await api.get(`${path}?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      expect((body['items'] as Items).length).toBeLessThanOrEqual(limit);
      items.push(...(body['items'] as Items));
      cursor = body['nextCursor'];
    }
    return items;
  }

  test.each(['metrics', 'artifacts', 'journal'])('%s come page by page, each once', async (list) => {
    const whole = (await api.get(`${run}/${list}?limit=500`)).body['items'] as Items;
    expect(whole.length).toBeGreaterThan(1);
    expect(await pages(`${run}/${list}`, 1)).toEqual(whole);
    expect(await pages(`${run}/${list}`, whole.length)).toEqual(whole);
  });

  test('metrics and artifacts name the instance that has left them', async () => {
    const metrics = (await api.get(`${run}/metrics`)).body['items'];
    const of = (key: string) => ({ taskId: 'key.work', key, tryNo: 1 });
    expect(metrics).toMatchObject([
      { ...of('A'), name: 'bytes', value: 1.5 },
      { ...of('A'), name: 'rows', value: 7 },
      { ...of('B'), name: 'bytes' },
      { ...of('B'), name: 'rows' },
    ]);
    const artifacts = (await api.get(`${run}/artifacts`)).body['items'];
    const csv = { name: 'über "x".csv', mediaType: 'text/csv', bytes: 4 };
    expect(artifacts).toMatchObject([
      { ...of('A'), ...csv, sha256: sha256Of('of A') },
      { ...of('B'), ...csv, sha256: sha256Of('of B') },
    ]);
  });

  test('the journal says what happened, to what, and why', async () => {
    const lines = (await api.get(`${run}/journal?limit=500`)).body['items'] as Items;
    const [first] = lines;
    expect(first).toMatchObject({ about: null, taskInstanceId: null, to: 'queued' });
    expect(lines).toContainEqual(
      expect.objectContaining({
        about: 'key[A].work',
        to: 'success',
        tryNo: 1,
        taskInstanceId: expect.any(String),
      }),
    );
    expect(lines.at(-1)).toMatchObject({ about: null, to: 'success', because: { code: 'leaves_succeeded' } });
  });

  test('files are downloaded under a safe name and never shown', async () => {
    const { status, headers, body } = await api.get(`${run}/artifacts/${sha256Of('of A')}`);
    expect(status).toBe(200);
    expect(body).toEqual({ text: 'of A' });
    expect(headers.get('content-disposition')).toBe(
      'attachment; filename="_ber _x_.csv"; filename*=UTF-8\'\'%C3%BCber%20_x_.csv',
    );
    expect(headers.get('content-type')).toBe('text/csv');
    expect(headers.get('content-length')).toBe('4');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('an output that is kept in a file is downloaded as JSON', async () => {
    const { items } = (await api.get(`${run}/task-instances?task=big`)).body as { items: Items };
    const output = await api.get(`/api/v1/task-instances/${items[0]?.['taskInstanceId']}/output`);
    const { sha256 } = output.body['file'] as { sha256: string };
    const { status, body } = await api.get(`${run}/artifacts/${sha256}`);
    expect(status).toBe(200);
    expect(body).toBe('x'.repeat(2_000_000));
  });

  test('no file of another run, and nothing that is not a hash, is given away', async () => {
    const { body } = await api.post('/api/v1/dags/other/runs');
    const other = `/api/v1/runs/${body['runId']}`;
    expect((await api.get(`${other}/artifacts/${sha256Of('of A')}`)).status).toBe(404);
    expect((await api.get(`${run}/artifacts/${'0'.repeat(64)}`)).status).toBe(404);
    for (const name of ['..%2f..%2forch.db', sha256Of('of A').toUpperCase(), 'x'])
      expect((await api.get(`${run}/artifacts/${name}`)).status, name).toBe(400);
    const of = join(api.project.dir, '.orch', 'artifacts', sha256Of('of B').slice(0, 2));
    rmSync(of, { recursive: true });
    expect((await api.get(`${run}/artifacts/${sha256Of('of B')}`)).status).toBe(404);
  });

  test('whatever keys and artifacts are called, what is written has a name of its own', async () => {
    const { run: made } = await api.orch.run('hostile');
    expect(made.state).toBe('success');
    const { items } = (await api.get(`/api/v1/runs/${made.uid}/artifacts?limit=500`)).body as {
      items: Items;
    };
    expect(items).toHaveLength(7 * 7);
    const work = (await api.get(`/api/v1/runs/${made.uid}/task-instances?task=name.work`)).body['items'];
    const ids = (work as Items).map(({ taskInstanceId }) => taskInstanceId);
    const outputs = await Promise.all(ids.map((id) => api.get(`/api/v1/task-instances/${id}/output`)));
    const small = outputs.flatMap(({ body }) => body['value'] ?? []);
    expect(small).toEqual(Array.from({ length: 6 }, () => ({ refused: 4, large: '' })));
    const { dir } = api.project;
    const all = readdirSync(join(dir, '.orch'), { recursive: true, encoding: 'utf8' });
    // Code of versions is called as its author calls it.
    const written = all.filter((path) => !path.startsWith('code/'));
    for (const path of written) expect(path).toMatch(/^[a-z0-9]+([/._-][a-z0-9]+)*$/);
    expect(written.filter((path) => path.startsWith(`logs/${made.runNo}/`))).not.toEqual([]);
    for (const path of ['.', '..', '../..', '.orch', '.orch/logs', '.orch/artifacts', '/tmp'])
      expect(existsSync(join(path.startsWith('/') ? path : join(dir, path), 'escaped')), path).toBe(false);
  });

  test('links and pipes that a task has put in the place of what it left are given to nobody', async () => {
    const { run: made } = await api.orch.run('left');
    const state = join(api.project.dir, '.orch');
    const secret = join(api.project.dir, 'secret');
    writeFileSync(secret, '0 O the secret\n');
    const planted = (path: string) => {
      rmSync(path);
      symlinkSync(secret, path);
    };
    const kept = (folder: string, hash: string) => join(state, folder, hash.slice(0, 2), hash);
    const [artifact, other] = [sha256Of('of A'), sha256Of('of B')];
    planted(kept('artifacts', artifact));
    rmSync(kept('artifacts', other));
    execFileSync('mkfifo', [kept('artifacts', other)]);
    const big = sha256Of(JSON.stringify('x'.repeat(2_000_000)));
    planted(kept('outputs', big));
    for (const hash of [artifact, other, big])
      expect((await api.get(`/api/v1/runs/${made.uid}/artifacts/${hash}`)).status, hash).toBe(404);

    const { run: told } = await api.orch.run('hostile');
    const logs = join(state, 'logs', String(told.runNo));
    const tasks = (await api.get(`/api/v1/runs/${told.uid}/task-instances?task=name.work`)).body['items'];
    const said = async () => {
      const of = (tasks as Items).map(({ taskInstanceId }) => `/api/v1/attempts/${taskInstanceId}.1/logs`);
      const pages = await Promise.all(of.map((path) => api.get(path)));
      return pages.flatMap(({ body }) => body['lines'] as Items);
    };
    expect(await said()).toHaveLength(7);
    for (const name of readdirSync(logs)) planted(join(logs, name));
    expect(await said()).toEqual([]);
  });

  test('why says what holds a run up', async () => {
    expect((await api.get(`${run}/why`)).body).toMatchObject({ because: { code: 'leaves_succeeded' } });
    const { body } = await api.post('/api/v1/dags/other/runs');
    const other = `/api/v1/runs/${body['runId']}`;
    await api.post(`${other}/pause`);
    expect((await api.get(`${other}/why`)).body).toMatchObject({ because: { code: 'run_paused' } });
  });
});

test.each([
  ['../../etc/passwd', 'filename="passwd"', "UTF-8''passwd"],
  ['a\r\nset-cookie: b', 'filename="a__set-cookie_ b"', "UTF-8''a__set-cookie_%20b"],
  ['.bashrc', 'filename="_bashrc"', "UTF-8''_bashrc"],
  ["it's (1)*", 'filename="it\'s (1)_"', "UTF-8''it%27s%20%281%29_"],
  ['a/', 'filename="file"', "UTF-8''file"],
])('%j is saved under a name that is safe', async (name, plain, encoded) => {
  const sent = await sendFile({ path: import.meta.filename, name, mediaType: 'text/html\r\nx: y' });
  expect(sent?.headers.get('content-disposition')).toBe(`attachment; ${plain}; filename*=${encoded}`);
  expect(sent?.headers.get('content-type')).toBe('application/octet-stream');
});
