import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { tidyCodeCache } from '../../../core/executors/tidy-code-cache.ts';

const NOW = 1_900_000_000_000;
const DAY_MS = 86_400_000;
const MIB = 1024 * 1024;

/** A cache with files of an age in days; by path. */
function cacheWith(files: { readonly [path: string]: number }, bytes = 1): string {
  const folder = mkdtempSync(join(tmpdir(), 'orch-cache-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, days] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    truncateSync(path, bytes);
    utimesSync(path, (NOW - days * DAY_MS) / 1000, (NOW - days * DAY_MS) / 1000);
  }
  return folder;
}

test('entries that are old go, with the folder of a Node that is not used any more', async () => {
  const folder = cacheWith({
    'v24.21.0-x64-964aae3f-0/0a0b0c0d': 29,
    'v24.21.0-x64-964aae3f-0/1a0b0c0d': 31,
    'v24.21.0-x64-964aae3f-0/1a0b0c0d.Xy12': 31,
    'v22.1.0-x64-1-0/0a0b0c0d': 400,
    'packages/ajv-8.mjs': 400,
    'v24.21.0-x64-964aae3f-0/notes': 400,
    deadbeef: 400,
  });
  await tidyCodeCache(folder, NOW);
  expect(readdirSync(folder).sort()).toEqual(['deadbeef', 'packages', 'tidied', 'v24.21.0-x64-964aae3f-0']);
  expect(readdirSync(join(folder, 'v24.21.0-x64-964aae3f-0')).sort()).toEqual(['0a0b0c0d', 'notes']);
  expect(existsSync(join(folder, 'packages', 'ajv-8.mjs'))).toBe(true);
});

test('of too much the oldest go', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 9 }, (_, days) => [`v24.0.0-x64-1-0/0000000${days}`, days]),
  );
  const folder = cacheWith(files, 10 * MIB);
  await tidyCodeCache(folder, NOW);
  expect(readdirSync(join(folder, 'v24.0.0-x64-1-0')).length).toBe(6);
  expect(existsSync(join(folder, 'v24.0.0-x64-1-0', '00000000'))).toBe(true);
});

test('it is done once a day', async () => {
  const folder = cacheWith({ 'v24.0.0-x64-1-0/0a0b0c0d': 31, tidied: 0.9 });
  await tidyCodeCache(folder, NOW);
  expect(existsSync(join(folder, 'v24.0.0-x64-1-0'))).toBe(true);
  await tidyCodeCache(folder, NOW + 0.2 * DAY_MS);
  expect(existsSync(join(folder, 'v24.0.0-x64-1-0'))).toBe(false);
});

test('a folder that is not there is no mistake of the caller', async () => {
  await expect(tidyCodeCache(join(tmpdir(), 'orch-no-such-cache'), NOW)).rejects.toMatchObject({
    code: 'ENOENT',
  });
});
