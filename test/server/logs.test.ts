import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../server/app.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/talk.yaml': `id: talk
tasks:
  key:
    forEach:
      over: [A, B]
      tasks:
        say: { run: 'echo "first of $ORCH_KEY"; echo "second of $ORCH_KEY" >&2', retries: 0 }
`,
  'dags/fail.yaml': `id: fail
tasks: { again: { run: 'echo try $ORCH_TRY; exit 1', retries: { max: 1, delay: 0s } } }
`,
};

type Item = Readonly<Record<string, string>>;

describe('a search of logs', () => {
  let api: Served;
  let uids: string[];
  beforeAll(async () => {
    api = await serve(FILES);
    uids = [];
    for (const dag of ['talk', 'fail', 'talk']) uids.unshift((await api.orch.run(dag)).run.uid);
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function find(query: string): Promise<Item[]> {
    const { status, body } = await api.get(`/api/v1/logs/search?${query}`);
    expect(status).toBe(200);
    return body['items'] as Item[];
  }
  const texts = (items: readonly Item[]) => items.map(({ text }) => text);

  test('finds lines of all attempts, the newest run first, with where they stand', async () => {
    const found = await find('q=first');
    expect(texts(found)).toEqual(['first of A', 'first of B', 'first of A', 'first of B']);
    expect(found[0]).toMatchObject({ runId: uids[0], dagId: 'talk', name: 'key[A].say', stream: 'stdout' });
    expect(found[3]).toMatchObject({ runId: uids[2] });
    const { attemptId, text } = found[1] as Item;
    expect((await api.get(`/api/v1/attempts/${attemptId}/logs`)).body['lines']).toContainEqual(
      expect.objectContaining({ text }),
    );
  });

  test('has the attempts before the last one, and is narrowed', async () => {
    expect(texts(await find('dagId=fail&level=stdout'))).toHaveLength(2);
    expect(texts(await find(`runId=${uids[0]}&level=stderr`))).toEqual(['second of A', 'second of B']);
    expect(texts(await find('regex=^second.*B$'))).toEqual(['second of B', 'second of B']);
    expect(await find('q=first&since=2100-01-01T00:00:00Z')).toEqual([]);
    expect(await find('q=nothing')).toEqual([]);
    expect((await api.get('/api/v1/logs/search?q=a&regex=b')).status).toBe(400);
    expect((await api.get('/api/v1/logs/search?regex=(')).status).toBe(422);
  });

  async function pages(get: (path: string) => Promise<Record<string, unknown>>, query: string) {
    const all: Item[][] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const body = await get(`/api/v1/logs/search?${query}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      all.push(body['items'] as Item[]);
      cursor = body['nextCursor'];
    }
    return all;
  }

  test('goes on after each line, page by page', async () => {
    const whole = await find('limit=500');
    const get = async (path: string) => (await api.get(path)).body;
    expect((await pages(get, 'limit=1')).flat()).toEqual(whole);
    expect((await pages(get, 'limit=3')).flat()).toEqual(whole);
  });

  test('stops when its time is over, says where to go on, and misses nothing', async () => {
    const { clock } = api.services;
    let passedMs = 0;
    const now = (): number => {
      passedMs += 1_500;
      return clock.now() + passedMs;
    };
    const slow = { ...clock, now };
    const app = createApp({ ...api.services, clock: slow });
    const get = async (path: string) =>
      (await (await app.request(`http://localhost${path}`)).json()) as Record<string, unknown>;
    const found = await pages(get, 'q=first');
    expect(found.length).toBeGreaterThan(3);
    expect(found.some((page) => page.length === 0)).toBe(true);
    expect(found.flat()).toEqual(await find('q=first'));
  });
});

test('the log of orch itself is read from its end, newest last, through the files put aside', async () => {
  await using api = await serve({ 'dags/talk.yaml': FILES['dags/talk.yaml'] });
  const line = (no: number, more: object = {}) =>
    `${JSON.stringify({ level: 'info', time: no, part: 'server', msg: `line ${no}`, ...more })}\n`;
  const long = 'x'.repeat(200_000);
  api.project.write({
    '.orch/log/orch.log': `${line(4, { long })}torn{\n${line(5, { level: 'error', file: 'a' })}${line(6)}`,
    '.orch/log/orch.log.1': `${line(2)}${line(3, { part: 'other' })}`,
    '.orch/log/orch.log.2': line(1),
  });
  const read = async (query = '') => {
    const { status, body } = await api.get(`/api/v1/system/logs?${query}`);
    expect(status).toBe(200);
    return (body['items'] as { message: string }[])
      .map(({ message }) => message)
      .filter((text) => text.startsWith('line'));
  };
  expect(await read()).toEqual([1, 2, 3, 4, 5, 6].map((no) => `line ${no}`));
  expect(await read('limit=2')).toEqual(['line 5', 'line 6']);
  expect(await read('part=other')).toEqual(['line 3']);
  expect(await read('level=warn')).toEqual(['line 5']);
  expect(await read('q=line 2')).toEqual(['line 2']);
  const { body } = await api.get('/api/v1/system/logs?level=error');
  expect(body['items']).toEqual([
    {
      at: '1970-01-01T00:00:00.005Z',
      level: 'error',
      part: 'server',
      message: 'line 5',
      facts: { file: 'a' },
    },
  ]);
});
