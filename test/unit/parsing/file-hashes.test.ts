import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileHashes } from '../../../core/parsing/file-hashes.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A folder with a file `a` that was changed so long ago as the clock of the hashes says. */
function project(agoMs: number) {
  const dir = mkdtempSync(join(tmpdir(), 'orch-hashes-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'a');
  writeFileSync(file, 'one');
  const clock = { now: () => statSync(file).ctimeMs + agoMs };
  return { dir, file, hashes: new FileHashes(dir, clock), clock };
}

test('a file that looks as it did is not read again, by whoever is told what was known', () => {
  const { dir, hashes, clock } = project(3_000);
  expect(hashes.of('a')).toBe(sha256('one'));
  const known = hashes.entries(['a', 'other']);
  expect(known.map(([path, [, hash]]) => [path, hash])).toEqual([['a', sha256('one')]]);
  const [look] = known[0]?.[1] ?? [''];
  expect(new FileHashes(dir, clock, [['a', [look, 'as it was told']]]).of('a')).toBe('as it was told');
});

test('a change that keeps size and time of writing is found', () => {
  const { file, hashes } = project(3_000);
  utimesSync(file, 1, 1);
  hashes.of('a');
  const { ctimeNs } = statSync(file, { bigint: true });
  // The clock of the file system stands still for some milliseconds.
  do {
    writeFileSync(file, 'two');
    utimesSync(file, 1, 1);
  } while (statSync(file, { bigint: true }).ctimeNs === ctimeNs);
  expect(hashes.of('a')).toBe(sha256('two'));
});

test('a file that has just been changed is read each time: it may change within the same tick', () => {
  const { hashes } = project(1_000);
  expect(hashes.of('a')).toBe(sha256('one'));
  expect(hashes.entries(['a'])).toEqual([]);
  expect(hashes.changes).toBe(0);
});

test('what is no file has no hash', () => {
  const { dir, hashes } = project(3_000);
  mkdirSync(join(dir, 'folder'));
  expect(hashes.of('folder')).toBe(null);
  expect(hashes.of('missing')).toBe(null);
});
