import { describe, expect, test } from 'vitest';
import type { TryNo } from '../../../core/model/ids.ts';
import { datasetOf } from '../../../core/telemetry/dataset.ts';
import { reopenedRunUuid, taskRunUuid } from '../../../core/telemetry/derived-ids.ts';
import { type LineageEvent, lineageOf } from '../../../core/telemetry/lineage.ts';
import { taskAssets } from '../../../core/telemetry/task-assets.ts';
import { happened, RUN, runLine, taskLine, UID } from './lines.ts';

const SOURCE = { namespace: 'shop', version: '1.2.3' };
const eventsOf = (...of: Parameters<typeof happened>): LineageEvent[] =>
  happened(...of).flatMap((one) => lineageOf(one, SOURCE) ?? []);
const kinds = (events: readonly LineageEvent[]): string[] => events.map(({ eventType }) => eventType);
const PRODUCER = { _producer: 'urn:orch:1.2.3' };
const schema = (name: string, version: string) => ({
  ...PRODUCER,
  _schemaURL: `https://openlineage.io/spec/facets/${version}/${name}.json#/$defs/${name}`,
});
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('lineage of a task', () => {
  const engine = { ...schema('ProcessingEngineRunFacet', '1-1-1'), version: '1.2.3', name: 'orch' };
  const parent = { run: { runId: UID }, job: { namespace: 'shop', name: 'prices' } };

  test('one START and one COMPLETE, with every field of the spec', () => {
    const lines = [
      taskLine('queued', 'running', 2_010, { startedAt: 2_000 }),
      taskLine('running', 'success', 3_010, { startedAt: 2_000, endedAt: 3_000 }),
    ];
    const [start, complete, ...others] = eventsOf(lines);
    expect(others).toEqual([]);
    const common = {
      run: {
        runId: taskRunUuid(UID, 3, 0),
        facets: {
          processing_engine: engine,
          nominalTime: {
            ...schema('NominalTimeRunFacet', '1-0-1'),
            nominalStartTime: '2026-01-02T00:00:00.000Z',
          },
          parent: { ...schema('ParentRunFacet', '1-1-0'), ...parent, root: parent },
          tags: {
            ...schema('TagsRunFacet', '1-0-0'),
            tags: [
              { key: 'attempt', value: '1', source: 'ORCH' },
              { key: 'instance', value: 'symbol[BTC].store', source: 'ORCH' },
            ],
          },
        },
      },
      job: {
        namespace: 'shop',
        name: 'prices.symbol.store',
        facets: {
          jobType: {
            ...schema('JobTypeJobFacet', '2-0-3'),
            processingType: 'BATCH',
            integration: 'ORCH',
            jobType: 'TASK',
          },
        },
      },
      inputs: [{ namespace: 's3://raw', name: 'prices' }],
      producer: 'urn:orch:1.2.3',
      schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
    };
    expect(start).toEqual({
      ...common,
      eventType: 'START',
      eventTime: '1970-01-01T00:00:02.000Z',
      outputs: [],
    });
    expect(complete).toEqual({
      ...common,
      eventType: 'COMPLETE',
      eventTime: '1970-01-01T00:00:03.000Z',
      outputs: [{ namespace: 'postgres://db:5432', name: 'market.public.candles' }],
    });
  });

  test('a short attempt has both by its one line, a retry is no start and no end', () => {
    const failed = {
      startedAt: 1,
      endedAt: 2,
      reason: 'error',
      error: { name: 'E', message: 'no' },
    } as const;
    const lines = [
      taskLine('queued', 'up_for_retry', 3, failed),
      taskLine('queued', 'running', 5, { tryNo: 2 as TryNo, startedAt: 4 }),
      taskLine('running', 'failed', 9, { ...failed, tryNo: 2 as TryNo, startedAt: 4, endedAt: 8 }),
    ];
    const events = eventsOf(lines, { firstStartedAt: 1 });
    expect(kinds(events)).toEqual(['START', 'FAIL']);
    expect(new Set(events.map(({ run }) => run.runId)).size).toBe(1);
    expect(events[1]).toMatchObject({
      outputs: [],
      run: {
        facets: {
          tags: { tags: [{ key: 'attempt', value: '2' }, {}] },
          errorMessage: {
            ...schema('ErrorMessageRunFacet', '1-0-1'),
            message: 'no',
            programmingLanguage: 'TypeScript',
          },
        },
      },
    });
  });

  test('ends are called as the spec has them; what an attempt skipped made nothing', () => {
    const attempt = { startedAt: 1, endedAt: 2 };
    const ends = (['skipped', 'cancelled', 'removed'] as const).map((to) =>
      eventsOf([taskLine('running', to, 3, attempt)]),
    );
    expect(ends.map(kinds)).toEqual([['COMPLETE'], ['ABORT'], ['ABORT']]);
    expect(ends.flat().map(({ outputs }) => outputs)).toEqual([[], [], []]);
  });

  test('what had no attempt has no events', () => {
    expect(eventsOf([taskLine('none', 'skipped', 3)], { firstStartedAt: null })).toEqual([]);
    // Taken from the cache: it has the number of an attempt.
    expect(eventsOf([taskLine('none', 'success', 3)], { firstStartedAt: null })).toEqual([]);
    expect(eventsOf([taskLine('waiting', 'success', 8, { tryNo: 0 as TryNo, startedAt: 3 })])).toEqual([]);
  });

  test('a task that is retried by hand after its end is another run', () => {
    const [start] = eventsOf([
      taskLine('queued', 'running', 5, { tryNo: 3 as TryNo, tryBase: 2, startedAt: 4 }),
    ]);
    expect([start?.eventType, start?.run.runId]).toEqual(['START', taskRunUuid(UID, 3, 2)]);
    expect(taskRunUuid(UID, 3, 2)).toMatch(UUID);
    expect(taskRunUuid(UID, 3, 2)).not.toBe(taskRunUuid(UID, 3, 0));
  });
});

describe('lineage of a run', () => {
  test('the job is the DAG, and its run id the id of the run', () => {
    const events = eventsOf([
      runLine(null, 'queued', 500),
      runLine('queued', 'running', 1_000),
      runLine('running', 'failed', 2_000, 'leaf_failed'),
    ]);
    expect(kinds(events)).toEqual(['START', 'FAIL']);
    expect(events.map(({ run }) => run.runId)).toEqual([UID, UID]);
    expect(events[1]?.job).toMatchObject({
      namespace: 'shop',
      name: 'prices',
      facets: { jobType: { jobType: 'DAG' } },
    });
    expect(events[1]?.run.facets).toMatchObject({ errorMessage: { message: expect.any(String) } });
  });

  test('one that never ran begins and ends at once; one that is resumed does not begin again', () => {
    expect(kinds(eventsOf([runLine('queued', 'cancelled', 9)]))).toEqual(['START', 'ABORT']);
    expect(kinds(eventsOf([runLine('paused', 'running', 9)]))).toEqual([]);
  });

  test('one that is opened again is another run, also for its tasks', () => {
    const lines = [
      runLine('queued', 'running', 21),
      taskLine('queued', 'running', 22, { startedAt: 22 }),
      runLine('running', 'success', 40),
    ];
    const [start, task, end] = eventsOf(lines, { reopenedBy: 20 });
    const runId = reopenedRunUuid(UID, 20);
    expect(runId).toMatch(UUID);
    expect([start?.run.runId, end?.run.runId]).toEqual([runId, runId]);
    expect(task?.run.facets).toMatchObject({ parent: { run: { runId }, root: { run: { runId } } } });
  });

  test('the interval of a run is its nominal time', () => {
    const run = { ...RUN, intervalStartAt: 0, intervalEndAt: 60_000 };
    const line = { ...runLine('queued', 'running', 9), run } as ReturnType<typeof runLine>;
    expect(eventsOf([line])[0]?.run.facets).toMatchObject({
      nominalTime: {
        nominalStartTime: '1970-01-01T00:00:00.000Z',
        nominalEndTime: '1970-01-01T00:01:00.000Z',
      },
    });
  });
});

test.each([
  ['s3://bucket/a/b.parquet', 's3://bucket', 'a/b.parquet'],
  ['s3a://bucket/a/', 's3://bucket', 'a'],
  ['gs://bucket/key', 'gs://bucket', 'key'],
  ['abfss://box@acc.dfs.core.windows.net/dir', 'abfss://box@acc.dfs.core.windows.net', 'dir'],
  ['postgres://me:pw@db:6432/shop/public/orders', 'postgres://db:6432', 'shop.public.orders'],
  ['postgresql://db/shop/public/orders', 'postgres://db:5432', 'shop.public.orders'],
  ['mysql://db/shop/orders', 'mysql://db:3306', 'shop.orders'],
  ['bigquery://project/set/table', 'bigquery', 'project.set.table'],
  ['snowflake://org-acc/db/schema/t', 'snowflake://org-acc', 'db.schema.t'],
  ['kafka://broker:9092/topic', 'kafka://broker:9092', 'topic'],
  ['hdfs://name:8020/data/x', 'hdfs://name:8020', '/data/x'],
  ['file:///srv/data.csv', 'file', '/srv/data.csv'],
  ['file://host/srv/data.csv', 'file://host', '/srv/data.csv'],
  ['duckdb://market/candles', 'duckdb://market', 'candles'],
  ['https://me:pw@api.example/v1/prices?x=1', 'https://api.example', 'v1/prices?x=1'],
  ['model:btc', 'model', 'btc'],
  ['s3://bucket', 's3://bucket', '/'],
])('asset %s is dataset %s %s', (uri, namespace, name) => {
  expect(datasetOf(uri)).toEqual({ namespace, name });
});

test('a task reads what comes before it makes, and the first tasks what their DAG runs on', () => {
  const shell = (path: string, more = {}) => ({
    path,
    action: { kind: 'shell' as const, run: 'true' },
    ...more,
  });
  const spec = {
    v: 1 as const,
    id: 'prices',
    schedule: [{ kind: 'assets' as const, match: 'any' as const, assets: ['x:in'] }],
    fanOuts: [{ path: 'each', over: 'needs.list', needs: { list: 'list' } }],
    tasks: [
      shell('list', { produces: ['x:list'] }),
      shell('each.load', { fanOut: 0, produces: ['x:loaded'] }),
      shell('each.check', { fanOut: 0, needs: { load: 'each.load' } }),
      shell('sum', { after: ['each'], produces: ['x:sum'] }),
    ],
  };
  expect(taskAssets(spec, 'list')).toEqual({ consumes: ['x:in'], produces: ['x:list'] });
  expect(taskAssets(spec, 'each.load')).toEqual({ consumes: ['x:list'], produces: ['x:loaded'] });
  expect(taskAssets(spec, 'each.check')).toEqual({ consumes: ['x:list', 'x:loaded'], produces: [] });
  expect(taskAssets(spec, 'sum')).toEqual({ consumes: ['x:loaded'], produces: ['x:sum'] });
  expect(taskAssets(spec, 'gone')).toEqual({ consumes: [], produces: [] });
});
