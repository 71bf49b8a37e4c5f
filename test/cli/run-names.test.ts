import { expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

test('last:<dag> is the newest run of a DAG, whatever ran after it', async () => {
  const dag = (id: string) => `id: ${id}\ntasks: { a: { run: 'true' } }\n`;
  const dir = makeProject({ 'dags/one.yaml': dag('one'), 'dags/two.yaml': dag('two') });
  const run = (...words: string[]) => orch(['-C', dir, ...words]);
  for (const id of ['one', 'one', 'two']) expect((await run('trigger', id, '--quiet')).code).toBe(0);
  const { items } = JSON.parse((await run('runs', '--json')).stdout);
  const shown = JSON.parse((await run('status', 'last:one', '--json')).stdout);
  expect(shown).toMatchObject({ dagId: 'one', runId: items[1].runId });
  expect((await run('why', 'last:two')).stdout).toContain(' of two success: ');
  const completed = await orch(['complete', '--', 'status', ''], { cwd: dir });
  expect(completed.stdout).toContain('last:one\tthe latest run of one\n');
  const unknown = await run('status', 'last:twi');
  expect([unknown.code, unknown.stderr]).toEqual([
    4,
    expect.stringContaining("There is no run of a DAG 'twi': did you mean 'two'?"),
  ]);
  expect((await run('logs', 'last:', 'a')).code).toBe(4);
});
