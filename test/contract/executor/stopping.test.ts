import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AttemptId } from '../../../core/model/ids.ts';
import { Bench, makeProject, processFacts } from './harness.ts';
import { WORK } from './work-fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }), { runners: { max: 3 } });
  await bench.executor.start();
});
afterAll(async () => bench.close());

const lives = (pid: number): boolean => !(processFacts(pid)?.zombie ?? true);

async function stopped(id: AttemptId, graceMs: number): Promise<{ tookMs: number; pid: number }> {
  const pid = await bench.metric(id, 'pid');
  const since = performance.now();
  bench.executor.stop(id, 'user', graceMs);
  expect(await bench.outcome(id)).toEqual({ kind: 'stopped' });
  expect(lives(pid)).toBe(false);
  return { tookMs: performance.now() - since, pid };
}

test('code that obeys its signal ends at once, and its runner is not used again', async () => {
  const { tookMs, pid } = await stopped(bench.call('obeys'), 60_000);
  expect(tookMs).toBeLessThan(30_000);
  expect(await bench.output(bench.call('pid'))).not.toBe(pid);
});

test('code that finishes its work within the grace has its result', async () => {
  const id = bench.call('finishesAnyway');
  await bench.metric(id, 'pid');
  bench.executor.stop(id, 'user', 60_000);
  expect(await bench.output(id)).toBe('done');
});

test.each(['spins', 'ignores'])('code that %s is killed when the grace is over', async (name) => {
  const { tookMs } = await stopped(bench.call(name), 200);
  expect(tookMs).toBeGreaterThanOrEqual(199);
  expect(tookMs).toBeLessThan(30_000);
});

test('everything that an attempt started ends with it, also what left its group', async () => {
  const id = bench.call('startsChildren');
  const pids = await Promise.all(['child', 'grandchild', 'apart'].map((name) => bench.metric(id, name)));
  expect(pids.map(lives)).toEqual([true, true, true]);
  await stopped(id, 100);
  expect(pids.map(lives)).toEqual([false, false, false]);
});

test('a runner that was frozen is ended all the same', async () => {
  const id = bench.call('ignores');
  const pid = await bench.metric(id, 'pid');
  process.kill(pid, 'SIGSTOP');
  await stopped(id, 100);
});

test('attempts are held where they are, their time too, and go on or are ended', async () => {
  const up = bench.bell('up');
  execFileSync(
    'mkfifo',
    ['a', 'b'].map((name) => join(bench.projectDir, name)),
  );
  const limit = { timeoutMs: 1_500, killGraceMs: 60_000 };
  const reads = bench.call('reads', { ...limit, needs: { file: join(bench.projectDir, 'a') } });
  const command = bench.shell('echo $$ > up; read x < b', limit);
  const obeys = bench.call('obeys', limit);
  const pids = [await bench.metric(reads, 'pid'), Number(await up.rung), await bench.metric(obeys, 'pid')];
  for (const id of [reads, command, obeys]) bench.executor.holdStill(id, true);
  const other = bench.shell('sleep 60', { timeoutMs: 1_600, killGraceMs: 0 });
  expect(pids).not.toContain(await bench.output(bench.call('pid')));
  expect(await bench.outcome(other)).toEqual({ kind: 'timeout' });
  const stateOf = (pid: number): string =>
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] ?? '';
  expect(pids.map(stateOf)).toEqual(['T', 'T', 'T']);
  bench.executor.stop(obeys, 'user', 60_000);
  expect(await bench.outcome(obeys)).toEqual({ kind: 'stopped' });
  for (const id of [reads, command]) bench.executor.holdStill(id, false);
  for (const name of ['a', 'b']) await writeFile(join(bench.projectDir, name), 'x\n');
  expect(await bench.output(reads)).toBe('x\n');
  expect(await bench.outcome(command)).toMatchObject({ kind: 'success' });
});

test('while a stopped attempt has its grace, others run in the place of its runner', async () => {
  const ids = Array.from({ length: 3 }, () => bench.call('ignores'));
  const pids = await Promise.all(ids.map((id) => bench.metric(id, 'pid')));
  const waiting = bench.call('pid');
  const [first] = ids as [AttemptId];
  bench.executor.stop(first, 'user', 3_600_000);
  expect(pids).not.toContain(await bench.output(waiting));
  expect(pids.map(lives)).toEqual([true, true, true]);
  // What is left of the grace is not waited for when the process ends.
  process.kill(pids[0] ?? 0, 'SIGKILL');
  expect(await bench.outcome(first)).toEqual({ kind: 'stopped' });
  for (const id of ids.slice(1)) bench.executor.stop(id, 'user', 0);
  await Promise.all(ids.map((id) => bench.ended(id)));
});

test('a timeout ends an attempt by itself', async () => {
  const blocked = bench.call('spins', { timeoutMs: 150, killGraceMs: 50 });
  const shell = bench.shell('sleep 60', { timeoutMs: 100, killGraceMs: 50 });
  expect(await bench.outcome(blocked)).toEqual({ kind: 'timeout' });
  expect(await bench.outcome(shell)).toEqual({ kind: 'timeout' });
});

test.each([
  ['a function that finishes on its signal', () => bench.call('finishesAnyway', { timeoutMs: 300 })],
  [
    'a command that ends well on SIGTERM',
    () => bench.shell("trap 'exit 0' TERM; sleep 60 & wait", { timeoutMs: 300 }),
  ],
])('%s has timed out all the same', async (_, start) => {
  expect(await bench.outcome(start())).toEqual({ kind: 'timeout' });
});

test('an attempt that waits is stopped without ever starting', async () => {
  const busy = Array.from({ length: 3 }, () => bench.call('ignores'));
  await Promise.all(busy.map((id) => bench.metric(id, 'pid')));
  const waiting = bench.call('noop');
  bench.executor.stop(waiting, 'user', 1_000);
  expect(bench.events.some((event) => event.attemptId === waiting)).toBe(false);
  const ended = await bench.ended(waiting);
  expect(ended.outcome).toEqual({ kind: 'stopped' });
  expect(ended.startedAt).toBe(ended.at);
  expect(bench.events.filter((event) => event.attemptId === waiting)).toHaveLength(1);
  for (const id of busy) bench.executor.stop(id, 'user', 0);
  await Promise.all(busy.map((id) => bench.ended(id)));
});

test('a command keeps its grace although its shell is gone', async () => {
  const trapped = bench.bell('trapped');
  // The cleaning takes longer than the shell, which is gone at once. It ends its child itself: a signal that
  // comes between fork and exec is lost on it.
  const clean = 'sleep 0.2; kill \\$! 2> /dev/null; echo cleaned; exit 1';
  const id = bench.shell(`sh -c 'trap "${clean}" TERM; echo > trapped; sleep 60 & wait'; true`);
  await trapped.rung;
  bench.executor.stop(id, 'user', 60_000);
  expect(await bench.outcome(id)).toEqual({ kind: 'stopped' });
  expect(await bench.lines(id)).toContain('stdout: cleaned');
});

test('stopping twice, or what is unknown, does nothing more', async () => {
  const id = bench.call('ignores');
  await bench.metric(id, 'pid');
  bench.executor.stop(id, 'user', 60_000);
  bench.executor.stop(id, 'shutdown', 50);
  bench.executor.stop('9.9.9' as AttemptId, 'user', 0);
  expect(await bench.outcome(id)).toEqual({ kind: 'stopped' });
  bench.executor.stop(id, 'user', 0);
  expect(
    bench.events.filter((event) => event.attemptId === id && event.type === 'attempt.ended'),
  ).toHaveLength(1);
});

test('what an attempt that is stopped for a pause has kept, the one after it finds', async () => {
  const first = bench.call('counts');
  await bench.metric(first, 'from');
  const kept = await bench.event(
    ({ type, attemptId }) => type === 'attempt.checkpoint' && attemptId === first,
  );
  expect(kept).toMatchObject({ state: '1' });
  bench.executor.stop(first, 'pause', 60_000);
  expect(await bench.outcome(first)).toEqual({ kind: 'stopped' });
  expect(await bench.output(bench.call('counts', { checkpoint: '1' }))).toBe(2);
  expect(await bench.outcome(bench.call('tooMuch'))).toMatchObject({ error: { name: 'RangeError' } });
});
