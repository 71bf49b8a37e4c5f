import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createLogger } from '../../../core/log/logger.ts';
import { RotatingFile } from '../../../core/log/rotating-file.ts';

const NOW = 1_700_000_000_000;
const clock = { now: () => NOW, mono: () => 0 };
const ROOT = new URL('../../../', import.meta.url);

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'orch-rotate-'));
  path = join(dir, 'log', 'orch.log');
  const made = dir;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

function open(maxBytes: number, keep: number): RotatingFile {
  const file = new RotatingFile({ path, maxBytes, keep, clock });
  onTestFinished(() => file.close());
  return file;
}

const names = (): string[] => readdirSync(join(dir, 'log')).sort();
const text = (name: string): string => readFileSync(join(dir, 'log', name), 'utf8');

describe('a file that is rotated', () => {
  test('begins a new one before it grows too large, and keeps so many older ones', () => {
    const file = open(10, 2);
    for (const line of ['aaaa\n', 'bbbb\n', 'cccc\n', 'dddd\n', 'eeee\n', 'ffff\n', 'gggg\n'])
      file.write(line);
    expect(names()).toEqual(['orch.log', 'orch.log.1', 'orch.log.2']);
    expect(['orch.log.2', 'orch.log.1', 'orch.log'].map(text)).toEqual([
      'cccc\ndddd\n',
      'eeee\nffff\n',
      'gggg\n',
    ]);
  });

  test('is for its owner only, and takes a line that is larger than a file', () => {
    const file = open(10, 1);
    file.write('a line that is too long\n');
    file.write('b\n');
    expect(text('orch.log.1')).toBe('a line that is too long\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('goes on in the new file when another process put the old one aside', () => {
    const [one, two] = [open(10, 5), open(10, 5)];
    one.write('aaaa\n');
    two.write('bbbb\n');
    one.write('cccc\n');
    two.write('dddd\n');
    expect(text('orch.log.1')).toBe('aaaa\nbbbb\n');
    expect(text('orch.log')).toBe('cccc\ndddd\n');
  });

  test('writes on while another process rotates, and takes the lock of a dead one away', () => {
    const file = open(10, 5);
    file.write('aaaa\nbbbb\n');
    writeFileSync(`${path}.lock`, '');
    utimesSync(`${path}.lock`, NOW / 1_000 - 5, NOW / 1_000 - 5);
    file.write('cccc\n');
    expect(names()).toEqual(['orch.log', 'orch.log.lock']);
    utimesSync(`${path}.lock`, NOW / 1_000 - 60, NOW / 1_000 - 60);
    file.write('dddd\n');
    file.write('eeee\n');
    expect(text('orch.log.1')).toBe('aaaa\nbbbb\ncccc\ndddd\n');
    expect(text('orch.log')).toBe('eeee\n');
  });

  test('throws nothing when it cannot be written, and goes on when it can', () => {
    const file = open(1_000, 1);
    file.write('a\n');
    rmSync(join(dir, 'log'), { recursive: true });
    writeFileSync(join(dir, 'log'), '');
    file.write('lost\n');
    rmSync(join(dir, 'log'));
    open(1_000, 1);
    file.write('b\n');
    expect(text('orch.log')).toBe('b\n');
  });

  test('loses no line and cuts none when several processes write and rotate', async () => {
    const program = `
      import { RotatingFile } from './core/log/rotating-file.ts';
      const clock = { now: () => Date.now(), mono: () => 0 };
      const file = new RotatingFile({ path: process.argv[1], maxBytes: 20_000, keep: 90, clock });
      const line = (no) => process.argv[2] + ' ' + no + ' ' + 'x'.repeat(90) + '\\n';
      for (let no = 0; no < 2_000; no++) file.write(line(no));`;
    const writers = ['a', 'b', 'c'].map((name) => {
      const flags = ['--input-type=module', '-e', program, path, name];
      return spawn(process.execPath, flags, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
    });
    const codes = await Promise.all(writers.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0]);
    const lines = names().flatMap((name) => text(name).split('\n').slice(0, -1));
    const ids = new Set(lines.map((line) => /^([abc] \d+) x{90}$/.exec(line)?.[1]));
    expect([lines.length, ids.size, ids.has(undefined)]).toEqual([6_000, 6_000, false]);
    expect(names().length).toBeGreaterThan(10);
  });
});

test('the log of orch is rotated, as JSON lines without secrets', () => {
  const log = createLogger({
    level: 'info',
    to: { path, maxBytes: 200, keep: 3, clock },
    bindings: { part: 'x' },
  });
  for (let no = 0; no < 4; no++)
    log.info({ no, password: 'hunter2' }, 'something happened that fills a line');
  expect(names()).toContain('orch.log.1');
  const lines = names().flatMap((name) => text(name).trim().split('\n'));
  const read = lines.map((line) => JSON.parse(line) as { no: number; password: string; part: string });
  expect(read.map(({ no }) => no).sort()).toEqual([0, 1, 2, 3]);
  expect(read[0]).toMatchObject({ part: 'x', password: '***', level: 'info' });
});
