import { mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ownNameIn } from '../../../cli/own-name.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'orch-name-')));
const folder = (...names: string[]): string => {
  const path = join(home, ...names);
  mkdirSync(path, { recursive: true });
  return path;
};
const linkIn = (at: string, to = resolve('cli/orch.js')): string => {
  symlinkSync(to, join(at, 'orch'));
  return at;
};

test('is orch where the PATH leads to it, and not because npx has put it there', () => {
  const bin = linkIn(folder('bin'));
  const path = [folder('other'), bin].join(delimiter);
  expect(ownNameIn(home, path)).toBe('orch');
  const npx = linkIn(folder('elsewhere', 'node_modules', '.bin'));
  expect(ownNameIn(folder('plain'), npx)).toBeNull();
  const stranger = linkIn(folder('stranger'), process.execPath);
  expect(ownNameIn(folder('plain'), stranger)).toBeNull();
});

test('is npx orch in a project that has it, below that, and in the clone', () => {
  const project = folder('project');
  linkIn(folder('project', 'node_modules', '.bin'));
  expect(ownNameIn(project, undefined)).toBe('npx orch');
  expect(ownNameIn(folder('project', 'dags', 'deep'), '')).toBe('npx orch');
  expect(ownNameIn(resolve('docs'), undefined)).toBe('npx orch');
});

test('is nothing where npx would ask the registry', () => {
  folder('foreign', 'node_modules');
  expect(ownNameIn(folder('foreign', 'market'), undefined)).toBeNull();
});
