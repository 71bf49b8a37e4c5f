import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const ROOT = resolve(import.meta.dirname, '../..');

/** The shipped DAGs in a project of their own, with the packages of this one, and orch as one of them. */
function shippedProject(): string {
  const dir = mkdtempSync(join(tmpdir(), 'orch-shipped-'));
  cpSync(join(ROOT, 'dags'), join(dir, 'dags'), { recursive: true });
  cpSync(join(ROOT, 'airflow.yaml'), join(dir, 'airflow.yaml'));
  const packages = join(dir, 'node_modules');
  mkdirSync(join(packages, '.bin'), { recursive: true });
  symlinkSync(join(ROOT, 'cli/orch.js'), join(packages, '.bin/orch'));
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
  return dir;
}

let dir = '';
beforeAll(() => {
  dir = shippedProject();
  return () => rmSync(dir, { recursive: true, force: true });
});

test('prices are collected, found fresh, kept in order, and reported', async () => {
  const collected = await orch(['-C', dir, 'trigger', 'data_collection', '-p', 'symbols=MSFT,GOOG']);
  expect([collected.code, collected.stdout]).toEqual([0, expect.stringContaining('SUCCESS 6 ok')]);
  const health = await orch(['-C', dir, 'trigger', 'health_check', '-p', 'loadPerCore=1000']);
  expect([health.code, health.stdout]).toEqual([0, expect.stringContaining('SUCCESS 3 ok')]);
  const { findings } = JSON.parse(readFileSync(join(dir, 'reports/health.json'), 'utf8'));
  expect(findings.at(-1)).toMatchObject({ name: 'prices', ok: true, text: /^the prices of 2 symbols/ });
  const kept = await orch(['-C', dir, 'trigger', 'maintenance']);
  expect([kept.code, kept.stdout]).toEqual([0, expect.stringContaining('SUCCESS 4 ok')]);
  const doctor = await orch(['-C', dir, 'logs', 'last', 'doctor']);
  expect(doctor.stdout).toContain('is sound');
  const reported = await orch(['-C', dir, 'trigger', 'daily_report']);
  expect([reported.code, reported.stdout]).toEqual([0, expect.stringContaining('SUCCESS 3 ok')]);
  const [page = ''] = readdirSync(join(dir, 'reports/daily'));
  const text = readFileSync(join(dir, 'reports/daily', page), 'utf8');
  for (const id of ['data_collection', 'health_check', 'maintenance'])
    expect(text).toContain(`<td>${id}</td>`);
});

test('up takes all of them up, each with its next slot', async () => {
  const up = startOrch(['-C', dir, 'up', '--port', '0']);
  onTestFinished(() => void up.child.kill('SIGKILL'));
  await up.until(/leads 11 DAGs/);
  const slots = await Promise.all(
    ['pipeline', 'data_collection', 'health_check', 'maintenance', 'daily_report'].map(async (id) => {
      const preview = await orch([
        '-C',
        dir,
        'schedule',
        'preview',
        id,
        '--from',
        '2026-11-26',
        '--count',
        '2',
        '--json',
      ]);
      const { slots: next } = JSON.parse(preview.stdout) as { slots: readonly { at: string }[] };
      return [id, ...next.map(({ at }) => at.slice(11, 16))];
    }),
  );
  expect(slots).toEqual([
    ['pipeline', '04:00', '08:00'],
    ['data_collection', '01:00', '02:00'],
    ['health_check', '00:30', '01:00'],
    ['maintenance', '02:00', '02:00'],
    ['daily_report', '09:00', '09:00'],
  ]);
  up.child.kill('SIGTERM');
  expect((await up.ended).code).toBe(143);
});
