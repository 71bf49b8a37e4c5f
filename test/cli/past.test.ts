import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const HOURLY = `id: w
schedule: '@hourly'
startAt: 2026-01-01T00:00:00Z
endAt: 2026-02-01T00:00:00Z
tasks:
  a:
    dependsOnPast: true
    run: 'echo "start $ORCH_ATTEMPT" >> witness; sleep 0.3; echo "end $ORCH_ATTEMPT" >> witness'
  late: { run: 'echo "late $ORCH_ATTEMPT" >> witness', latestOnly: true }
`;
const CREATE = ['backfill', 'create', 'w', '--from', '2026-01-02T00:00', '--to', '2026-01-02T09:00'];

async function witnessed(dir: string, ends: number): Promise<string[]> {
  for (;;) {
    const lines = readFileSync(join(dir, 'witness'), 'utf8').trim().split('\n');
    const over = lines.filter((line) => line.startsWith('end')).map((line) => line.split(/[ .]/)[1]);
    if (new Set(over).size >= ends) return lines;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('killed in the middle, runs still wait for the one before them', async () => {
  const dir = makeProject({ 'dags/w.yaml': HOURLY });
  appendFileSync(join(dir, 'witness'), '');
  const reverse = await orch(['-C', dir, ...CREATE, '--reverse', '-n']);
  expect(reverse).toMatchObject({ code: 5, stderr: expect.stringContaining('do not run in reverse') });
  expect((await orch(['-C', dir, ...CREATE, '--reverse'])).code).not.toBe(0);
  expect((await orch(['-C', dir, ...CREATE, '--max-active-runs', '4'])).code).toBe(0);
  for (const ends of [2, 5]) {
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/leads 1 DAG/);
    await witnessed(dir, ends);
    scheduler.child.kill('SIGKILL');
    await scheduler.ended;
  }
  const last = startOrch(['-C', dir, 'scheduler']);
  const lines = await witnessed(dir, 10);
  last.child.kill('SIGTERM');
  await last.ended;
  // At no time do two runs work on `a`, and each begins after the one before it was done.
  const done: number[] = [];
  for (const line of lines) {
    const [what, attempt = ''] = line.split(' ');
    const run = Number(attempt.split('.')[0]);
    // What ended as its leader was killed may not have been stored: it is done again.
    if (what === 'start' && run === done.at(-1)) done.pop();
    if (what === 'start') expect(run).toBe((done.at(-1) ?? run - 1) + 1);
    if (what === 'end') done.push(run);
    expect(what).not.toBe('late');
  }
  expect(done).toHaveLength(10);
  expect((await orch(['-C', dir, 'doctor'])).stdout).toContain('is sound');
});
