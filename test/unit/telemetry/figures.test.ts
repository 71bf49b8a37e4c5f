import { expect, test } from 'vitest';
import { Figures } from '../../../core/telemetry/figures.ts';
import { metricsBody, type OtlpMetric } from '../../../core/telemetry/otlp.ts';
import { happened, runLine, taskLine } from './lines.ts';

const NOW = { at: 60_000, runs: [], workers: { available: 3, busy: 1 } };

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const points = (metric: OtlpMetric | undefined) =>
  metric?.sum?.dataPoints.map(({ asInt, attributes }) => [
    asInt,
    ...attributes.map(({ value }) => ('stringValue' in value ? value.stringValue : value.intValue)),
  ]);

test('runs that ended are counted by how long they took', () => {
  const figures = new Figures(500);
  const lines = [
    runLine('running', 'success', 5_000),
    runLine('running', 'success', 401_000),
    runLine('running', 'failed', 2_000, 'leaf_failed'),
  ];
  for (const occurrence of happened(lines)) figures.add(occurrence);
  const [duration] = figures.metrics(NOW);
  const common = {
    startTimeUnixNano: '500000000',
    timeUnixNano: '60000000000',
    explicitBounds: [1, 5, 15, 60, 300, 900, 3_600, 10_800, 43_200, 86_400],
  };
  const attributes = [text('cicd.pipeline.name', 'prices'), text('cicd.pipeline.run.state', 'executing')];
  expect(duration).toEqual({
    name: 'cicd.pipeline.run.duration',
    unit: 's',
    histogram: {
      aggregationTemporality: 2,
      dataPoints: [
        {
          ...common,
          attributes: [...attributes, text('cicd.pipeline.result', 'success')],
          count: '2',
          sum: 404,
          bucketCounts: ['0', '1', '0', '0', '0', '1', '0', '0', '0', '0', '0'],
        },
        {
          ...common,
          attributes: [
            ...attributes,
            text('cicd.pipeline.result', 'failure'),
            text('error.type', 'leaf_failed'),
          ],
          count: '1',
          sum: 1,
          bucketCounts: ['1', '0', '0', '0', '0', '0', '0', '0', '0', '0', '0'],
        },
      ],
    },
  });
});

test('errors are counted, and what is so now is said', () => {
  const figures = new Figures(500);
  const failed = { startedAt: 1_000, endedAt: 2_000, reason: 'timeout' } as const;
  const fine = taskLine('running', 'success', 2_000, { startedAt: 1_000 });
  for (const occurrence of happened([taskLine('running', 'failed', 2_000, failed), fine]))
    figures.add(occurrence);
  figures.addSystemError();
  const runs = (['running', 'queued', 'paused'] as const).map((state) => ({ dagId: 'prices', state }));
  const [active, errors, workers, system, ...others] = figures.metrics({ ...NOW, runs });
  expect(others).toEqual([]);
  expect(active).toMatchObject({
    name: 'cicd.pipeline.run.active',
    unit: '{run}',
    sum: { isMonotonic: false },
  });
  expect(points(active)).toEqual([
    ['2', 'prices', 'executing'],
    ['1', 'prices', 'pending'],
  ]);
  expect(errors).toMatchObject({ name: 'cicd.pipeline.run.errors', sum: { isMonotonic: true } });
  expect(points(errors)).toEqual([['1', 'prices', 'timeout']]);
  expect(workers).toMatchObject({ name: 'cicd.worker.count', sum: { isMonotonic: false } });
  expect(points(workers)).toEqual([
    ['3', 'available'],
    ['1', 'busy'],
  ]);
  expect(system).toMatchObject({ name: 'cicd.system.errors', unit: '{error}', sum: { isMonotonic: true } });
  expect(points(system)).toEqual([['1', 'scheduler', '_OTHER']]);
  expect(points(figures.metrics(NOW)[0])).toEqual([
    ['0', 'prices', 'executing'],
    ['0', 'prices', 'pending'],
  ]);
});

test('a request of figures names its service, and has no figure without a value', () => {
  const body = JSON.parse(metricsBody({ serviceName: 'market', version: '1' }, new Figures(0).metrics(NOW)));
  expect(body.resourceMetrics[0]).toMatchObject({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'market' } }, {}] },
    scopeMetrics: [
      {
        scope: { name: 'orch', version: '1' },
        metrics: [{ name: 'cicd.worker.count' }, { name: 'cicd.system.errors' }],
      },
    ],
  });
});
