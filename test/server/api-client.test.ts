import { describe, expect, test } from 'vitest';
import { ApiClient, type ApiOptions, ApiRefusal } from '../../client/api-client.ts';
import { serverEvents } from '../../client/server-events.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const json = (body: unknown, status = 200, type = 'application/json'): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': type } });

/** A client, and what it asks for; answers are given in order. */
function clientOf(answers: readonly Response[], options: Partial<ApiOptions> = {}) {
  const asked: { url: string; init: RequestInit }[] = [];
  const left = [...answers];
  const client = new ApiClient({
    baseUrl: 'https://orch.example/base',
    token: 'secret',
    ...options,
    fetch: async (url, init) => {
      asked.push({ url, init });
      return left.shift() as Response;
    },
  });
  return { client, asked };
}

describe('the client of the API', () => {
  test('puts params and query where they belong', async () => {
    const { client, asked } = clientOf([json({ lines: [], next: 0, atEnd: true })]);
    await client.call('readAttemptLog', {
      params: { attemptId: '1/2' },
      query: { from: 3, q: undefined, stream: ['stdout', 'stderr'] },
    });
    expect(asked[0]?.url).toBe(
      'https://orch.example/base/api/v1/attempts/1%2F2/logs?from=3&stream=stdout&stream=stderr',
    );
    expect(asked[0]?.init).toMatchObject({
      method: 'GET',
      redirect: 'manual',
      headers: { authorization: 'Bearer secret' },
    });
  });

  test('goes through the pages of a list, and stops when it has enough', async () => {
    const pages = [json({ items: [1, 2], nextCursor: 'x' }), json({ items: [3, 4], nextCursor: null })];
    const every = clientOf(pages);
    expect(await all(every.client.items('listRuns', { query: { dagId: ['a'] } }))).toEqual([1, 2, 3, 4]);
    expect(every.asked[1]?.url).toContain('cursor=x');
    const some = clientOf([json({ items: [1, 2], nextCursor: 'x' })]);
    expect(await all(some.client.items('listRuns', {}, 2))).toEqual([1, 2]);
    expect(some.asked).toHaveLength(1);
  });

  test('a refusal is the problem of the server', async () => {
    const problem = { type: 'urn:orch:error:not_found', title: 'Not found', status: 404, detail: 'no run' };
    const { client } = clientOf([json(problem, 404, 'application/problem+json')]);
    const refused = client.call('getRun', { params: { runId: 'x' } });
    await expect(refused).rejects.toThrow(ApiRefusal);
    await expect(refused).rejects.toMatchObject({ problem });
  });

  test.each([
    ['of a proxy', new Response('<html>', { status: 502 })],
    ['that sends elsewhere', new Response(null, { status: 302, headers: { location: 'http://evil' } })],
  ])('an answer %s is no answer of orch', async (_, answer) => {
    const { client } = clientOf([answer]);
    await expect(client.call('getMe', {})).rejects.toThrow(`status ${answer.status}`);
  });
});

describe('of a server that is broken or means ill', () => {
  const page = (nextCursor: unknown, items: unknown = []) => json({ items, nextCursor });

  test.each([
    ['a list that comes again', [page('a'), page('b'), page('a')], 'its list has no end: it gave the same'],
    ['a list that goes on', [page('a'), page('b'), page('c'), page('d')], 'its list has more than 3 pages'],
    ['a list of long pages', [page('a', ['x'.repeat(60)]), page('b', ['x'.repeat(60)])], 'is longer than'],
    ['a page without items', [json({ nextCursor: null })], 'it is no page of a list'],
    ['what is no page', [json(null)], 'it is no page of a list'],
    ['a long answer', [page(null, ['x'.repeat(200)])], 'it is longer than 100 bytes'],
  ])('%s is refused', async (_, answers, text) => {
    const { client } = clientOf(answers, { limits: { bytesMax: 100, listBytesMax: 120, pagesMax: 3 } });
    await expect(all(client.items('listRuns', {}))).rejects.toThrow(text);
  });

  test('an answer without an end is not waited for, and what is left of it is not read', async () => {
    let isLeft = false;
    const body = new ReadableStream({
      start: (to) => to.enqueue(Buffer.from('{')),
      cancel: () => {
        isLeft = true;
      },
    });
    const late = new AbortController();
    const { client } = clientOf([new Response(body)], { late: () => late.signal });
    const answer = expect(client.call('getMe', {})).rejects.toThrow('it has not come to its end in time');
    late.abort();
    await answer;
    expect(isLeft).toBe(true);
  });

  test('a list without a cursor is over, and more items than were asked for are not given', async () => {
    expect(await all(clientOf([json({ items: [1] })]).client.items('listRuns', {}))).toEqual([1]);
    const many = clientOf([page('a', [1, 2, 3])]);
    expect(await all(many.client.items('listRuns', {}, 2))).toEqual([1, 2]);
  });

  test('an event without an end is refused', async () => {
    const parts = Array.from({ length: 18 }, () => 'x'.repeat(65_536));
    const body = new Blob(parts).stream() as ReadableStream<Uint8Array>;
    await expect(all(serverEvents(body))).rejects.toThrow('an event of its stream has no end');
  });
});

describe('server-sent events', () => {
  const read = async (...parts: string[]) =>
    all(serverEvents(new Blob(parts).stream() as ReadableStream<Uint8Array>));

  test('are blocks of fields', async () => {
    expect(
      await read('retry: 2000\n\nid: 7\nevent: note\ndata: {"a":\nda', 'ta: 1}\n\n: 8\n\nid: 9\n'),
    ).toEqual([
      { id: null, event: null, data: null },
      { id: '7', event: 'note', data: '{"a":\n1}' },
      { id: null, event: null, data: null },
    ]);
  });
});
