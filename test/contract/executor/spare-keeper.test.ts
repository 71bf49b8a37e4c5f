import { afterEach, expect, test, vi } from 'vitest';
import { SpareKeeper } from '../../../core/executors/keeper-process.ts';
import { signal } from '../../../core/executors/processes.ts';
import { Bench, makeProject } from './harness.ts';

let bench: Bench | null = null;

afterEach(() => bench?.close());

const isAlive = (pid: number | null): boolean => pid !== null && signal(pid, 0);
const died = (pid: number | null) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });

function started(): SpareKeeper {
  const keeper = new SpareKeeper();
  keeper.start();
  return keeper;
}

test('it becomes the first keeper, and what ends what others left alive spares it', async () => {
  const keeper = started();
  const { pid } = keeper;
  expect(isAlive(pid)).toBe(true);
  bench = new Bench(makeProject(), { spareKeeper: keeper });
  await bench.executor.start();
  await bench.executor.ready?.();
  const { keeperPid, runners } = bench.executor.use?.() ?? {};
  expect(keeperPid).toBe(pid);
  expect(runners).toHaveLength(1);
  expect((await bench.ended(bench.shell('true'))).outcome.kind).toBe('success');
  keeper.end();
  expect(isAlive(pid)).toBe(true);
  await bench.close();
  expect(isAlive(pid)).toBe(false);
});

test('one that has ended before it is needed costs nothing, nor does a runner ordered of it', async () => {
  const keeper = started();
  const { pid } = keeper;
  signal(pid ?? 0, 'SIGKILL');
  await died(pid);
  bench = new Bench(makeProject({ 'dags/work.ts': 'export const one = () => 1;' }), { spareKeeper: keeper });
  await bench.executor.start();
  const one = bench.call('one');
  expect((await bench.ended(bench.shell('true'))).outcome.kind).toBe('success');
  expect((await bench.ended(one)).outcome.kind).toBe('success');
  expect(bench.executor.use?.().keeperPid).not.toBe(pid);
});

test('it ends when nobody takes it, and with the process that started it', async () => {
  const keeper = started();
  const { pid } = keeper;
  keeper.end();
  await died(pid);
  keeper.start();
  expect(keeper.take()).toBeNull();
  const taken = started().take();
  // What the system does when that process dies.
  taken?.pipe.destroy();
  expect(await taken?.ended).toBe('exit code 0');
});
