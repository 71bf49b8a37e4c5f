import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filePattern } from '../../../core/model/file-pattern.ts';
import { filesIn } from '../../../core/scheduler/files-in.ts';
import { StillFiles } from '../../../core/scheduler/still-files.ts';

const file = (path: string, bytes: number, modifiedAt = 1) => ({ path, bytes, modifiedAt, arrivedAt: 9 });
const any = (): boolean => true;

test('a file counts once it has stood still, and once only', () => {
  const still = new StillFiles([{ path: 'known', bytes: 3, modifiedAt: 1 }]);
  const look = (mono: number, ...found: ReturnType<typeof file>[]) => {
    const { arrived, waitMs } = still.look(found, any, 100, mono);
    return [arrived.map(({ path }) => path), waitMs];
  };
  expect(look(0, file('a', 1), file('known', 3))).toEqual([[], 100]);
  expect(look(60, file('a', 2))).toEqual([[], 100]);
  expect(look(159, file('a', 2))).toEqual([[], 1]);
  expect(look(160, file('a', 2))).toEqual([['a'], Number.POSITIVE_INFINITY]);
  expect(look(500, file('a', 2), file('known', 4))).toEqual([[], 100]);
  expect(look(600, file('a', 2, 2), file('known', 4))).toEqual([['known'], 100]);
  expect(look(650)).toEqual([[], Number.POSITIVE_INFINITY]);
  expect(look(700, file('a', 2, 2))).toEqual([[], 100]);
});

test('files of another pattern do not begin anew', () => {
  const still = new StillFiles([]);
  const isA = (path: string): boolean => path === 'a';
  still.look([file('a', 1)], isA, 100, 0);
  still.look([file('b', 1)], (path) => path === 'b', 100, 50);
  expect(still.look([file('a', 1)], isA, 100, 100).arrived).toHaveLength(1);
});

test('only files of the folder count, and only inside the project', async () => {
  const project = mkdtempSync(join(tmpdir(), 'orch-files-'));
  const outside = mkdtempSync(join(tmpdir(), 'orch-outside-'));
  writeFileSync(join(outside, 'a.csv'), 'x');
  mkdirSync(join(project, 'inbox/folder.csv'), { recursive: true });
  for (const name of ['a.csv', 'b.txt', '.hidden.csv']) writeFileSync(join(project, 'inbox', name), 'xy');
  symlinkSync(join(outside, 'a.csv'), join(project, 'inbox/link.csv'));
  symlinkSync(outside, join(project, 'away'));
  const { folder, matches } = filePattern('inbox/*.csv');
  const found = await filesIn(project, folder, matches);
  expect(found).toMatchObject([{ path: 'inbox/a.csv', bytes: 2 }]);
  expect(await filesIn(project, 'away', any)).toEqual([]);
  expect(await filesIn(project, 'none', any)).toEqual([]);
});

test.each([
  ['*.csv', 'a.csv', true],
  ['*.csv', '.csv', false],
  ['a*b*c', 'axxbyyc', true],
  ['a*b*c', 'axxbyy', false],
  ['?.csv', 'é.csv', true],
  ['?.csv', 'ab.csv', false],
  ['a.csv', 'a.csv', true],
  ['a.csv', 'aXcsv', false],
])('pattern %s and name %s: %s', (pattern, name, wanted) => {
  expect(filePattern(pattern).matches(name)).toBe(wanted);
  expect(filePattern(`in/${pattern}`).fits(`in/${name}`)).toBe(wanted);
});
