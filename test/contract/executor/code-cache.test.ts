import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Bench, makeProject } from './harness.ts';

test('an executor clears the old entries of its cache of compiled code away', async () => {
  // Without a cache of this process the project has one of its own.
  expect(getCompileCacheDir()).toBeUndefined();
  const bench = new Bench(makeProject());
  const folder = join(bench.stateDir, 'cache', 'node', 'v1.0.0-x64-0-0');
  const entry = join(folder, '0a0b0c0d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(entry, '');
  utimesSync(entry, 0, 0);
  try {
    await bench.executor.start();
    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 30_000 });
    await vi.waitFor(() => expect(existsSync(join(folder, '..', 'tidied'))).toBe(true), { timeout: 30_000 });
  } finally {
    await bench.close();
  }
});
