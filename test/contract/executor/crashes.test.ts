import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { hasEnvironment, processIds } from '../../../core/executors/processes.ts';
import { QUICK_IMPORTS } from '../../quick-imports.ts';
import { Bench, makeProject, processFacts } from './harness.ts';
import { WORK } from './work-fixture.ts';

const SLOW = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500)';
const SCRIPT = fileURLToPath(new URL('./leader-script.ts', import.meta.url));
const lives = (pid: number): boolean => !(processFacts(pid)?.zombie ?? true);

let projectDir = '';
let bench: Bench | null = null;
let leader: ChildProcess | null = null;
afterEach(async () => {
  leader?.kill('SIGKILL');
  await bench?.executor.close();
  bench = null;
  rmSync(projectDir, { recursive: true, force: true });
});

/** Starts a leader in a process of its own, maybe with a hold; resolves when everything it starts lives. */
async function startLeader(holdMs?: number): Promise<{ pid: number; pids: number[] }> {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  const args = [...QUICK_IMPORTS, SCRIPT, projectDir, '1', String(holdMs ?? '')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  leader = child;
  const text = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk))),
  );
  return { pid: child.pid ?? 0, pids: (JSON.parse(text) as { pids: number[] }).pids };
}

/** Every process of the project's state folder, whoever its parent is: the shell's family too. */
function marked(): number[] {
  const key = stateKey();
  return processIds().filter((pid) => lives(pid) && hasEnvironment(pid, [`ORCH_STATE=${key}`]));
}

/** The runners of leaders in this process. */
function runnerProcesses(): number[] {
  const own = keepers();
  return processIds().filter((pid) => own.includes(processFacts(pid)?.parent ?? 0) && lives(pid));
}

/** The keepers of leaders in this process. */
function keepers(): number[] {
  return processIds().filter((pid) => {
    if (!lives(pid) || processFacts(pid)?.parent !== process.pid) return false;
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('keeper-main');
  });
}

function stateKey(): string {
  const pid = Number(JSON.parse(readFileSync(registries()[0] ?? '', 'utf8').split('\n')[0] ?? '{}').group);
  const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  return environment.find((entry) => entry.startsWith('ORCH_STATE='))?.slice('ORCH_STATE='.length) ?? '';
}

function registries(): string[] {
  const folder = join(projectDir, '.orch', 'groups');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

async function died(pids: readonly number[], withinMs: number): Promise<number> {
  const since = performance.now();
  while (pids.some(lives) && performance.now() - since < withinMs * 20) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(pids.filter(lives)).toEqual([]);
  return performance.now() - since;
}

test('nothing outlives the hold of a leader that is stopped', async () => {
  const { pid, pids } = await startLeader(2_000);
  process.kill(pid, 'SIGSTOP');
  const all = [...new Set([...pids, ...marked()])];
  expect(all.length).toBeGreaterThan(9);
  await died(all, 1_000);
  expect(lives(pid)).toBe(true);
});

test('nothing outlives a leader that is killed: no busy loop, no grandchild, no new session', async () => {
  const { pid, pids } = await startLeader();
  const all = [...new Set([...pids, ...marked()])];
  expect(all.length).toBeGreaterThan(9);
  expect(pids.filter(lives)).toEqual(pids);
  process.kill(pid, 'SIGKILL');
  const tookMs = await died(all, 100);
  console.info(`everything gone ${tookMs.toFixed(0)} ms after kill -9 of the leader`);
  expect(tookMs).toBeLessThan(5_000);
  await died([], 0);
  expect(registries()).toEqual([]);
});

test('what a leader and its keeper left behind is killed before anything new starts', async () => {
  const { pid, pids } = await startLeader();
  const all = [...new Set([...pids, ...marked()])];
  const keeper = JSON.parse(readFileSync(registries()[0] ?? '', 'utf8').split('\n')[0] ?? '{}')
    .group as number;
  // Frozen, the keeper cannot see that its leader is gone.
  process.kill(keeper, 'SIGSTOP');
  process.kill(pid, 'SIGKILL');
  // A runner that is not blocked ends by itself; the busy one cannot.
  expect(lives(pids[0] ?? 0)).toBe(true);
  bench = new Bench(projectDir, { epoch: 2 });
  await bench.executor.start();
  expect(all.filter(lives)).toEqual([]);
  expect(await bench.output(bench.call('pid'))).toBeTypeOf('number');
  expect(registries().map((path) => path.endsWith('2-1.ndjson'))).toEqual([true]);
});

test('a registered id that belongs to somebody else by now is left alone', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  const other = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
  mkdirSync(join(projectDir, '.orch', 'groups'), { recursive: true });
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const entries = [
    { group: other.pid, start: '1', boot },
    { group: other.pid, start: processFacts(other.pid ?? 0)?.start, boot: 'another boot' },
  ];
  const torn = '{"group": 1';
  writeFileSync(
    join(projectDir, '.orch', 'groups', '1-1.ndjson'),
    `${entries.map((e) => JSON.stringify(e)).join('\n')}\n${torn}`,
  );
  bench = new Bench(projectDir, { epoch: 2 });
  await bench.executor.start();
  expect(lives(other.pid ?? 0)).toBe(true);
  other.kill('SIGKILL');
});

test('a keeper that is killed takes its attempts along as lost, and another one takes over', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { runners: { max: 2 } });
  const { executor } = bench;
  await executor.start();
  const lost = [
    bench.call('spins'),
    bench.call('ignores'),
    bench.shell('trap "" TERM; echo said; sleep 300'),
  ];
  const pids = [await bench.metric(lost[0] as never, 'pid'), await bench.metric(lost[1] as never, 'pid')];
  await bench.started(lost[2] as never);
  const waiting = bench.call('noop');
  const keeper = JSON.parse(readFileSync(registries()[0] ?? '', 'utf8').split('\n')[0] ?? '{}')
    .group as number;
  process.kill(keeper, 'SIGKILL');
  for (const id of lost) expect(await bench.outcome(id)).toMatchObject({ kind: 'lost', detail: /keeper/ });
  // While the next keeper starts, orders come and go as ever.
  const meanwhile = [bench.shell('true'), bench.call('noop'), bench.shell('true')];
  for (const id of meanwhile) expect(await bench.outcome(id)).toEqual({ kind: 'success' });
  expect(pids.filter(lives)).toEqual([]);
  expect(await bench.outcome(waiting)).toEqual({ kind: 'success' });
  expect(await bench.outcome(bench.shell('true'))).toEqual({ kind: 'success' });
  expect(await bench.output(bench.call('pid'))).toBeTypeOf('number');
});

test('orders that come while a keeper starts survive its death', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { runners: { max: 2 } });
  await bench.executor.start();
  const [first = 0] = keepers();
  process.kill(first, 'SIGKILL');
  let second: number | undefined;
  while (second === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    second = keepers().find((pid) => pid !== first);
  }
  const early = [bench.call('noop'), bench.call('noop'), bench.shell('true')];
  process.kill(second, 'SIGKILL');
  for (const id of early) expect(['lost', 'success']).toContain((await bench.outcome(id)).kind);
  const later = [bench.call('noop'), bench.shell('true')];
  for (const id of later) expect(await bench.outcome(id)).toEqual({ kind: 'success' });
});

test('a keeper that hangs before it is up is replaced by another one', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { keeperUpMs: 1_000 });
  await bench.executor.start();
  const [first = 0] = keepers();
  process.kill(first, 'SIGSTOP');
  expect(await bench.outcome(bench.shell('true'))).toEqual({ kind: 'success' });
  expect(lives(first)).toBe(false);
});

test('a keeper that hangs is replaced when an attempt must be stopped', { timeout: 30_000 }, async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir);
  await bench.executor.start();
  const id = bench.call('spins');
  const pid = await bench.metric(id, 'pid');
  const keeper = JSON.parse(readFileSync(registries()[0] ?? '', 'utf8').split('\n')[0] ?? '{}')
    .group as number;
  process.kill(keeper, 'SIGSTOP');
  bench.executor.stop(id, 'user', 100);
  expect(await bench.outcome(id)).toEqual({ kind: 'stopped' });
  expect(lives(pid)).toBe(false);
  expect(await bench.output(bench.call('pid'))).toBeTypeOf('number');
});

test('a runner that is killed loses its attempt, not that of its neighbour', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { runners: { max: 2 } });
  await bench.executor.start();
  const [victim, neighbour] = [bench.call('ignores'), bench.call('finishesAnyway')];
  const pid = await bench.metric(victim, 'pid');
  await bench.metric(neighbour, 'pid');
  process.kill(pid, 'SIGKILL');
  expect(await bench.outcome(victim)).toMatchObject({
    kind: 'lost',
    detail: 'its runner was killed from outside (SIGKILL)',
  });
  bench.executor.stop(neighbour, 'user', 5_000);
  expect(await bench.output(neighbour)).toBe('done');
});

test('an order waits while runners are killed before they are up, and is not lost', async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { runners: { max: 1 }, passEnv: ['NODE_OPTIONS'] });
  // Keeper and runners take so much longer to get up: none is up when it is seen.
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(SLOW)}`);
  await bench.executor.start();
  vi.unstubAllEnvs();
  const id = bench.call('noop');
  const killed = new Set<number>();
  while (killed.size < 4) {
    const pid = runnerProcesses().find((one) => !killed.has(one));
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      killed.add(pid);
    }
    await new Promise(setImmediate);
  }
  expect(await bench.outcome(id)).toMatchObject({ kind: 'success' });
  expect(bench.events.filter(({ type }) => type === 'attempt.ended')).toHaveLength(1);
});

test('runners that cannot start give up waiting orders instead of keeping them for ever', {
  timeout: 30_000,
}, async () => {
  projectDir = makeProject({ 'dags/work.ts': WORK });
  bench = new Bench(projectDir, { runners: { max: 1, memoryMb: 1 } });
  await bench.executor.start();
  expect(await bench.outcome(bench.call('noop'))).toMatchObject({
    kind: 'lost',
    detail: /cannot be started/,
  });
});
