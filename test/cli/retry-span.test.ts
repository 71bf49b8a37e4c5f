import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeProject, normalized, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Each attempt notes its slot; `b` looks at the run before. */
const DAG = `id: w
schedule: '@hourly'
startAt: 2026-01-01T00:00:00Z
endAt: 2026-02-01T00:00:00Z
tasks:
  a: { run: 'echo "a $SLOT" >> witness', env: { SLOT: '\${{ run.logicalDate }}' } }
  b:
    run: 'echo "b $SLOT" >> witness'
    env: { SLOT: '\${{ run.logicalDate }}' }
    after: [a]
    dependsOnPast: true
`;
const FOUR = ['--from', '2026-01-02T00:00:00Z', '--to', '2026-01-02T03:00:00Z'];

/** A project with four finished runs of slots, oldest first, and nobody who leads. */
async function fourRuns() {
  const dir = makeProject({ 'dags/w.yaml': DAG, witness: '' });
  const run = (...words: string[]) => orch(['-C', dir, ...words]);
  const id = (await run('backfill', 'create', 'w', ...FOUR)).stdout.trim();
  const scheduler = startOrch(['-C', dir, 'scheduler']);
  while (JSON.parse((await run('backfill', 'show', id, '--json')).stdout).state !== 'done');
  scheduler.child.kill('SIGTERM');
  await scheduler.ended;
  const { items } = JSON.parse((await run('runs', '--json')).stdout) as { items: { runId: string }[] };
  const ids = items.map(({ runId }) => runId).reverse();
  const witness = (): string[] => {
    const lines = readFileSync(join(dir, 'witness'), 'utf8').split('\n').filter(Boolean);
    writeFileSync(join(dir, 'witness'), '');
    return lines.map((line) => `${line[0]}${line.slice(13, 15)}`);
  };
  witness();
  return { run, ids, witness };
}

interface Preview {
  readonly items: readonly { readonly runId: string; readonly action: string; readonly tasks: unknown[] }[];
}

describe('orch retry --past and --future', () => {
  test('do in the runs around what the dry run said, in the order of their slots', async () => {
    const { run, ids, witness } = await fourRuns();
    const words = ['retry', ids[1] as string, '--task', 'b', '--future'];
    const { items } = JSON.parse((await run(...words, '-n', '--json')).stdout) as Preview;
    expect(items.map(({ runId, action, tasks }) => [runId, action, tasks.length])).toEqual(
      ids.slice(1).map((id) => [id, 'retry', 1]),
    );
    expect(witness()).toEqual([]);
    const done = await run(...words);
    expect(done).toMatchObject({ code: 0, stderr: expect.stringContaining('3 runs retried, 0 left') });
    expect(done.stdout.match(/^SUCCESS/gm)).toHaveLength(3);
    expect(witness()).toEqual(['b01', 'b02', 'b03']);
    expect((await run('retry', ids[1] as string, '--task', 'a', '--past')).code).toBe(0);
    // Nothing orders runs whose tasks do not look at the run before.
    expect(witness().sort()).toEqual(['a00', 'a01']);
    expect((await run('retry', ids[2] as string, '--all', '--past', '--future')).code).toBe(0);
    expect(witness().filter((line) => line.startsWith('b'))).toEqual(['b00', 'b01', 'b02', 'b03']);
  });

  test('say what they leave and why, and refuse what cannot be', async () => {
    const { run, ids, witness } = await fourRuns();
    expect((await run('mark', ids[2] as string, 'b', 'failed')).code).toBe(0);
    const failed = await run('retry', ids[2] as string, '--past', '--future', '-n');
    expect(normalized(failed.stdout).replaceAll(/ +$/gm, '')).toBe(
      [
        '1 task of 1 run would run again',
        'run           about (UTC)       what   tasks, or why not',
        '<run>  2026-01-02 00:00  left   there is nothing to retry in it',
        '<run>  2026-01-02 01:00  left   there is nothing to retry in it',
        '<run>  2026-01-02 02:00  retry  ✗ b',
        '<run>  2026-01-02 03:00  left   there is nothing to retry in it',
        '',
      ].join('\n'),
    );
    expect(await run('retry', ids[0] as string, '--past')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('nothing to retry in these runs'),
    });
    expect((await run('retry', ids[0] as string, '--task', 'nope', '--future')).code).toBe(4);
    expect(witness()).toEqual([]);
  });
});

describe('orch mark --past and --future', () => {
  test('marks the task in the runs that its dry run names', async () => {
    const { run, ids } = await fourRuns();
    const [, second = '', third = ''] = ids;
    expect((await run('mark', third, 'b', 'failed')).code).toBe(0);
    const words = ['mark', second, 'b', 'failed', '--future'];
    const preview = await run(...words, '-n');
    expect(normalized(preview.stdout).replaceAll(/ +$/gm, '')).toBe(
      [
        'b would be marked failed in 2 runs',
        'run           about (UTC)       now      what',
        '<run>  2026-01-02 01:00  success  marked failed',
        '<run>  2026-01-02 02:00  failed   the task is failed: it cannot be marked failed',
        '<run>  2026-01-02 03:00  success  marked failed',
        '',
      ].join('\n'),
    );
    expect((await run(...words)).stdout).toBe(
      'b is marked failed in 2 runs; 1 left as they were (-n says why)\n',
    );
    const { items } = JSON.parse((await run('runs', '--json')).stdout) as { items: { state: string }[] };
    expect(items.map(({ state }) => state)).toEqual(['failed', 'failed', 'failed', 'success']);
    expect((await run(...words)).code).toBe(5);
    expect((await run('mark', second, 'nope', 'failed', '--past')).code).toBe(4);
    expect((await run('mark', second, 'failed', '--past')).code).toBe(2);
  });
});
