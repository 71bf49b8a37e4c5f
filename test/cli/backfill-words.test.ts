import { describe, expect, test, vi } from 'vitest';
import { makeProject, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Due every day up to the end of January 2026; `z` comes after `a`. */
const DAILY = `id: w
schedule: '@daily'
startAt: 2026-01-01T00:00:00Z
endAt: 2026-01-31T00:00:00Z
tasks:
  a: { run: 'true' }
  z: { run: 'true', after: [a] }
`;
const TWO_DAYS = ['--from', '2026-01-02', '--to', '2026-01-03'];

async function untilBackfill(dir: string, id: string, field: string, value: unknown): Promise<void> {
  for (;;) {
    const { stdout } = await orch(['-C', dir, 'backfill', 'show', id, '--json']);
    if (JSON.parse(stdout)[field] === value) return;
  }
}

describe('what orch says about backfills', () => {
  test('of a part of the DAG: their slots are used up', async () => {
    const dir = makeProject({ 'dags/w.yaml': DAILY });
    const create = (...words: string[]) =>
      orch(['-C', dir, 'backfill', 'create', 'w', ...TWO_DAYS, ...words]);
    const told = 'new runs do a part of the DAG only (--until a) and use their slots up';
    const dry = await create('--until', 'a', '-n');
    expect(dry).toMatchObject({ code: 0, stderr: expect.stringContaining(told) });
    expect(JSON.parse((await create('--until', 'a', '-n', '--json')).stdout).partial).toBe(true);
    const made = await create('--until', 'a');
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(told) });
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await untilBackfill(dir, made.stdout.trim(), 'state', 'done');
    const later = await create('--only-missing', '-n');
    expect(later.stdout.match(/left {2,}Its run, of a part of the DAG only, is success\./g)).toHaveLength(2);
    expect(later.stderr).not.toContain('use their slots up');
    scheduler.child.kill('SIGTERM');
    await scheduler.ended;
  });
});
