import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { followAttemptLog } from '../../../core/log/follow-attempt-log.ts';
import { readAttemptLog } from '../../../core/log/read-attempt-log.ts';
import { Bench, makeProject } from './harness.ts';
import { WORK } from './work-fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }), {
    runners: { max: 2 },
    limits: { logBytes: 1_000_000 },
  });
  await bench.executor.start();
});
afterAll(async () => bench.close());

test('what a function prints is its log, with stream and level', async () => {
  const id = bench.call('logs');
  await bench.ended(id);
  expect(await bench.lines(id)).toEqual([
    'stdout: one',
    'stderr: two',
    'stdout: partial',
    'warn: careful {"rows":3}',
    'stdout: last without end',
  ]);
});

test('what native code and child processes write to its output is there too', async () => {
  const id = bench.call('stray');
  await bench.ended(id);
  expect((await bench.lines(id)).sort()).toEqual(['stdout: from child', 'stdout: native line']);
});

test('where an error was thrown is in the log, by the places of the project', async () => {
  const id = bench.call('throwsError');
  await bench.ended(id);
  const [error, place] = await bench.lines(id);
  expect(error).toBe('error: TypeError: bad thing');
  expect(place).toMatch(/^error: {5}at throwsError \(dags\/work\.ts:\d+:\d+\)$/);
});

test('of an error that is meant the cause alone has places', async () => {
  const ended = await bench.ended(bench.call('throwsFatal'));
  expect(ended.log).toBeUndefined();
  const id = bench.call('throwsFatalBecause');
  await bench.ended(id);
  expect((await bench.lines(id))[0]).toBe('error: Caused by: TypeError: bad thing');
});

test('an attempt that prints nothing has no log and no file', async () => {
  const silent = new Bench(makeProject({ 'dags/work.ts': WORK }));
  await silent.executor.start();
  const id = silent.call('noop');
  const ended = await silent.ended(id);
  expect(ended.log).toBeUndefined();
  expect(() => readdirSync(join(silent.stateDir, 'logs'))).toThrow('ENOENT');
  await silent.close();
});

test('attempts that share segments never see the lines of another', async () => {
  const tags = Array.from({ length: 40 }, (_, index) => `t${index}-`);
  const ids = tags.map((tag, index) =>
    index % 4 === 0
      ? bench.shell(`for i in 0 1 2 3 4; do echo ${tag}$i; done`)
      : bench.call('prints', { needs: { tag }, isolation: index % 4 === 1 ? 'shared' : 'process' }),
  );
  for (const [index, id] of ids.entries()) {
    expect(await bench.lines(id)).toEqual([0, 1, 2, 3, 4].map((line) => `stdout: ${tags[index]}${line}`));
  }
  const folder = join(bench.stateDir, 'logs', '1');
  expect(readdirSync(folder).length).toBeLessThan(45);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

test('a running attempt can be read and followed to its end', async () => {
  const fifo = join(bench.projectDir, 'go');
  const id = bench.shell(`echo first; while [ ! -e go ]; do sleep 0.02; done; echo second`);
  const started = await bench.started(id);
  if (started.type !== 'attempt.started' || !started.log) throw new Error('no log range');
  const open = started.log;
  expect(open.length).toBeNull();
  const abort = new AbortController();
  const seen: string[] = [];
  const range = () => {
    const ended = bench.events.find((event) => event.attemptId === id && event.type === 'attempt.ended');
    return ended?.type === 'attempt.ended' ? (ended.log ?? null) : open;
  };
  const source = { stateDir: bench.stateDir, runNo: 1, attemptId: id };
  for await (const line of followAttemptLog(source, { range, signal: abort.signal })) {
    seen.push(line.text);
    if (line.text === 'first') appendFileSync(fifo, '');
  }
  expect(seen).toEqual(['first', 'second']);
  rmSync(fifo);
});

test('a log that is too long keeps its beginning and its end, and says what is missing', async () => {
  const id = bench.shell(
    'i=0; while [ $i -lt 60000 ]; do echo "line $i of a long log"; i=$((i+1)); done; echo the end',
  );
  await bench.ended(id);
  const lines = await bench.lines(id);
  expect(lines[0]).toBe('stdout: line 0 of a long log');
  expect(lines.at(-1)).toBe('stdout: the end');
  expect(lines.filter((line) => line.startsWith('system:'))).toEqual([
    expect.stringMatching(/^system: \d+ bytes are left out here: a log is capped at 1000000 bytes$/),
  ]);
  expect((await bench.ended(id)).log?.length).toBeLessThan(1_300_000);
});

test('bytes of any kind become lines that are safe to show', async () => {
  const id = bench.shell(
    `printf 'a\\377b\\000c\\007\\033[31mred\\033[0m\\r\\nprogress 1\\rprogress 2\\n\\302\\233x'`,
  );
  await bench.ended(id);
  expect(await bench.lines(id)).toEqual([
    'stdout: a\ufffdb\u2400c\u2407\u001b[31mred\u001b[0m',
    'stdout: progress 1',
    'stdout: progress 2',
    'stdout: \ufffdx',
  ]);
});

test('an attempt that is killed keeps what it said, and its end is marked', async () => {
  const id = bench.call('printsThenExits');
  const killed = bench.shell('echo said; kill -9 $$');
  expect(await bench.lines(id)).toEqual(['stdout: before']);
  expect(await bench.lines(killed)).toEqual(['stdout: said']);
  const aborted = bench.call('aborts');
  const { log } = await bench.ended(aborted);
  if (log) {
    const page = await readAttemptLog({ stateDir: bench.stateDir, runNo: 1, attemptId: aborted, range: log });
    expect(page.lines.every((line) => line.stream === 'system')).toBe(true);
  }
});

test('ten megabytes from a function that ends at once are all there', async () => {
  const large = new Bench(makeProject({ 'dags/work.ts': WORK }));
  await large.executor.start();
  const id = large.call('tenMegabytes');
  await large.ended(id);
  const lines = await large.lines(id);
  expect(lines).toHaveLength(10_240);
  expect(new Set(lines)).toEqual(new Set([`stdout: ${'x'.repeat(1_023)}`]));
  const { log } = await large.ended(id);
  const bytes = readFileSync(join(large.stateDir, 'logs', '1', `${log?.segment}.log`));
  expect(bytes.length).toBe((log?.offset ?? 0) + (log?.length ?? 0));
  await large.close();
});
