import { expect, test, vi } from 'vitest';
import { makeProject, orch } from './orch-process.ts';

vi.setConfig({ testTimeout: 120_000 });

const DAG = `id: d
params: { code: { type: integer, default: 0 } }
tasks:
  each:
    forEach: { over: [x, y], tasks: { get: { run: "true" } } }
  last:
    run: 'exit "$CODE"'
    env: { CODE: "\${{ params.code }}" }
    retries: { max: 1, delay: 1ms }
    after: [each]
  never: { run: "true", when: "params.code > 5" }
`;

test('stats of DAGs and their tasks', async () => {
  const dir = makeProject({ 'dags/d.yaml': DAG, 'dags/e.yaml': "id: e\ntasks: { a: { run: 'true' } }\n" });
  const stats = (...args: string[]) => orch(['-C', dir, 'stats', ...args]);
  await orch(['-C', dir, 'trigger', 'd', '-q']);
  await orch(['-C', dir, 'trigger', 'd', '-q', '-p', 'code=3']);
  await orch(['-C', dir, 'trigger', 'e', '-q']);
  const plain = (await stats()).stdout;
  expect(plain).toMatch(/^dag +runs +success +failed +p50 +p95 +wait p50 +wait p95 +last$/m);
  expect(plain).toMatch(/^d +2 +50\.0% +1 .*(ago|just now)$/m);
  expect(plain).not.toContain('task of');
  expect((await stats('--dag', 'd')).stdout).toMatch(
    /^task of d +ran +success .*\n(each\.get +4 +100% +0 )/m,
  );
  const { items } = JSON.parse((await stats('--tasks', '--json')).stdout);
  const spread = { p50: expect.any(Number), p95: expect.any(Number) };
  expect(items).toMatchObject([
    { dagId: 'd', runs: 2, success: 1, failed: 1, successRate: 0.5, durationMs: spread, queueMs: spread },
    { dagId: 'e', runs: 1, successRate: 1, tasks: [{ taskId: 'a', instances: 1 }] },
  ]);
  const tasks = new Map(items[0].tasks.map((one: { taskId: string }) => [one.taskId, one]));
  expect(tasks.get('each.get')).toMatchObject({ instances: 4, success: 4, retries: 0, durationMs: spread });
  expect(tasks.get('last')).toMatchObject({
    instances: 2,
    success: 1,
    failed: 1,
    successRate: 0.5,
    retries: 1,
  });
  expect(tasks.get('never')).toMatchObject({ instances: 0, skipped: 2, successRate: null, durationMs: null });
  expect(JSON.parse((await stats('--json')).stdout).items[0].tasks).toBeUndefined();
});
