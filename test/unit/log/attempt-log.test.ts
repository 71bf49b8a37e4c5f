import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AttemptLog } from '../../../core/log/attempt-log.ts';
import { followAttemptLog } from '../../../core/log/follow-attempt-log.ts';
import { lineFilter } from '../../../core/log/line-filter.ts';
import { createMaskers } from '../../../core/log/masker.ts';
import { attemptLines, readAttemptLog } from '../../../core/log/read-attempt-log.ts';
import { sealLog } from '../../../core/log/seal-log.ts';
import { SegmentFiles } from '../../../core/log/segment-files.ts';
import type { SegmentWriter } from '../../../core/log/segment-writer.ts';
import { tries } from '../../tries.ts';

let stateDir = '';
let segments = 0;
let files: SegmentFiles;
beforeAll(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'orch-log-'));
  files = new SegmentFiles(stateDir);
});
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

const clock = { now: () => 1_700_000_000_000, mono: () => 0 };

function open(
  options: { capBytes?: number; secrets?: string[]; writer?: SegmentWriter; segment?: number } = {},
) {
  const segment = options.segment ?? ++segments;
  const writer = options.writer ?? files.acquire(1, segment);
  const masker = createMaskers(options.secrets ?? []);
  const log = new AttemptLog(writer, '1.1.1', { clock, capBytes: options.capBytes ?? 1e9, masker });
  const read = async () => {
    const range = log.finish();
    if (!range) return [];
    const source = { stateDir, runNo: 1, attemptId: '1.1.1', range: { segment, ...range } };
    return (await readAttemptLog(source, { limit: 1e9 })).lines;
  };
  return { log, writer, segment, read };
}

async function texts(read: () => Promise<readonly { text: string }[]>): Promise<string[]> {
  return (await read()).map((line) => line.text);
}

describe('text in any pieces', () => {
  test('gives the same lines as in one', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '😀', '\n', '\r\n', '\t', ' '), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 8 }), async (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const places = [
          0,
          ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ];
        const { log, read } = open();
        for (let i = 1; i < places.length; i++) log.bytes('stdout', bytes.subarray(places[i - 1], places[i]));
        const lines = whole.split('\n').map((line) => line.replace(/\r$/, ''));
        if (lines.at(-1) === '') lines.pop();
        expect(await texts(read)).toEqual(lines);
      }),
      { numRuns: tries(200) },
    );
  });

  test('of two streams stays apart', async () => {
    const { log, read } = open();
    log.text('stdout', 'out ');
    log.text('stderr', 'err ');
    log.text('stdout', 'one\n');
    log.text('stderr', 'two');
    expect((await read()).map((line) => `${line.stream} ${line.text}`)).toEqual([
      'stdout out one',
      'stderr err two',
    ]);
  });
});

test('a long line is kept in pieces that say so and never cuts a character', async () => {
  const { log, read } = open();
  const long = '😀'.repeat(30_000);
  log.text('stdout', `x${long}\nnext\n`);
  const lines = await read();
  expect(lines.length).toBeGreaterThan(3);
  expect(lines.map((line) => line.more)).toEqual([...lines.slice(2).map(() => true), false, false]);
  expect(
    lines
      .slice(0, -1)
      .map((line) => line.text)
      .join(''),
  ).toBe(`x${long}`);
});

test('one line of a gigabyte takes bounded memory and little time', { timeout: 60_000 }, async () => {
  const { log, read } = open({ capBytes: 4_000_000 });
  const chunk = Buffer.alloc(1 << 20, 'x');
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 1_024; i++) log.bytes('stdout', chunk);
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  const lines = await read();
  expect(lines.find((line) => line.stream === 'system')?.text).toMatch(/^10\d{8} bytes are left out here/);
});

test('ten million lines are capped, the last ones are there', { timeout: 60_000 }, async () => {
  const { log, read } = open({ capBytes: 1_000_000 });
  const chunk = Buffer.from('y\n'.repeat(50_000));
  for (let i = 0; i < 200; i++) log.bytes('stdout', chunk);
  log.bytes('stderr', Buffer.from('the last words\n'));
  expect(log.lastLine('stderr')).toBe('');
  const lines = await read();
  expect(lines.at(-1)).toMatchObject({ stream: 'stderr', text: 'the last words' });
  expect(log.lastLine('stderr')).toBe('the last words');
  expect(lines.length).toBeLessThan(100_000);
});

describe('secret values', () => {
  test('are masked wherever the pieces are cut, and in JSON', async () => {
    const secret = 'p"ss\nword';
    for (let cut = 0; cut <= secret.length; cut++) {
      const { log, read } = open({ secrets: [secret, 'ab'] });
      log.text('stdout', `key=${secret.slice(0, cut)}`);
      log.text('stdout', `${secret.slice(cut)} ab ${JSON.stringify(secret)}`);
      expect(await texts(read)).toEqual(['key=*** ab "***"']);
    }
  });

  test('are never on disk, whatever the order of values that overlap', async () => {
    const { log, read } = open({ secrets: ['token', 'token-long', 'nekot'] });
    for (const char of 'token-long nekotoken token-lon') log.text('stderr', char);
    expect(await texts(read)).toEqual(['*** *** ***-lon']);
  });

  test('do not leak by half at the place where a log is cut', async () => {
    const secret = `SECRET${'z'.repeat(64 * 1024)}`;
    const { log, read } = open({ capBytes: 1_000, secrets: [secret] });
    log.text('stdout', `${'a\n'.repeat(1_000)}`);
    log.text('stdout', `${secret}\nend\n`);
    expect((await texts(read)).join('\n')).not.toContain('zzzz');
  });
});

describe('reading', () => {
  test('goes in windows by skipped lines and by byte', async () => {
    const { log, segment } = open();
    for (let i = 0; i < 100; i++) log.line(i % 2 === 0 ? 'stdout' : 'warn', `line ${i}`);
    const range = log.finish();
    const source = {
      stateDir,
      runNo: 1,
      attemptId: '1.1.1',
      range: { segment, offset: 0, length: 0, ...range },
    };
    const first = await readAttemptLog(source, { limit: 10, skip: 5 });
    expect([first.lines[0]?.text, first.lines.length, first.atEnd]).toEqual(['line 5', 10, false]);
    const second = await readAttemptLog(source, { fromByte: first.nextByte, limit: 1 });
    expect(second.lines[0]?.text).toBe('line 15');
    const warnings = await readAttemptLog(source, { streams: ['warn'] });
    expect([warnings.lines.length, warnings.atEnd]).toEqual([50, true]);
    expect(
      (await readAttemptLog(source, { matches: lineFilter({ text: 'LINE 9', ignoreCase: true }) })).lines,
    ).toHaveLength(11);
    expect(
      (await readAttemptLog(source, { matches: lineFilter({ regex: '^line \\d$' }) })).lines,
    ).toHaveLength(10);
  });

  test('refuses a search that would take for ever', { timeout: 20_000 }, async () => {
    const { log, segment } = open();
    log.line('stdout', 'a'.repeat(4_000));
    const range = log.finish();
    const source = {
      stateDir,
      runNo: 1,
      attemptId: '1.1.1',
      range: { segment, offset: 0, length: 0, ...range },
    };
    const search = readAttemptLog(source, { matches: lineFilter({ regex: '(a+)+b$' }) });
    await expect(search).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('takes too long'),
    });
    expect(() => lineFilter({ regex: '(' })).toThrow('not a regular expression');
  });

  test('follows a range that is never closed until its attempt has ended', async () => {
    const { log, segment } = open();
    log.line('stdout', 'one');
    log.line('warn', 'two');
    const range = { segment, offset: 0, length: null };
    const source = { stateDir, runNo: 1, attemptId: '1.1.1' };
    let isOver = false;
    const lines = followAttemptLog(source, {
      range: () => range,
      isOver: () => isOver,
      window: { streams: ['stdout'], matches: lineFilter({ regex: '^(one|two|three)$' }) },
      signal: new AbortController().signal,
    });
    const seen: string[] = [];
    for await (const { text } of lines) {
      seen.push(text);
      if (text !== 'one') continue;
      for (const next of ['three', 'four']) log.line('stdout', next);
      log.finish();
      isOver = true;
    }
    expect(seen).toEqual(['one', 'three']);
  });

  test('of an open range stops where the next attempt begins', async () => {
    const { log, writer, segment } = open();
    log.line('stdout', 'mine');
    log.finish();
    const next = new AttemptLog(writer, '1.2.1', { clock, capBytes: 1e6 });
    next.line('stdout', 'not mine');
    next.finish();
    const source = { stateDir, runNo: 1, attemptId: '1.1.1', range: { segment, offset: 0, length: null } };
    expect((await readAttemptLog(source)).lines.map((line) => line.text)).toEqual(['mine']);
  });

  test('gives whole lines only while more may come', async () => {
    const { log, writer, segment } = open();
    log.line('stdout', 'whole');
    writer.write('1700000000000 O not yet who', 0);
    writer.flush();
    const source = { stateDir, runNo: 1, attemptId: '1.1.1', range: { segment, offset: 0, length: null } };
    expect((await readAttemptLog(source)).lines.map((line) => line.text)).toEqual(['whole']);
    const sealed = sealLog(source, 5, [{ stream: 'system', text: 'killed' }]);
    const after = await readAttemptLog({ ...source, range: sealed ?? source.range });
    expect(after.lines.map((line) => line.text)).toEqual(['whole', 'not yet who', 'killed']);
  });

  test('of a log without a file is empty', async () => {
    const source = {
      stateDir,
      runNo: 99,
      attemptId: '1.1.1',
      range: { segment: 1, offset: 0, length: null },
    };
    expect(await readAttemptLog(source)).toEqual({ lines: [], nextByte: 0, atEnd: true });
    for await (const batch of attemptLines(source, 0)) throw new Error(String(batch));
  });
});

test('a folder that was removed loses lines but says so as soon as it can', () => {
  const writer = files.acquire(7, 1);
  rmSync(join(stateDir, 'logs'), { recursive: true, force: true });
  const log = new AttemptLog(writer, '7.1.1', { clock, capBytes: 1e6 });
  log.line('stdout', 'kept');
  expect(log.finish()).toMatchObject({ offset: 0 });
  expect(readFileSync(writer.path, 'utf8')).toBe('1700000000000 B 7.1.1\n1700000000000 O kept\n');
});
