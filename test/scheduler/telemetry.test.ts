import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunView } from '../../core/store/run-view.ts';
import { attemptSpanId, runSpanId, traceIdOf } from '../../core/telemetry/derived-ids.ts';
import type { OtlpSpan } from '../../core/telemetry/otlp.ts';
import { type Collector, openCollector } from './collector.ts';
import { type TempProject, tempProject } from './temp-project.ts';

const DAG = `id: prices
tasks:
  list: { run: 'printf %s "$TRACEPARENT" > trace', produces: ['s3://raw/list'] }
  flaky:
    run: 'test -e seen || { touch seen; echo no >&2; exit 3; }'
    after: [list]
    retries: { max: 1, delay: 1ms }
  never: { run: 'true', when: 'false' }
  symbol:
    forEach:
      over: [BTC]
      tasks:
        store: { run: 'true', produces: ['postgres://me:pw@db/market/public/candles'] }
    after: [list]
  code: { uses: './code/steps.ts#traced', after: [list] }
  broken: { run: 'test -e mended', after: [flaky] }
`;
const CODE = `import { writeFileSync } from 'node:fs';
export const traced = (_: unknown, ctx: { traceparent: string }) => writeFileSync('of-code', ctx.traceparent);
`;
const config = (url: string) => `telemetry:
  serviceName: market
  otlp: { endpoint: '${url}/?token=in-address', headersEnv: MY_HEADERS }
  lineage: { endpoint: '${url}', namespace: shop }
`;
const SECRETS = 'MY_HEADERS=x-key=secret-header%21\nOPENLINEAGE_API_KEY=secret-key\n';

const facts = ({ attributes }: OtlpSpan): Record<string, string> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, 'stringValue' in value ? value.stringValue : value.intValue]),
  );

describe('a project that tells a collector what happens', () => {
  let collector: Collector;
  let project: TempProject;
  let run: RunView['run'];
  let spans: readonly OtlpSpan[];
  const logged = (): string => readFileSync(join(project.dir, '.orch/log/orch.log'), 'utf8');
  const of = (instance: string): OtlpSpan[] =>
    spans.filter((span) => facts(span)['orch.task.instance'] === instance);
  const attemptsOf = (instance: string): OtlpSpan[] =>
    of(instance).filter((span) => facts(span)['orch.attempt.id'] !== undefined);
  const taskOf = (instance: string): OtlpSpan =>
    of(instance).find((span) => facts(span)['orch.attempt.id'] === undefined) as OtlpSpan;

  beforeAll(async () => {
    collector = await openCollector(503);
    project = tempProject({
      'airflow.yaml': config(collector.url),
      '.env': SECRETS,
      'dags/prices.yaml': DAG,
      'dags/code/steps.ts': CODE,
    });
    const down = await project.open();
    ({ run } = await down.run('prices'));
    await down.session.close('drain');
    await down[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await project[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  test('while it is away nothing is lost, and one line says so', async () => {
    expect(run.state).toBe('failed');
    expect([collector.refused > 0, collector.taken.length]).toEqual([true, 0]);
    const waits = logged()
      .split('\n')
      .filter((line) => line.includes('it waits in the journal'));
    expect(waits.map((line) => JSON.parse(line).receiver).sort()).toEqual(['lineage', 'otlp']);
    collector.status = 200;
    const up = await project.open();
    await up.session.close('drain');
    await up[Symbol.asyncDispose]();
    spans = collector.spans();
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  });

  test('a run is a tree of spans: its tasks, and their attempts', () => {
    const root = spans.find(({ kind }) => kind === 2) as OtlpSpan;
    expect(root).toMatchObject({
      traceId: traceIdOf(run.uid),
      spanId: runSpanId(run.uid, null),
      name: 'RUN prices',
      status: { code: 2 },
    });
    expect(root.parentSpanId).toBeUndefined();
    expect(spans.every(({ traceId }) => traceId === root.traceId)).toBe(true);
    const names = ['list', 'flaky', 'never', 'symbol[BTC].store', 'code', 'broken'];
    expect(spans.length).toBe(1 + names.length + 6);
    for (const name of names) {
      const task = taskOf(name);
      expect(task.parentSpanId, name).toBe(root.spanId);
      for (const attempt of attemptsOf(name)) {
        expect(attempt.parentSpanId, name).toBe(task.spanId);
        expect(BigInt(attempt.startTimeUnixNano) >= BigInt(task.startTimeUnixNano), name).toBe(true);
        expect(BigInt(attempt.endTimeUnixNano) <= BigInt(task.endTimeUnixNano), name).toBe(true);
      }
      expect(BigInt(task.startTimeUnixNano) >= BigInt(root.startTimeUnixNano), name).toBe(true);
      expect(BigInt(task.endTimeUnixNano) <= BigInt(root.endTimeUnixNano), name).toBe(true);
    }
    const results = (some: readonly OtlpSpan[]) =>
      some.map((span) => facts(span)['cicd.pipeline.task.run.result']);
    expect(names.map((name) => results([taskOf(name), ...attemptsOf(name)]))).toEqual([
      ['success', 'success'],
      ['success', 'failure', 'success'],
      ['skip'],
      ['success', 'success'],
      ['success', 'success'],
      ['failure', 'failure'],
    ]);
    const [first, second] = attemptsOf('flaky');
    expect(first?.startTimeUnixNano).toBe(taskOf('flaky').startTimeUnixNano);
    expect(facts(first as OtlpSpan)).toMatchObject({ 'error.type': 'ExitCode', 'orch.attempt.number': '1' });
    expect(facts(second as OtlpSpan)).toMatchObject({ 'orch.attempt.number': '2' });
  });

  test('an attempt knows its span, in a command and in a function', () => {
    for (const [file, task] of [
      ['trace', 'list'],
      ['of-code', 'code'],
    ] as const) {
      const [attempt] = attemptsOf(task);
      const given = readFileSync(join(project.dir, file), 'utf8');
      expect(given).toBe(`00-${attempt?.traceId}-${attempt?.spanId}-01`);
    }
  });

  test('lineage has one start and one end of each task that ran, and of the run', () => {
    const told = new Map<string, string[]>();
    for (const { eventType, job } of collector.events())
      told.set(job.name, [...(told.get(job.name) ?? []), eventType]);
    expect(Object.fromEntries(told)).toEqual({
      prices: ['START', 'FAIL'],
      'prices.list': ['START', 'COMPLETE'],
      'prices.flaky': ['START', 'COMPLETE'],
      'prices.symbol.store': ['START', 'COMPLETE'],
      'prices.code': ['START', 'COMPLETE'],
      'prices.broken': ['START', 'FAIL'],
    });
    const made = collector.events().find(({ job, eventType }) => {
      return job.name === 'prices.symbol.store' && eventType === 'COMPLETE';
    });
    expect(made).toMatchObject({
      job: { namespace: 'shop' },
      run: { facets: { parent: { run: { runId: run.uid }, job: { namespace: 'shop', name: 'prices' } } } },
      inputs: [{ namespace: 's3://raw', name: 'list' }],
      outputs: [{ namespace: 'postgres://db:5432', name: 'market.public.candles' }],
    });
  });

  test('figures tell what ended since the process began to count', () => {
    const metrics = collector.metrics();
    expect(metrics.map(({ name }) => name)).toEqual([
      'cicd.pipeline.run.duration',
      'cicd.pipeline.run.errors',
      'cicd.worker.count',
      'cicd.system.errors',
    ]);
    expect(metrics[0]?.histogram?.dataPoints.map(({ count }) => count)).toEqual(['1']);
  });

  test('keys are shown to receivers, and to nobody else', () => {
    const [traces] = collector.taken.filter(({ path }) => path.startsWith('/v1/traces'));
    expect(traces?.headers['x-key']).toBe('secret-header!');
    const [event] = collector.taken.filter(({ path }) => path === '/api/v1/lineage');
    expect(event?.headers.authorization).toBe('Bearer secret-key');
    for (const secret of ['secret-header', 'secret-key', 'in-address'])
      expect(logged()).not.toContain(secret);
  });

  test('a run that is retried by hand has a second root; what is not done again is told once', async () => {
    const before = collector.taken.length;
    project.write({ mended: '' });
    const again = await project.open();
    const retry = { type: 'retry', runUid: run.uid, by: 'a test', select: 'failed', tasks: [] } as const;
    const answer = await again.session.ask({ ...retry, upstream: false, downstream: true });
    expect(answer).toMatchObject({ ok: true });
    expect((await again.finish(run.runNo)).run.state).toBe('success');
    await again.session.close('drain');
    await again[Symbol.asyncDispose]();
    const fresh = collector.spans().slice(spans.length);
    const root = fresh.find(({ kind }) => kind === 2) as OtlpSpan;
    expect(root).toMatchObject({ traceId: traceIdOf(run.uid), status: { code: 0 } });
    expect(root.spanId).not.toBe(runSpanId(run.uid, null));
    const [task, attempt] = ['undefined', '2'].map((number) =>
      fresh.find((span) => span.kind === 1 && String(facts(span)['orch.attempt.number']) === number),
    );
    expect(fresh.length).toBe(3);
    expect(task).toMatchObject({ parentSpanId: root.spanId, name: 'broken' });
    expect(task?.spanId).not.toBe(taskOf('broken').spanId);
    const nodeNo = Number(facts(task as OtlpSpan)['cicd.pipeline.task.run.id']?.split('.')[1]);
    expect(attempt).toMatchObject({ parentSpanId: task?.spanId, spanId: attemptSpanId(run.uid, nodeNo, 2) });
    const events = collector.taken.slice(before).filter(({ path }) => path === '/api/v1/lineage');
    expect(events.length).toBe(4);
    expect(new Set(collector.events().map((event) => event.run.runId)).size).toBe(6 + 2);
  });
});
