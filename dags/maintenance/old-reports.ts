import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext } from 'orch';
import { bound, folder } from '../health_check/finding.ts';
import { runInstant } from '../health_check/run-instant.ts';

const DAY_MS = 86_400_000;
const DAILY = /^(\d{4}-\d{2}-\d{2})\.html$/;

/** Deletes daily reports whose day is too long ago; their names. */
export async function oldReports(_inputs: unknown, ctx: TaskContext): Promise<string[]> {
  const dir = join(folder(ctx, 'reportDir'), 'daily');
  const before = runInstant(ctx) - bound(ctx, 'keepReportDays') * DAY_MS;
  const names = (await readdir(dir).catch(() => [])).sort();
  const old = names.filter((name) => Date.parse(DAILY.exec(name)?.[1] ?? '') < before);
  for (const name of old) await rm(join(dir, name), { force: true });
  ctx.metric('oldReports', old.length);
  return old;
}
