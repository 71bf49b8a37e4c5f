import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import type { Grant } from '../../core/model/account.ts';
import { createApp } from '../../server/app.ts';
import { type Listening, listen } from '../../server/listen.ts';
import type { EventStore } from '../../server/live/live-event.ts';
import { LiveFeed, type LiveFeedOptions } from '../../server/live/live-feed.ts';
import { EventClient, isSuccess } from './event-client.ts';
import { FullConnection } from './full-connection.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/ours.yaml': "id: ours\ntasks: { one: { run: 'true' } }\n",
  'dags/theirs.yaml': "id: theirs\ntasks: { one: { run: 'true' } }\n",
  'dags/fan.yaml': `id: fan
tasks:
  symbol: { forEach: { over: [BTC-USD, ETH/USD], tasks: { fetch: { run: 'true' } } } }
`,
};
/** One line of the journal is remembered: whoever is behind reads the store. */
const TINY = { events: 1, chars: 1_000_000 } as const;

describe('the stream of events', () => {
  let api: Served;
  let feed: LiveFeed;
  let listening: Listening;
  let monoAt = 0;
  let ticks: (() => void)[] = [];
  /** From which line on something was read. */
  let reads: number[] = [];

  beforeAll(async () => {
    api = await serve(FILES);
  });
  afterAll(() => api[Symbol.asyncDispose]());
  beforeEach(() => open());
  afterEach(() => listening.close());

  /** Serves with a clock and a timer of the test; notes every look at the journal that found something. */
  async function open(options: Partial<LiveFeedOptions> = {}): Promise<void> {
    const { services, orch } = api;
    ticks = [];
    reads = [];
    const clock = { now: () => services.clock.now(), mono: () => monoAt };
    const store = eventStore(async (filter) => {
      const lines = await services.store.journal(filter);
      if (lines.length > 0) reads.push(filter.afterSeq ?? 0);
      return lines;
    });
    const everySecond = (tick: () => void): (() => void) => {
      ticks.push(tick);
      return () => {
        ticks = ticks.filter((one) => one !== tick);
      };
    };
    feed = new LiveFeed({ store, bell: orch.session.bell, clock, everySecond, ...options });
    listening = await listen(
      createApp({ ...services, clock, live: feed }),
      { address: '127.0.0.1', port: 0 },
      feed,
    );
  }

  /** The store of the project with another journal. */
  function eventStore(journal: EventStore['journal']): EventStore {
    const { store } = api.services;
    return {
      live: store.live,
      journal,
      version: (versionNo) => store.version(versionNo),
      run: (runNo) => store.run(runNo),
      expansions: (runNo) => store.expansions(runNo),
    };
  }

  function passSeconds(seconds: number): void {
    monoAt += seconds * 1_000;
    for (const tick of ticks) tick();
  }

  async function addToken(grants: readonly Grant[]) {
    const secret = newSecret();
    const tokenId = randomUUID();
    const token = { tokenId, name: 'x', grants, createdAt: 1, createdBy: 'test', usedAt: null };
    await api.services.store.accounts.saveToken(
      { ...token, expiresAt: null, revokedAt: null },
      secretHash(secret),
    );
    return { tokenId, headers: { authorization: `Bearer ${secret}` } };
  }

  const connect = (query = '', headers: Record<string, string> = {}): Promise<EventClient> =>
    EventClient.open(`${listening.url}/api/v1/events${query}`, headers);

  test('says hello with the number of now, then what changes, in the order of the journal', async () => {
    await api.orch.run('theirs');
    const response = await fetch(`${listening.url}/api/v1/events`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    // It ends with its connection: no bytes are spent on chunks.
    expect(response.headers.get('transfer-encoding')).toBeNull();
    const client = new EventClient(response);
    expect(await client.block()).toBe('retry: 2000');
    const seq = await api.services.store.live.lastSeq();
    expect(await client.next()).toEqual({ id: String(seq), event: 'hello', data: { seq } });
    const { run } = await api.orch.run('ours');
    const events = await client.until(isSuccess);
    const ids = events.map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids[0]).toBeGreaterThan(seq);
    for (const { data } of events) expect(data).toMatchObject({ runId: run.uid, dagId: 'ours' });
    expect(events[0]).toMatchObject({ event: 'run.changed', data: { from: 'none', taskInstanceId: null } });
    expect(events.filter(({ event }) => event === 'task.changed').at(-1)?.data).toEqual({
      seq: expect.any(Number),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      runId: run.uid,
      dagId: 'ours',
      taskInstanceId: `${run.runNo}.0`,
      task: 'one',
      from: expect.any(String),
      to: 'success',
      because: { code: 'succeeded', text: 'The attempt succeeded.' },
    });
    await client.close();
  });

  test('names instances of fan-outs by their keys and leaves out what nobody sees', async () => {
    const client = await connect();
    await client.next();
    await api.orch.run('fan');
    const events = await client.until(isSuccess);
    const tasks = events.filter(({ event }) => event === 'task.changed').map(({ data }) => data['task']);
    expect(new Set(tasks)).toEqual(new Set(['symbol[BTC-USD].fetch', 'symbol[ETH/USD].fetch']));
    const notes = events.filter(({ event }) => event === 'note');
    expect(notes).toMatchObject([{ data: { because: { code: 'expanded' } } }]);
    await client.close();
  });

  test.each([
    ['Last-Event-ID', (id: string) => connect('', { 'last-event-id': id })],
    ['after', (id: string) => connect(`?after=${id}`)],
    ['Last-Event-ID rather than after', (id: string) => connect('?after=0', { 'last-event-id': id })],
  ])('goes on by %s with what follows, nothing twice and nothing left out', async (_, resume) => {
    const all = await connect();
    await all.next();
    await api.orch.run('ours');
    const events = await all.until(isSuccess);
    await all.close();
    for (const [at, { id }] of events.slice(0, -1).entries()) {
      const client = await resume(id as string);
      expect(await client.until(isSuccess)).toEqual(events.slice(at + 1));
      await client.close();
    }
  });

  test('begins anew after a number that this store does not have yet', async () => {
    const client = await connect('?after=999999999');
    expect(await client.next()).toMatchObject({ event: 'hello' });
    await client.close();
    const headers = { 'last-event-id': 'x' };
    expect((await fetch(`${listening.url}/api/v1/events`, { headers })).status).toBe(400);
    expect((await fetch(`${listening.url}/api/v1/events?after=-1`)).status).toBe(400);
  });

  test('has only what was asked for', async () => {
    const [first, second] = [await api.orch.run('ours'), await api.orch.run('theirs')];
    await api.orch.run('fan');
    const runsOf = async (query: string, last: string): Promise<Set<unknown>> => {
      const client = await connect(`?after=0&${query}`);
      const events = await client.until((event) => isSuccess(event) && event.data['runId'] === last);
      await client.close();
      return new Set(events.map(({ data }) => (query.startsWith('runId') ? data['runId'] : data['dagId'])));
    };
    expect(await runsOf('dagId=theirs', second.run.uid)).toEqual(new Set(['theirs']));
    expect(await runsOf('dagId=theirs&dagId=ours', second.run.uid)).toEqual(new Set(['ours', 'theirs']));
    const both = `runId=${first.run.uid}&runId=${second.run.uid}`;
    expect(await runsOf(both, second.run.uid)).toEqual(new Set([first.run.uid, second.run.uid]));
  });

  test('has only DAGs that the asker may see, whatever is asked for', async () => {
    const { headers } = await addToken([{ dags: 'ours', role: 'viewer' }]);
    for (const dagId of ['theirs', 'ours'])
      await api
        .send('PATCH', `/api/v1/dags/${dagId}`, { paused: true })
        .then(() => api.send('PATCH', `/api/v1/dags/${dagId}`, { paused: false }));
    await api.post('/api/v1/assets/events', { uri: 's3://bucket/secret' });
    await api.orch.run('theirs');
    const { run } = await api.orch.run('ours');
    const isLast = (event: { data: Record<string, unknown> }) => event.data['runId'] === run.uid;
    const mine = await connect('?after=0', headers);
    const seen = await mine.until(isLast);
    expect(new Set(seen.map(({ data }) => data['dagId']))).toEqual(new Set(['ours']));
    expect(seen.some(({ data }) => data['runId'] === null)).toBe(true);
    const others = await connect('?after=0&dagId=theirs&dagId=ours', headers);
    expect((await others.next())?.data['dagId']).toBe('ours');
    const everybody = await connect('?after=0');
    const all = await everybody.until(isLast);
    expect(new Set(all.map(({ data }) => data['dagId']))).toContain(null);
    await Promise.all([mine.close(), others.close(), everybody.close()]);
  });

  test('ends within a second after the token is revoked, and nothing more comes', async () => {
    const { headers, tokenId } = await addToken([{ dags: '*', role: 'viewer' }]);
    const [theirs, ours] = [await connect('', headers), await connect()];
    await Promise.all([theirs.next(), ours.next()]);
    await api.services.store.accounts.revokeToken(tokenId, 1);
    passSeconds(1);
    expect(await theirs.next()).toBeNull();
    expect((await fetch(`${listening.url}/api/v1/events`, { headers })).status).toBe(401);
    await api.orch.run('ours');
    await ours.until(isSuccess);
    await ours.close();
  });

  test('gives nothing of what happens after the token is revoked, also within the second', async () => {
    const { headers, tokenId } = await addToken([{ dags: '*', role: 'viewer' }]);
    const client = await connect('', headers);
    await client.next();
    await api.services.store.accounts.revokeToken(tokenId, 1);
    await api.orch.run('ours');
    expect(await client.next()).toBeNull();
  });

  test('drops the connection of a revoked client that takes nothing', async () => {
    const { headers, tokenId } = await addToken([{ dags: '*', role: 'viewer' }]);
    let hungUp = 0;
    const app = createApp({
      ...api.services,
      clock: { ...api.services.clock, mono: () => monoAt },
      live: feed,
    });
    const env = { outgoing: { destroy: () => hungUp++ } };
    const response = await app.request('http://localhost/api/v1/events', { headers }, env);
    const reader = response.body?.getReader();
    await reader?.read();
    expect(feed.open).toBe(1);
    await api.services.store.accounts.revokeToken(tokenId, 1);
    passSeconds(1);
    await reader?.closed;
    expect([hungUp, feed.open]).toEqual([1, 0]);
  });

  test('drops a client that takes nothing for a minute: others need its place', async () => {
    let hungUp = 0;
    const app = createApp({ ...api.services, live: feed });
    const env = { outgoing: { destroy: () => hungUp++ } };
    const reader = (await app.request('http://localhost/api/v1/events', {}, env)).body?.getReader();
    await reader?.read();
    passSeconds(59);
    await expect.poll(() => feed.open).toBe(1);
    passSeconds(1);
    await reader?.closed;
    expect([hungUp, feed.open]).toEqual([1, 0]);
  });

  test('a login that ends takes its streams with it', async () => {
    const account = { grants: [{ dags: '*', role: 'viewer' }], password: 'correct horse battery' };
    await api.send('PUT', '/api/v1/users/ann', account);
    const login = await api.post('/api/v1/login', { name: 'ann', password: account.password });
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const client = await connect('', { cookie });
    await client.next();
    await api.send('PUT', '/api/v1/users/ann', { ...account, disabled: true });
    passSeconds(1);
    expect(await client.next()).toBeNull();
  });

  test('gives a sign of life after 15 s without an event, with where to go on', async () => {
    const client = await connect('?dagId=theirs');
    const hello = await client.next();
    const witness = await connect();
    await witness.next();
    await api.orch.run('ours');
    // Streams hear in the order in which they came: the first has left the end of that run out by then.
    await witness.until(isSuccess);
    await witness.close();
    await expect.poll(() => feed.open).toBe(1);
    const seq = await api.services.store.live.lastSeq();
    passSeconds(14);
    passSeconds(1);
    const sign = /^: nothing new\nid: (\d+)$/.exec((await client.block()) ?? '');
    expect(Number(sign?.[1])).toBeGreaterThan(Number(hello?.id));
    expect(Number(sign?.[1])).toBeLessThanOrEqual(seq);
    passSeconds(14);
    await api.orch.run('theirs');
    expect((await client.next())?.data['dagId']).toBe('theirs');
    await client.close();
  });

  test('one reader of the journal serves all streams that keep up, and none reads for nobody', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => connect()));
    for (const client of clients) await client.next();
    reads = [];
    await api.orch.run('ours');
    const told = await Promise.all(clients.map((client) => client.until(isSuccess)));
    for (const one of told) expect(one).toEqual(told[0]);
    expect(reads.length).toBeGreaterThan(0);
    expect(new Set(reads).size).toBe(reads.length);
    expect([feed.open, ticks.length]).toEqual([20, 1]);
    await Promise.all(clients.map((client) => client.close()));
    await expect.poll(() => feed.open).toBe(0);
    expect(ticks).toEqual([]);
    reads = [];
    await api.orch.run('ours');
    expect(reads).toEqual([]);
  });

  test('nothing is read for a client that takes nothing, and later it misses nothing', async () => {
    await listening.close();
    await open({ window: TINY });
    const app = createApp({ ...api.services, live: feed });
    const slow = new EventClient(await app.request('http://localhost/api/v1/events'));
    await slow.next();
    const { services, orch } = api;
    const other = new LiveFeed({ store: services.store, bell: orch.session.bell, clock: services.clock });
    const otherApp = createApp({ ...services, live: other });
    const quick = new EventClient(await otherApp.request('http://localhost/api/v1/events'));
    await quick.next();
    await api.orch.run('ours');
    const events = await quick.until(isSuccess);
    await quick.close();
    const before = reads.length;
    expect(new Set(reads).size).toBe(before);
    expect(await slow.until(isSuccess)).toEqual(events);
    expect(reads.length).toBeGreaterThan(before);
    await slow.close();
  });

  test('nothing is read for a full connection; it goes on once that is drained, or ends', async () => {
    const full = new FullConnection();
    const app = createApp({ ...api.services, live: feed });
    const response = await app.request('http://localhost/api/v1/events?after=0', {}, { outgoing: full });
    const body = response.body?.getReader().read();
    await full.written;
    expect(full.text).toBe('retry: 2000\n\n');
    await api.orch.run('ours');
    expect(full.text).toBe('retry: 2000\n\n');
    full.drain();
    await full.written;
    expect(full.text).toContain('id: 1\n');
    const { length } = full.text;
    passSeconds(59);
    await expect.poll(() => feed.open).toBe(1);
    passSeconds(1);
    expect(await body).toMatchObject({ done: true });
    expect([full.text.length, full.isDestroyed, feed.open]).toEqual([length, true, 0]);
  });

  test('a stream whose store is away ends, so that its client comes again', async () => {
    const store = eventStore(() => Promise.reject(new Error('away')));
    const live = new LiveFeed({ store, bell: api.orch.session.bell, clock: api.services.clock });
    const app = createApp({ ...api.services, live });
    const client = new EventClient(await app.request('http://localhost/api/v1/events?after=0'));
    expect(await client.next()).toBeNull();
    expect(live.open).toBe(0);
  });

  test('streams end when the server does, and none begins any more', async () => {
    const client = await connect();
    await client.next();
    await listening.close();
    expect(await client.next()).toBeNull();
    const response = await createApp({ ...api.services, live: feed }).request(
      'http://localhost/api/v1/events',
    );
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  });

  test('a question for the head alone opens no stream', async () => {
    const response = await fetch(`${listening.url}/api/v1/events`, { method: 'HEAD' });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(feed.open).toBe(0);
  });
});
