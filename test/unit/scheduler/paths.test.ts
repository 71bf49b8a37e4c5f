import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { leaderSocket } from '../../../core/scheduler/paths.ts';

const DEEP = `/srv/${'deep/'.repeat(30)}.orch`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orch-paths-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('the socket of a state folder that is too deep lies in a folder of its user alone', () => {
  const path = leaderSocket(DEEP);
  expect(dirname(dirname(path))).toBe(folder);
  expect(leaderSocket(DEEP)).toBe(path);
  chmodSync(dirname(path), 0o770);
  expect(() => leaderSocket(DEEP)).toThrow('is not for its user alone');
});

test('a link in the place of that folder is not followed', () => {
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere, { mode: 0o700 });
  symlinkSync(elsewhere, join(folder, `orch-${process.getuid?.() ?? 0}`));
  expect(() => leaderSocket(DEEP)).toThrow('is not for its user alone');
});
