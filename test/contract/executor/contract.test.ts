import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { AttemptEvent } from '../../../core/model/attempt.ts';
import type { AttemptId } from '../../../core/model/ids.ts';
import { Bench, makeProject } from './harness.ts';
import { WORK } from './work-fixture.ts';

let bench: Bench;
afterEach(async () => bench.close());

async function open(options: ConstructorParameters<typeof Bench>[1] = {}): Promise<Bench> {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }), options);
  await bench.executor.start();
  return bench;
}

/** Types of the events of an attempt, in order. */
function story(id: AttemptId): string[] {
  return bench.events.filter((event) => event.attemptId === id).map((event) => event.type);
}

test('every attempt starts at most once and ends once, in this order, whatever runs beside it', async () => {
  await open({ runners: { max: 3 } });
  const names = ['noop', 'echo', 'throwsError', 'skips', 'bigint', 'exitsHard', 'killsItself', 'pid'];
  const ids = Array.from({ length: 80 }, (_, index) => bench.call(names[index % names.length] ?? 'noop'));
  ids.push(...Array.from({ length: 20 }, (_, index) => bench.shell(index % 2 === 0 ? 'true' : 'exit 4')));
  await Promise.all(ids.map((id) => bench.ended(id)));
  for (const id of ids) expect(story(id)).toEqual(['attempt.started', 'attempt.ended']);
});

test('an id that is submitted again does nothing, before and after its end', async () => {
  await open();
  const order = bench.order({ kind: 'function', ref: './work.ts#pause' }, { needs: { ms: 30 } });
  bench.executor.submit(order);
  bench.executor.submit(order);
  await bench.started(order.attemptId);
  bench.executor.submit(order);
  await bench.ended(order.attemptId);
  bench.executor.submit(order);
  await bench.ended(bench.call('noop'));
  await bench.ended(bench.shell('true'));
  expect(story(order.attemptId)).toEqual(['attempt.started', 'attempt.ended']);
});

test('events never come from inside submit or stop', async () => {
  await open();
  await bench.ended(bench.call('noop'));
  let inside = false;
  const early: AttemptEvent[] = [];
  const { onEvent } = bench.executor;
  bench.executor.onEvent = (event) => {
    if (inside) early.push(event);
    onEvent(event);
  };
  inside = true;
  const ids = [bench.call('noop'), bench.call('noop'), bench.shell('true')];
  for (const id of ids) bench.executor.stop(id, 'user', 0);
  inside = false;
  await Promise.all(ids.map((id) => bench.ended(id)));
  expect(early).toEqual([]);
});

test('eight at once really run at once', async () => {
  await open({ runners: { max: 8 } });
  const ids = Array.from({ length: 8 }, () => bench.call('obeys'));
  // None of them ends before it is told to.
  const pids = await Promise.all(ids.map((id) => bench.metric(id, 'pid')));
  expect(new Set(pids).size).toBe(8);
  for (const id of ids) bench.executor.stop(id, 'user', 0);
  await Promise.all(ids.map((id) => bench.ended(id)));
});

test('quick tasks go on beside one that blocks its process', async () => {
  await open({ runners: { max: 2 } });
  const blocked = bench.call('spins');
  await bench.metric(blocked, 'pid');
  for (let index = 0; index < 50; index++) await bench.output(bench.call('pid'));
  expect(story(blocked)).not.toContain('attempt.ended');
  bench.executor.stop(blocked, 'user', 0);
  expect(await bench.outcome(blocked)).toEqual({ kind: 'stopped' });
});

test('waiting orders are started in the order of their submission', async () => {
  await open({ runners: { max: 1 } });
  const ids = Array.from({ length: 200 }, () => bench.call('noop'));
  await Promise.all(ids.map((id) => bench.ended(id)));
  const started = bench.events
    .filter((event) => event.type === 'attempt.started')
    .map((event) => event.attemptId);
  expect(started).toEqual(ids);
});

test('runners are added for work that takes time and go when there is none', async () => {
  await open({ runners: { max: 3, idleMs: 150 } });
  const ids = Array.from({ length: 60 }, () => bench.call('pause', { needs: { ms: 20 } }));
  const pids = await Promise.all(ids.map((id) => bench.output(id)));
  expect(new Set(pids).size).toBeGreaterThan(1);
  const runners = () => readdirSync(join(bench.stateDir, 'tmp')).filter((name) => name.startsWith('stray-'));
  // A runner that is ended takes its file along.
  await vi.waitFor(() => expect(runners()).toHaveLength(1), { timeout: 30_000 });
  expect(await bench.output(bench.call('pid'))).toBeTypeOf('number');
});

test('a runner is replaced after its share of attempts, without losing one', async () => {
  await open({ runners: { max: 1, attemptsMax: 5 } });
  const ids = Array.from({ length: 22 }, () => bench.call('pid'));
  const pids = await Promise.all(ids.map((id) => bench.output(id)));
  expect(new Set(pids).size).toBe(5);
});

test('shared attempts run together in one process, and are stopped by a message', async () => {
  await open();
  const long = bench.call('obeys', { isolation: 'shared' });
  const others = Array.from({ length: 5 }, () =>
    bench.call('pause', { isolation: 'shared', needs: { ms: 50 } }),
  );
  const pids = await Promise.all(others.map((id) => bench.output(id)));
  expect(new Set([...pids, await bench.metric(long, 'pid')]).size).toBe(1);
  bench.executor.stop(long, 'user', 5_000);
  expect(await bench.outcome(long)).toEqual({ kind: 'stopped' });
  expect(await bench.output(bench.call('pid', { isolation: 'shared' }))).toBe(pids[0]);
});

test('a shared attempt that does not stop takes its neighbours along as lost', async () => {
  await open();
  const deaf = bench.call('finishesAnyway', { isolation: 'shared' });
  await bench.metric(deaf, 'pid');
  const stuck = bench.call('ignores', { isolation: 'shared' });
  await bench.metric(stuck, 'pid');
  bench.executor.stop(stuck, 'user', 100);
  expect(await bench.outcome(stuck)).toEqual({ kind: 'stopped' });
  expect(await bench.outcome(deaf)).toMatchObject({ kind: 'lost' });
  expect(await bench.output(bench.call('pid', { isolation: 'shared' }))).toBeTypeOf('number');
});

test('a task may ask for another memory cap than the others', { timeout: 30_000 }, async () => {
  await open({ runners: { max: 2, memoryMb: 1_024 } });
  expect(await bench.outcome(bench.call('objects', { memoryMb: 64 }))).toEqual({ kind: 'memory' });
  const grows = `node -e "const a=[];for(;;)a.push(Buffer.alloc(8e6,1))"`;
  expect(await bench.outcome(bench.shell(grows, { memoryMb: 128 }))).toEqual({ kind: 'memory' });
});

test('closing ends what runs and what waits', async () => {
  await open({ runners: { max: 1 } });
  const running = [bench.call('spins'), bench.shell('sleep 60')];
  await bench.metric(running[0] as AttemptId, 'pid');
  const waiting = bench.call('noop');
  await bench.executor.close();
  for (const id of [...running, waiting])
    expect((await bench.ended(id)).outcome).toEqual({ kind: 'stopped' });
  expect(existsSync(join(bench.stateDir, 'groups')) && readdirSync(join(bench.stateDir, 'groups'))).toEqual(
    [],
  );
});

test('a state folder with a long path works too', async () => {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }));
  await bench.close();
  const deep = `${'deep-folder/'.repeat(12)}`;
  const projectDir = makeProject({ [`${deep}dags/work.ts`]: WORK });
  bench = new Bench(join(projectDir, deep));
  await bench.executor.start();
  expect(await bench.output(bench.call('pid'))).toBeTypeOf('number');
});

test('what is submitted before the start waits for it', async () => {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }));
  const ids = [bench.call('pid'), bench.shell('true'), bench.call('pid', { isolation: 'shared' })];
  const stopped = bench.call('noop');
  bench.executor.stop(stopped, 'user', 0);
  expect(await bench.outcome(stopped)).toEqual({ kind: 'stopped' });
  await bench.executor.start();
  for (const id of ids) expect(await bench.outcome(id)).toMatchObject({ kind: 'success' });
});
