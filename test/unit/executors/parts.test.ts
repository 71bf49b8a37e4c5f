import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseCommandOutput } from '../../../core/executors/command-output.ts';
import { Deadlines } from '../../../core/executors/deadlines.ts';
import { inheritedEnvironment } from '../../../core/executors/environment.ts';
import { jsonProblem } from '../../../core/executors/json-problem.ts';
import { Lanes, SegmentNumbers } from '../../../core/executors/lanes.ts';
import { LineSplitter } from '../../../core/executors/line-splitter.ts';
import { encodeRun, parseKeeperReport, parseOrder, parseReport } from '../../../core/executors/protocol.ts';
import { taskErrorOf } from '../../../core/executors/task-error.ts';
import type { AttemptOrder } from '../../../core/model/attempt.ts';
import { tries } from '../../tries.ts';

describe('lines', () => {
  test('are the same however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(300)), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const places = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ];
        const splitter = new LineSplitter();
        const seen: string[] = [];
        for (let i = 1; i < places.length; i++)
          splitter.push(bytes.subarray(places[i - 1], places[i]), (l) => seen.push(l));
        expect(seen).toEqual(lines);
      }),
    );
  });

  test('that are too long are refused', () => {
    const splitter = new LineSplitter(10);
    expect(() => splitter.push(Buffer.from('12345678901'), () => undefined)).toThrow(RangeError);
  });
});

describe('a run frame', () => {
  const order = (inputs: AttemptOrder['inputs']): AttemptOrder =>
    ({
      attemptId: '1.2.3',
      keys: ['a\n"'],
      items: [{ x: 1 }],
      inputs,
      spinUs: 5,
      definition: { id: 9 },
    }) as never;

  test('carries inputs as they are, on one line', () => {
    const file = { sha256: 'ab', bytes: 3 };
    const text = encodeRun(order(['{"a":\n [1]}', undefined, file, '"é"']), 7, '1.1', 5);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(parseOrder(text)).toEqual({
      t: 'run',
      id: '1.2.3',
      d: 9,
      s: 7,
      g: '1.1',
      k: ['a\n"'],
      i: [{ x: 1 }],
      n: [{ a: [1] }, null, null, 'é'],
      u: [1],
      f: [[2, file]],
      p: 5,
    });
  });
});

test('frames that are none are refused', () => {
  const bad = [
    '',
    'null',
    '[]',
    '{"t":"end","id":1}',
    '{"t":"end","id":"1.1.1","r":{"kind":"what"}}',
    '{"t":"nosuch"}',
  ];
  bad.push(
    '{"t":"end","id":"1.1.1","r":{"kind":"success","output":3}}',
    '{"t":"metric","id":"1","name":"a","value":"x"}',
  );
  bad.push('{"t":"end","id":"1.1.1","r":{"kind":"success"},"l":[1]}', '{"t":"hello","g":1,"token":"x"}');
  for (const line of bad) expect([line, parseReport(line)]).toEqual([line, null]);
  expect(parseReport('{"t":"end","id":"1.1.1","r":{"kind":"stopped"},"l":[1,2]}')).toMatchObject({
    t: 'end',
  });
  expect(parseReport('{"t":"spawned","g":"a","pid":3}')).toBeNull();
  expect(parseKeeperReport('{"t":"spawned","g":"a","pid":3}')).toMatchObject({ pid: 3 });
});

describe('what is not JSON', () => {
  test('is found exactly when JSON would lose it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(jsonProblem(value)).toBeNull();
      }),
    );
    const anything = fc.anything({
      withDate: true,
      withMap: true,
      withSet: true,
      withBigInt: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(anything, (value) => {
        if (value === undefined || jsonProblem(value) !== null) return;
        const back: unknown = JSON.parse(JSON.stringify(value));
        expect(jsonProblem(back)).toBeNull();
        expect(JSON.stringify(back)).toBe(JSON.stringify(value));
      }),
      { numRuns: tries(500) },
    );
  });

  test('may share parts and be deep, within limits', () => {
    const part = { a: 1 };
    expect(jsonProblem([part, part])).toBeNull();
    let deep: unknown = 1;
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(jsonProblem(deep)).toMatch(/nested deeper than 1000/);
    expect(jsonProblem({ now: new Promise(() => undefined) })).toMatch(/\.now is a promise/);
    expect(jsonProblem([undefined])).toMatch(/\[0\] is undefined/);
    expect(jsonProblem({ absent: undefined })).toBeNull();
  });
});

test('an output file may use any end mark, and its names are safe', () => {
  expect(parseCommandOutput('__proto__=1\r\na<<X\n\nb=c\nX\n')).toEqual({
    ok: true,
    value: JSON.parse('{"__proto__":"1","a":"\\nb=c"}'),
  });
  expect(parseCommandOutput('a<<END\nno end')).toMatchObject({ ok: false, problem: /end is missing/ });
  expect(parseCommandOutput('a<<\nx')).toMatchObject({ ok: false });
  expect(parseCommandOutput('=x')).toMatchObject({ ok: false });
  const nested = (depth: number) => parseCommandOutput(`${'['.repeat(depth)}${']'.repeat(depth)}`);
  expect([nested(1_000).ok, nested(1_001)]).toMatchObject([true, { ok: false, problem: /deeper than 1000/ }]);
});

test('whatever is thrown becomes a bounded error', () => {
  const endless = new Error('x'.repeat(1e6));
  endless.cause = endless;
  const error = taskErrorOf(endless);
  expect(error.message.length).toBeLessThan(9_000);
  expect(error.stack?.length).toBeLessThan(17_000);
  const hostile = new Proxy(new Error('a'), {
    get() {
      throw new Error('no');
    },
  });
  for (const thrown of [null, undefined, 1, { a: 1 }, Symbol('s'), hostile])
    expect(taskErrorOf(thrown).name).toBe('Error');
});

test('segments have a number of their own in their run, over all leaders', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'orch-lanes-'));
  const first = new Lanes(new SegmentNumbers(stateDir, 1));
  const one = first.take(5);
  const two = first.take(5);
  expect(new Set([one.segment, two.segment]).size).toBe(2);
  first.giveBack(one);
  expect(first.take(5)).toBe(one);
  expect(first.take(6).segment).toBe(one.segment);
  mkdirSync(join(stateDir, 'logs', '5'), { recursive: true });
  writeFileSync(join(stateDir, 'logs', '5', `${two.segment}.log`), '');
  expect(new Lanes(new SegmentNumbers(stateDir, 1)).take(5).segment).toBe(two.segment + 1);
  expect(new Lanes(new SegmentNumbers(stateDir, 2)).take(5).segment).toBeGreaterThan(two.segment + 1_000);
  rmSync(stateDir, { recursive: true });
});

test('deadlines come in order of time, with one timer, and not when they were taken back', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const due: string[] = [];
  const clock = { now: () => 0, mono: () => performance.now() };
  const deadlines = new Deadlines<string>(clock, (id) => due.push(id));
  deadlines.add('far', 1e12);
  deadlines.add('last', 60);
  deadlines.add('first', 10);
  deadlines.add('gone', 20);
  deadlines.delete('gone');
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(59);
  expect(due).toEqual(['first']);
  vi.advanceTimersByTime(1_000);
  expect(due).toEqual(['first', 'last']);
});

test('attempts inherit what programs need and what was allowed, nothing else', () => {
  const source = {
    PATH: '/bin',
    LC_ALL: 'C',
    AWS_SECRET: 'x',
    ORCH_CONN_A: 'y',
    MINE: '1',
    NODE_OPTIONS: '--inspect',
  };
  expect(inheritedEnvironment(source, ['MINE'])).toEqual({ PATH: '/bin', LC_ALL: 'C', MINE: '1' });
});
