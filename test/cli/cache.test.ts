import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeProject, normalized, orch, startOrch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

/** `slow` waits for the file `go`. */
const DAG = `id: prices
tasks:
  load: { run: 'echo load >> done.txt; echo "rows=3" >> "$ORCH_OUTPUT"', cache: true }
  slow:
    run: 'echo slow >> done.txt; while [ ! -e go ]; do sleep 0.05; done'
    needs: { LOAD: load }
    cache: { ttl: 1d }
`;

function project() {
  const dir = makeProject({ 'dags/prices.yaml': DAG });
  const log = join(dir, 'done.txt');
  return {
    dir,
    run: (...args: string[]) => orch(['-C', dir, ...args]),
    go: () => writeFileSync(join(dir, 'go'), ''),
    done: () => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      rmSync(log, { force: true });
      return lines;
    },
  };
}

describe('cached tasks on the command line', () => {
  test('are taken from the run before: trigger, status, why and --json say so', async () => {
    const { run, go, done } = project();
    go();
    await run('trigger', 'prices');
    expect(done()).toEqual(['load', 'slow']);
    const second = await run('trigger', 'prices');
    expect([second.code, done()]).toEqual([0, []]);
    expect(normalized(second.stdout)).toBe(
      '<time> run   prices <run> started: 2 tasks\n<time> ok    load from the cache of run <run>\n' +
        '<time> ok    slow from the cache of run <run>\nSUCCESS 2 ok in <span>\n',
    );
    const status = await run('status');
    expect(status.stdout).toMatch(/✓ load +cached\n/);
    const { tasks } = JSON.parse((await run('status', 'last', '--json')).stdout) as { tasks: object[] };
    expect(tasks[0]).toMatchObject({
      state: 'success',
      because: { code: 'cache_hit' },
      durationMs: null,
      output: { rows: '3' },
    });
    expect(normalized((await run('why', 'last', 'load')).stdout)).toBe(
      '✓ load success: Taken from the cache of run <run>.\n',
    );
    const fresh = await run('trigger', 'prices', '--no-cache');
    expect([fresh.code, done()]).toEqual([0, ['load', 'slow']]);
    expect((await run('why', 'last', 'load')).stdout).toContain('✗ cache Not from the cache, although run ');
    await run('retry', 'last', '--task', 'load');
    expect(done()).toEqual(['load']);
    expect((await run('show', 'prices')).stdout).toMatch(/load .* cached\nslow .* cached for 1d\n/);
  });

  test('after kill -9 what had succeeded is in the cache, and what was running fills it later', async () => {
    const { dir, run, go, done } = project();
    const killed = startOrch(['-C', dir, 'trigger', 'prices', '--verbose']);
    await killed.until(/start {1,2}slow/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(done()).toEqual(['load', 'slow']);
    const other = startOrch(['-C', dir, 'trigger', 'prices', '--new', '--verbose']);
    const said = await other.until(/start {1,2}slow/);
    expect(said).toContain('load from the cache of run');
    other.child.kill('SIGKILL');
    await other.ended;
    go();
    const resumed = await run('retry', 'last');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(done()).toEqual(['slow', 'slow']);
    const third = await run('trigger', 'prices');
    expect(third.stdout).toMatch(/load from the cache[\s\S]*slow from the cache/);
    expect(done()).toEqual([]);
  });
});
