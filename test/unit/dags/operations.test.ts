import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Json, TaskContext } from 'orch';
import { expect, onTestFinished, test } from 'vitest';
import { report } from '../../../dags/daily_report/report.ts';
import { machine } from '../../../dags/health_check/machine.ts';
import { prices } from '../../../dags/health_check/prices.ts';
import { verdict } from '../../../dags/health_check/verdict.ts';
import { leftovers } from '../../../dags/maintenance/leftovers.ts';
import { oldReports } from '../../../dags/maintenance/old-reports.ts';
import { usage } from '../../../dags/maintenance/usage.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 26, 9);

/** A project with files of an age in hours, and the context of a task of a run at {@link NOW}. */
function project(files: { readonly [path: string]: number }, params: Record<string, Json>) {
  const dir = mkdtempSync(join(tmpdir(), 'orch-operations-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [path, hours] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), 'twelve bytes');
    const at = (NOW - hours * HOUR) / 1_000;
    utimesSync(join(dir, path), at, at);
  }
  const metrics = new Map<string, number>();
  const artifacts = new Map<string, Json>();
  const ctx = {
    projectDir: dir,
    params,
    attemptId: '1.0.1',
    run: { logicalDate: new Date(NOW).toISOString() },
    log: { info: () => {}, error: () => {} },
    metric: (name: string, value: number) => metrics.set(name, value),
    artifact: async (name: string, content: Json) => void artifacts.set(name, content),
  } as unknown as TaskContext;
  return { dir, ctx, metrics, artifacts, has: (path: string) => existsSync(join(dir, path)) };
}

test('the machine is within bounds that it can meet, and out of those that none can', async () => {
  const loose = { diskFreePercent: 0, memoryFreePercent: 0, loadPerCore: 1e9 };
  const easy = await machine(null, project({}, loose).ctx);
  expect(easy.map(({ name, ok }) => [name, ok])).toEqual([
    ['disk', true],
    ['memory', true],
    ['load', true],
  ]);
  const { ctx, metrics } = project({}, { diskFreePercent: 100.1, memoryFreePercent: 100.1, loadPerCore: -1 });
  expect((await machine(null, ctx)).map(({ ok }) => ok)).toEqual([false, false, false]);
  expect([...metrics.keys()]).toEqual(['diskFreePercent', 'memoryFreePercent', 'loadPerCore']);
  await expect(machine(null, project({}, {}).ctx)).rejects.toThrow('param diskFreePercent is missing');
});

test('prices are as old as those of the symbol that was collected longest ago', async () => {
  const params = { dataDir: 'd', dataAgeHours: 3 };
  const files = { 'd/store/symbol=A/manifest.json': 1, 'd/store/symbol=B/manifest.json': 2.5 };
  const { ctx, metrics } = project(files, params);
  expect(await prices(null, ctx)).toEqual([
    { name: 'prices', ok: true, text: 'the prices of 2 symbols are at most 2.5 hours old' },
  ]);
  expect(metrics.get('dataAgeHours')).toBeCloseTo(2.5);
  const old = project({ ...files, 'd/store/symbol=C/manifest.json': 3.5 }, params);
  expect(await prices(null, old.ctx)).toMatchObject([{ ok: false }]);
  expect(await prices(null, project({}, params).ctx)).toMatchObject([{ ok: true }]);
});

test('the verdict is written, and fails naming all that is out of bounds', async () => {
  const { ctx, dir } = project({}, { reportDir: 'r' });
  const good = { name: 'disk', ok: true, text: '50 % are free' };
  const bad = { name: 'load', ok: false, text: '99 processes want each core' };
  await expect(verdict({ machine: [good], prices: [bad] }, ctx)).rejects.toThrow(/^load: 99 processes/);
  const written = JSON.parse(readFileSync(join(dir, 'r/health.json'), 'utf8'));
  expect(written).toEqual({ at: '2026-11-26T09:00:00.000Z', healthy: false, findings: [good, bad] });
  expect(await verdict({ machine: [good], prices: [] }, ctx)).toEqual({ healthy: true, findings: [good] });
  expect(readdirSync(join(dir, 'r'))).toEqual(['health.json']);
});

test('half-written files of killed writers go, those of living ones and finished ones stay', async () => {
  const files = { 'd/a/x.parquet.1.0.1.tmp': 30, 'd/a/y.parquet.2.0.1.tmp': 2, 'd/a/z.parquet': 900 };
  const { ctx, has } = project(files, { dataDirs: ['d', 'missing'], leftAfterHours: 24 });
  expect(await leftovers(null, ctx)).toEqual({ files: 1, bytes: 12 });
  expect(Object.keys(files).map(has)).toEqual([false, true, true]);
});

test('daily reports of days long ago go, other files stay', async () => {
  const names = ['2026-11-25.html', '2026-08-01.html', 'notes.html'];
  const files = Object.fromEntries(names.map((name) => [`r/daily/${name}`, 0]));
  const { ctx, dir } = project(files, { reportDir: 'r', keepReportDays: 90 });
  expect(await oldReports(null, ctx)).toEqual(['2026-08-01.html']);
  expect(readdirSync(join(dir, 'r/daily')).sort()).toEqual(['2026-11-25.html', 'notes.html']);
  expect(await oldReports(null, project({}, { reportDir: 'r', keepReportDays: 1 }).ctx)).toEqual([]);
});

test('what the project takes is told by folder', async () => {
  const { ctx, metrics } = project({ 'data/a/b': 0, 'reports/c': 0 }, {});
  expect(await usage(null, ctx)).toEqual({ '.orch': 0, data: 0, reports: 0 });
  expect(metrics.get('dataMb')).toBeCloseTo(0.000012);
});

test('a day is one page: what ran, what failed and why, with nothing taken for markup', async () => {
  const durationMs = { avg: 1_500, min: 1_000, max: 90_000 };
  const stats = {
    items: [{ dagId: 'a', runs: 3, success: 2, failed: 1, cancelled: 0, successRate: 2 / 3, durationMs }],
  };
  const because = { text: '<script>alert(1)</script> failed.' };
  const runId = '01a218ae-feda-7000-8000-000000000000';
  const failures = { items: [{ runId, dagId: 'a', createdAt: '2026-11-26T01:02:03Z', because }] };
  const { ctx, dir, metrics, artifacts } = project({}, { reportDir: 'r' });
  const told = await report({ stats, failures }, ctx);
  expect(told).toEqual({ path: 'daily/2026-11-26.html', runs: 3, failed: 1 });
  const text = readFileSync(join(dir, 'r', told.path), 'utf8');
  expect(artifacts.get('2026-11-26.html')).toBe(text);
  for (const part of [
    '3 runs of 1 DAG, 1 failed.',
    '66.7 %',
    '1.5 s',
    '1.5 min',
    '<td>000000000000</td>',
    '&#60;script',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('<script');
  expect(metrics.get('failedRuns')).toBe(1);
  await report({ stats: { items: [] }, failures: { items: [] } }, ctx);
  expect(readFileSync(join(dir, 'r', told.path), 'utf8')).toContain('Nothing ran.');
});
