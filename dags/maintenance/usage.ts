import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskContext } from 'orch';

const FOLDERS = ['.orch', 'data', 'reports'];
const MB = 1e6;

/** How many MB the state, the data and the reports of the project take. */
export async function usage(_inputs: unknown, ctx: TaskContext): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of FOLDERS) {
    const megabytes = (await bytesIn(join(ctx.projectDir, name))) / MB;
    found[name] = Number(megabytes.toFixed(3));
    ctx.metric(`${name.replace('.', '')}Mb`, megabytes);
  }
  return found;
}

async function bytesIn(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    // What goes while it is looked at takes nothing.
    if (entry.isFile())
      bytes += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  }
  return bytes;
}
