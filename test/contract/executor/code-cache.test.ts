import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeProject } from './harness.ts';
import { WORK } from './work-fixture.ts';

const SCRIPT = fileURLToPath(new URL('./leader-script.ts', import.meta.url));

test('an executor clears the old entries of its cache of compiled code away', async () => {
  const projectDir = makeProject({ 'dags/work.ts': WORK });
  const folder = join(projectDir, '.orch', 'cache', 'node', 'v1.0.0-x64-0-0');
  const entry = join(folder, '0a0b0c0d');
  mkdirSync(folder, { recursive: true });
  writeFileSync(entry, '');
  utimesSync(entry, 0, 0);
  // Without a cache of the leader the project has one of its own.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const leader = spawn(process.execPath, [SCRIPT, projectDir, '1'], { env, stdio: 'ignore' });
  onTestFinished(() => {
    leader.kill('SIGKILL');
    rmSync(projectDir, { recursive: true, force: true, maxRetries: 3 });
  });
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 30_000 });
  await vi.waitFor(() => expect(existsSync(join(folder, '..', 'tidied'))).toBe(true), { timeout: 30_000 });
});
