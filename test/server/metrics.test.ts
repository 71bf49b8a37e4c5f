import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newSecret, secretHash } from '../../core/accounts/secret-text.ts';
import { createApp } from '../../server/app.ts';
import { Exposition } from '../../server/metrics/exposition.ts';
import { Histogram } from '../../server/metrics/histogram.ts';
import { JournalTotals } from '../../server/metrics/journal-totals.ts';
import { figuresOf } from './figures-of.ts';
import { type Served, serve } from './served.ts';

const FILES = {
  'dags/ours.yaml': `id: ours
tasks:
  good: { run: 'true' }
  bad: { run: 'exit 3', retries: { max: 1, delay: 1ms } }
`,
  'dags/fan.yaml': `id: fan
tasks:
  symbol: { forEach: { over: [BTC-USD, ETH-USD], tasks: { fetch: { run: 'true' } } } }
`,
  'dags/long.yaml': "id: long\ntasks: { wait: { run: 'sleep 600' } }\n",
  'dags/broken.yaml': 'id: broken\ntasks: 1\n',
};
const HEAD = /^# (?:HELP [a-z_]+ .+|TYPE [a-z_]+ (?:counter|gauge|histogram))$/;
const FIGURE = /^[a-z_]+(?:\{(?:[a-z_]+="[^"\n]*",?)+\})? [\d.e+-]+$/;

describe('GET /metrics', () => {
  let api: Served;
  beforeAll(async () => {
    api = await serve(FILES);
    await api.orch.run('ours');
    await api.orch.run('fan');
    await api.orch.run('fan');
  });
  afterAll(() => api[Symbol.asyncDispose]());

  async function scrape(headers: Record<string, string> = {}): Promise<Map<string, number>> {
    const { status, body } = await api.get('/metrics', headers);
    expect(status).toBe(200);
    return figuresOf(body['text'] as string);
  }

  test('is text of Prometheus with the names and labels that are promised', async () => {
    const { headers, body } = await api.get('/metrics');
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = body['text'] as string;
    expect(text.endsWith('\n')).toBe(true);
    for (const line of text.trimEnd().split('\n')) expect(line).toMatch(line.startsWith('#') ? HEAD : FIGURE);
    const labels = new Set([...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, label]) => label));
    expect(labels).toEqual(new Set(['dag', 'task', 'state', 'pool', 'le', 'task_name', 'status', 'version']));
    expect(text).not.toMatch(/BTC-USD|[0-9a-f]{8}-[0-9a-f]{4}/);
  });

  test('answers while the journal is still read, says so, and leaves out what would be too low', async () => {
    const { store } = api.services;
    const go = Promise.withResolvers<void>();
    const live = Object.create(store.live, {
      changes: { value: (...given: [number, number]) => go.promise.then(() => store.live.changes(...given)) },
    }) as typeof store.live;
    const totals = new JournalTotals({
      live,
      version: (no) => store.version(no),
      run: (no) => store.run(no),
      expansions: (no) => store.expansions(no),
    });
    const app = createApp({ ...api.services, totals });
    const ask = async () => figuresOf(await (await app.request('http://localhost/metrics')).text());
    const early = await ask();
    expect(early.get('orch_journal_totals_complete')).toBe(0);
    expect([...early.keys()].filter((name) => /^orch_(task|dag_run|pool)/.test(name))).toEqual([]);
    expect(early.has('orch_dag_load_errors')).toBe(true);
    go.resolve();
    await totals.catchUp();
    const late = await ask();
    expect(late.get('orch_journal_totals_complete')).toBe(1);
    expect([...late.keys()].some((name) => name.startsWith('orch_task_attempts_total'))).toBe(true);
  });

  test('counts attempts by how they ended, keys of a fan-out together', async () => {
    const figures = await scrape();
    const attempts = [...figures].filter(([name]) => name.startsWith('orch_task_attempts_total'));
    expect(Object.fromEntries(attempts)).toEqual({
      'orch_task_attempts_total{dag="ours",task="good",state="success"}': 1,
      'orch_task_attempts_total{dag="ours",task="bad",state="failed"}': 2,
      'orch_task_attempts_total{dag="fan",task="symbol.fetch",state="success"}': 4,
    });
    const twin = 'scheduler_task_executions_total{task_name="fan.symbol.fetch",status="success"}';
    expect(figures.get(twin)).toBe(4);
    for (const name of ['orch_task_duration_seconds', 'orch_task_queue_seconds']) {
      expect(figures.get(`${name}_count{dag="ours",task="bad"}`)).toBe(2);
      expect(figures.get(`${name}_bucket{dag="ours",task="bad",le="+Inf"}`)).toBe(2);
    }
    expect(figures.get('orch_dag_run_duration_seconds_count{dag="ours",state="failed"}')).toBe(1);
    expect(figures.get('orch_dag_run_duration_seconds_count{dag="fan",state="success"}')).toBe(2);
  });

  test('durations are those of the attempts', async () => {
    const { items } = (await api.get('/api/v1/runs?dagId=ours')).body as { items: { runId: string }[] };
    const list = await api.get(`/api/v1/runs/${items[0]?.runId}/task-instances`);
    const tasks = list.body['items'] as { taskId: string; durationMs: number }[];
    const good = tasks.find(({ taskId }) => taskId === 'good')?.durationMs as number;
    const figures = await scrape();
    expect(figures.get('orch_task_duration_seconds_sum{dag="ours",task="good"}')).toBeCloseTo(
      good / 1_000,
      6,
    );
  });

  test('says how the scheduler and the project are', async () => {
    const { services } = api;
    const figures = await scrape();
    expect(figures.get('scheduler_state{state="ok"}')).toBe(1);
    expect(figures.get('scheduler_state{state="stalled"}')).toBe(0);
    const nowSeconds = services.clock.now() / 1_000;
    const beat = figures.get('orch_scheduler_heartbeat_timestamp_seconds') ?? 0;
    expect(Math.abs(nowSeconds - beat)).toBeLessThan(60);
    expect(figures.get('orch_dag_load_errors')).toBe(1);
    expect(figures.get('orch_pool_slots{pool="default",state="free"}')).toBe(128);
    const run = (await api.get('/api/v1/runs?dagId=fan&limit=1')).body['items'] as { endedAt: string }[];
    expect(figures.get('orch_dag_last_success_timestamp_seconds{dag="fan"}')).toBe(
      Date.parse(run[0]?.endedAt ?? '') / 1_000,
    );
  });

  test('a look costs what happened since the last one, and comes to what a new process finds', async () => {
    const { store } = api.services;
    const asked: number[] = [];
    const live = Object.assign(Object.create(store.live), {
      changes: (afterSeq: number, limit: number) => {
        asked.push(afterSeq);
        return store.live.changes(afterSeq, limit);
      },
    });
    const totals = new JournalTotals({
      live,
      version: (versionNo) => store.version(versionNo),
      run: (runNo) => store.run(runNo),
      expansions: (runNo) => store.expansions(runNo),
    });
    await Promise.all([totals.catchUp(), totals.catchUp()]);
    const before = await store.live.lastSeq();
    await api.orch.run('fan');
    await totals.catchUp();
    expect(asked).toEqual([0, before]);
    const textOf = async (services: typeof api.services): Promise<string[]> => {
      const text = await (await createApp(services).request('http://localhost/metrics')).text();
      return text.split('\n').filter((line) => !line.startsWith('orch_scheduler_heartbeat'));
    };
    const anew = await textOf({ ...api.services, totals: new JournalTotals(store) });
    expect(await textOf({ ...api.services, totals })).toEqual(anew);
    expect(anew.join('\n')).toContain('task="symbol.fetch",state="success"} 6');
  });

  test('attempts under way take slots until they end', async () => {
    const { body } = await api.post('/api/v1/dags/long/runs');
    const active = (text: unknown) =>
      figuresOf(text as string).get('scheduler_active_tasks{task_name="long.wait"}');
    const text = (await api.until('/metrics', (body) => active(body['text']) === 1))['text'] as string;
    expect(figuresOf(text).get('orch_pool_slots{pool="default",state="used"}')).toBe(1);
    await api.post(`/api/v1/runs/${body['runId']}/cancel`);
    await api.until('/metrics', (body) => active(body['text']) === 0);
    const figures = await scrape();
    expect(figures.get('orch_task_attempts_total{dag="long",task="wait",state="cancelled"}')).toBe(1);
    expect(figures.get('orch_pool_slots{pool="default",state="used"}')).toBe(0);
  });

  test('has only DAGs that the asker may see, and nothing of the rest of the project', async () => {
    const secret = newSecret();
    const [tokenId, name] = [randomUUID(), 'x'];
    const grants = [{ dags: 'ours', role: 'viewer' as const }];
    const token = { tokenId, name, grants, createdAt: 1, createdBy: 'test', usedAt: null };
    const ends = { expiresAt: null, revokedAt: null };
    await api.services.store.accounts.saveToken({ ...token, ...ends }, secretHash(secret));
    await api.post('/api/v1/assets/events', { uri: 's3://bucket/secret' });
    const mine = [...(await scrape({ authorization: `Bearer ${secret}` })).keys()].join('\n');
    expect(mine).toContain('dag="ours"');
    expect(mine).not.toMatch(/fan|long|secret|orch_pool_slots|orch_dag_load_errors/);
    expect([...(await scrape()).keys()]).toContain(
      'orch_asset_updated_timestamp_seconds{asset="s3://bucket/secret"}',
    );
  });
});

describe('the text format', () => {
  test('escapes what a label may hold', () => {
    const figures = new Exposition();
    figures.gauge({ name: 'a', help: 'A.', samples: [[{ x: 'a"b\\c\nd' }, 1.5]] });
    expect(figures.text).toBe('# HELP a A.\n# TYPE a gauge\na{x="a\\"b\\\\c\\nd"} 1.5\n');
  });

  test('buckets of a histogram hold all below their bound, the bound included', () => {
    const histogram = new Histogram();
    for (const ms of [100, 101, 499, 20_000_000]) histogram.add(ms);
    const figures = new Exposition();
    figures.histogram({ name: 'a', help: 'A.', samples: [[{}, histogram]] });
    const lines = figures.text.split('\n');
    expect(lines.slice(2, 5)).toEqual(['a_bucket{le="0.1"} 1', 'a_bucket{le="0.5"} 3', 'a_bucket{le="1"} 3']);
    expect(lines.slice(-5, -1)).toEqual([
      'a_bucket{le="14400"} 3',
      'a_bucket{le="+Inf"} 4',
      'a_sum 20000.7',
      'a_count 4',
    ]);
  });
});
