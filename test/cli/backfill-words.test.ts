import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { beforeNextLook, makeProject, orch, startOrch } from './orch-process.ts';

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
    await beforeNextLook();
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
    const unled = await orch(['-C', dir, 'backfill', 'show', made.stdout.trim()]);
    expect(unled.stdout).toContain("  ends    not before a scheduler runs: 'orch scheduler' or 'orch up'\n");
    expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining(told) });
    const file = join(dir, 'dags/w.yaml');
    renameSync(file, `${file}.away`);
    const gone = await orch(['-C', dir, 'backfill', 'show', made.stdout.trim()]);
    expect(gone.stdout).toMatch(/ends {4}not while no file declares DAG w: .*orch backfill cancel \d+\n/);
    renameSync(`${file}.away`, file);
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await untilBackfill(dir, made.stdout.trim(), 'state', 'done');
    const later = await create('--only-missing', '-n');
    expect(later.stdout.match(/left {2,}Its run, of a part of the DAG only, is success\./g)).toHaveLength(2);
    expect(later.stderr).not.toContain('use their slots up');
    scheduler.child.kill('SIGTERM');
    await scheduler.ended;
  });

  test('that are paused: their runs wait, and who asks about one is told for what', async () => {
    const hold = 'case $SLOT in *-02T*) test -e good;; *) while test ! -e good; do sleep 0.05; done;; esac';
    const held = `a: { run: '${hold}', env: { SLOT: '\${{ run.logicalDate }}' } }`;
    const dir = makeProject({ 'dags/w.yaml': DAILY.replace("a: { run: 'true' }", held) });
    const scheduler = startOrch(['-C', dir, 'scheduler']);
    await scheduler.until(/leads 1 DAG/);
    const run = (...words: string[]) => orch(['-C', dir, ...words]);
    const id = (await run('backfill', 'create', 'w', ...TWO_DAYS, '--max-active-runs', '1')).stdout.trim();
    await untilBackfill(dir, id, 'failed', 1);
    // A pause of the DAG does not hold the backfill up, so its end is foretold, and it comes.
    expect((await run('pause', 'w')).code).toBe(0);
    const foretold = JSON.parse((await run('backfill', 'show', id, '--json')).stdout);
    expect(foretold).toMatchObject({ state: 'running', etaMs: expect.any(Number), noEta: null });
    expect((await run('backfill', 'pause', id)).code).toBe(0);
    const { items } = JSON.parse((await run('runs', '--state', 'failed', '--json')).stdout);
    const { runId } = items[0];
    const retry = startOrch(['-C', dir, 'retry', runId]);
    await retry.until(/retried/);
    const shown = await run('backfill', 'show', id);
    expect(shown.stdout).toContain(
      `  ends    not while it is paused. To go on: orch backfill resume ${id}\n`,
    );
    const advice = `Backfill ${id} is paused. To go on: orch backfill resume ${id}`;
    expect((await run('why', runId)).stdout).toContain(` of w queued: ${advice}\n`);
    expect(JSON.parse((await run('why', runId, '--json')).stdout)).toMatchObject({
      runId,
      state: 'queued',
      because: { code: 'backfill_paused', text: advice },
    });
    expect((await run('why', runId, 'a')).stdout).toContain(advice);
    expect((await run('backfill', 'resume', id)).code).toBe(0);
    const resumed = JSON.parse((await run('backfill', 'show', id, '--json')).stdout);
    expect(resumed).toMatchObject({ etaMs: null, noEta: 'not known before the first of its runs has ended' });
    writeFileSync(join(dir, 'good'), '');
    await untilBackfill(dir, id, 'state', 'done');
    const { code, stderr } = await retry.ended;
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining(`waits: backfill ${id} is paused. Let it go on: orch backfill resume ${id}\n`),
    ]);
    expect((await run('why', runId)).stdout).toContain(' of w success: Every leaf ended well.\n');
    scheduler.child.kill('SIGTERM');
    await scheduler.ended;
  });
});
