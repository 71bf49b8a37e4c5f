import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FatalError, type TaskContext } from 'orch';
import { bound } from '../health_check/finding.ts';
import { runInstant } from '../health_check/run-instant.ts';

const HOUR_MS = 3_600_000;

/** Deletes the half-written files of writers that were killed; how many of them, and their bytes. */
export async function leftovers(
  _inputs: unknown,
  ctx: TaskContext,
): Promise<{ files: number; bytes: number }> {
  const before = runInstant(ctx) - bound(ctx, 'leftAfterHours') * HOUR_MS;
  const dirs = ctx.params['dataDirs'];
  if (!Array.isArray(dirs)) throw new FatalError('param dataDirs must be a list of folders.');
  let files = 0;
  let bytes = 0;
  for (const dir of dirs.map((name) => join(ctx.projectDir, String(name)))) {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isFile() || !entry.name.endsWith('.tmp')) continue;
      const path = join(entry.parentPath, entry.name);
      const facts = await stat(path).catch(() => null);
      if (facts === null || facts.mtimeMs >= before) continue;
      await rm(path, { force: true });
      ctx.log.info(`deleted ${path}`);
      files += 1;
      bytes += facts.size;
    }
  }
  ctx.metric('leftovers', files);
  return { files, bytes };
}
