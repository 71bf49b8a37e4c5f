import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext } from 'orch';
import { bound, type Finding, folder } from './finding.ts';
import { runInstant } from './run-instant.ts';

const HOUR_MS = 3_600_000;

/**
 * Looks when prices were last collected. Every run of data_collection touches the folder of each symbol, also
 * when nothing in it had to be written.
 */
export async function prices(_inputs: unknown, ctx: TaskContext): Promise<Finding[]> {
  const store = join(folder(ctx, 'dataDir'), 'store');
  const symbols = (await readdir(store).catch(() => [])).filter((name) => name.startsWith('symbol='));
  if (symbols.length === 0) return [{ name: 'prices', ok: true, text: 'no prices were collected yet' }];
  const times = await Promise.all(
    symbols.map(async (name) => (await stat(join(store, name, 'manifest.json'))).mtimeMs),
  );
  const oldestHours = Math.max(0, (runInstant(ctx) - Math.min(...times)) / HOUR_MS);
  ctx.metric('dataAgeHours', oldestHours);
  const limit = bound(ctx, 'dataAgeHours');
  const text = `the prices of ${symbols.length} symbols are at most ${oldestHours.toFixed(1)} hours old`;
  return [{ name: 'prices', ok: oldestHours <= limit, text }];
}
