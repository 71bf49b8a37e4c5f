import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Outcome } from '../../../core/model/attempt.ts';
import { Bench, makeProject, processFacts } from './harness.ts';
import { WORK } from './work-fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = new Bench(makeProject({ 'dags/work.ts': WORK }), { runners: { max: 2, memoryMb: 160 } });
  await bench.executor.start();
});
afterAll(async () => bench.close());

async function failure(name: string): Promise<Extract<Outcome, { kind: 'failed' }>> {
  const outcome = await bench.outcome(bench.call(name));
  if (outcome.kind !== 'failed') throw new Error(JSON.stringify(outcome));
  return outcome;
}

describe('a function', () => {
  test('gets its inputs by name and its context', async () => {
    expect(
      await bench.output(bench.call('echo', { needs: { a: [1], b: undefined, __proto__: null } })),
    ).toEqual({ a: [1] });
    const id = bench.call('context', {
      keys: ['EU', 'BTC/USD'],
      items: [{ region: 'EU' }, { name: 'BTC' }],
      try: 2,
      fanOutPath: 'region.symbol',
      itemNames: ['region', 'symbol'],
      needs: { rows: 5 },
      with: {
        text: 'n=${{ needs.rows }} ${{ symbol.name }} ${{ region.region }}',
        deep: [{ size: '${{ params.size }}' }],
      },
      env: { MODE: '${{ key }}' },
    });
    expect(await bench.output(id)).toEqual({
      params: { size: 3 },
      taskId: 'task',
      key: 'EU/BTC%2FUSD',
      item: { name: 'BTC' },
      with: { text: 'n=5 BTC EU', deep: [{ size: 3 }] },
      attempt: 2,
      attemptId: id,
      dagId: 'work',
      aborted: false,
      stop: false,
      env: { MODE: 'EU/BTC%2FUSD', secret: null, send: 'undefined' },
    });
  });

  test('sees an environment of its own choosing, not that of orch', async () => {
    process.env['ORCH_CONN_DB'] = 'postgres://secret';
    const names = (await bench.output(bench.call('environment'))) as string[];
    expect(names).toContain('PATH');
    expect(names).not.toContain('MODE');
    expect(names.filter((name) => name.startsWith('ORCH_')).sort()).toEqual([
      'ORCH_ATTEMPT',
      'ORCH_GROUP',
      'ORCH_STATE',
    ]);
  });

  test('reports metrics, progress and artifacts before its end', async () => {
    const id = bench.call('reports');
    await bench.ended(id);
    const events = bench.events.filter((event) => event.attemptId === id);
    expect(events.map((event) => event.type)).toEqual([
      'attempt.started',
      'attempt.metric',
      'attempt.progress',
      'attempt.artifact',
      'attempt.artifact',
      'attempt.ended',
    ]);
    const artifact = events[3];
    if (artifact?.type !== 'attempt.artifact') throw new Error('no artifact');
    const { sha256, name, mediaType } = artifact.artifact;
    expect({ name, mediaType }).toEqual({ name: 'report.json', mediaType: 'application/json' });
    const path = join(bench.stateDir, 'artifacts', sha256.slice(0, 2), sha256);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: 1 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has a temporary folder until its end', async () => {
    const folder = (await bench.output(bench.call('tempFile'))) as string;
    expect(folder).toContain(bench.stateDir);
    expect(existsSync(folder)).toBe(false);
  });

  test('that is missing fails for good and names what there is', async () => {
    const outcome = await failure('nosuch');
    expect(outcome.final).toBe(true);
    expect(outcome.error.message).toMatch(/^\.\/work\.ts exports no function 'nosuch'; it exports .*noop/);
  });

  test('with an expression that cannot be evaluated fails for good', async () => {
    const outcome = await bench.outcome(bench.call('noop', { with: { a: '${{ 1 + }}' } }));
    expect(outcome).toMatchObject({ kind: 'failed', final: true });
  });
});

describe('an error', () => {
  test('is told with name, message, code and the user part of its stack', async () => {
    const { error } = await failure('throwsError');
    expect(error).toMatchObject({ name: 'TypeError', message: 'bad thing', code: 'E_BAD' });
    expect(error.stack).toContain('work.ts');
    expect(error.stack).not.toContain('core/executors');
    expect((await failure('throwsText')).error).toEqual({ name: 'Error', message: 'just text' });
  });

  test('may decide about retries', async () => {
    expect(await failure('throwsFatal')).toMatchObject({ final: true, error: { name: 'FatalError' } });
    expect(await failure('fails')).toMatchObject({ final: true, error: { message: 'broken' } });
    expect(await failure('throwsRetryable')).toMatchObject({ retry: true, retryAfterMs: 1234 });
    expect(await bench.outcome(bench.call('skips'))).toEqual({ kind: 'skipped', message: 'nothing to do' });
  });

  test('thrown or rejected aside ends the attempt it comes from', async () => {
    expect((await failure('rejectsAside')).error.message).toBe('aside');
    expect((await failure('throwsAside')).error.message).toBe('thrown aside');
  });

  test('of an attempt that has ended is not put on the next one', async () => {
    const first = bench.call('lateRejection');
    await bench.ended(first);
    expect(typeof (await bench.output(bench.call('pause', { needs: { ms: 80 } })))).toBe('number');
  });
});

describe('an output', () => {
  test.each([
    ['bigint', 'the output at .a[0] is a BigInt; convert it with Number() or String()'],
    ['circular', 'the output at .list[0].self contains itself; JSON cannot be circular'],
    ['date', 'the output at .at is a Date; return date.toISOString() or its milliseconds'],
    ['notANumber', 'the output at .rows[0].mean is NaN; JSON has no such number, use null'],
    ['aFunction', 'the output at .f is a function, which JSON cannot carry'],
  ])('%s is rejected with a sentence', async (name, message) => {
    expect(await bench.outcome(bench.call(name))).toMatchObject({
      kind: 'rejected_output',
      error: { message },
    });
  });

  test('may have dangerous keys and is passed on as it is', async () => {
    const outcome = await bench.outcome(bench.call('proto'));
    expect(outcome).toEqual({ kind: 'success', output: '{"__proto__":{"polluted":1},"constructor":2}' });
    const given = await bench.outcome(bench.call('echo', { needs: JSON.parse('{"__proto__":{"x":1}}') }));
    expect(given).toEqual({ kind: 'success', output: '{"__proto__":{"x":1}}' });
  });

  test('above the inline limit becomes a file, above the cap it is rejected', async () => {
    const outcome = await bench.outcome(bench.call('large'));
    if (outcome.kind !== 'success' || !outcome.spilled)
      throw new Error(JSON.stringify(outcome).slice(0, 200));
    const { sha256, bytes } = outcome.spilled;
    const path = join(bench.stateDir, 'outputs', sha256.slice(0, 2), sha256);
    expect(statSync(path)).toMatchObject({ size: bytes });
    const order = bench.order({ kind: 'function', ref: './work.ts#echo' }, { needs: { text: 'x' } });
    bench.executor.submit({ ...order, inputs: [outcome.spilled] });
    const echoed = await bench.outcome(order.attemptId);
    expect(echoed).toMatchObject({ kind: 'success', spilled: { bytes: bytes + '{"text":}'.length } });

    const small = new Bench(makeProject({ 'dags/work.ts': WORK }), { limits: { outputBytes: 1_000_000 } });
    await small.executor.start();
    const refused = await small.outcome(small.call('huge'));
    expect(refused).toMatchObject({
      kind: 'rejected_output',
      error: { message: /2000002 bytes, the limit is 1000000/ },
    });
    await small.close();
  });
});

describe('a process', () => {
  test('that calls process.exit fails the attempt and keeps its log', async () => {
    const id = bench.call('printsThenExits');
    expect(await bench.outcome(id)).toMatchObject({
      kind: 'failed',
      error: { message: 'process.exit(3) was called' },
    });
    expect(await bench.lines(id)).toEqual(['stdout: before']);
  });

  test('that goes away fails, crashes or is lost by what ended it', async () => {
    expect((await failure('exitsHard')).error).toMatchObject({ name: 'ProcessExit', exitCode: 5 });
    expect((await failure('aborts')).error).toMatchObject({ name: 'ProcessCrash', signal: 'SIGABRT' });
    expect(await bench.outcome(bench.call('killsItself'))).toMatchObject({ kind: 'lost', detail: /SIGKILL/ });
    expect(await bench.outcome(bench.call('noop'))).toEqual({ kind: 'success' });
  });

  test('that fills its heap ends as memory', { timeout: 30_000 }, async () => {
    expect(await bench.outcome(bench.call('objects'))).toEqual({ kind: 'memory' });
  });

  test('that fills memory outside its heap ends as memory', { timeout: 30_000 }, async () => {
    expect(await bench.outcome(bench.call('buffers'))).toEqual({ kind: 'memory' });
  });

  test('that leaves another one behind is told to have ended only when that is dead', async () => {
    const pid = (await bench.output(bench.call('leavesChild'))) as number;
    expect(pid).toBeGreaterThan(1);
    expect(processFacts(pid)?.zombie ?? true).toBe(true);
  });
});
