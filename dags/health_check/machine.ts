import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os';
import type { TaskContext } from 'orch';
import { bound, type Finding } from './finding.ts';

const GB = 1e9;

/** Looks at the disk of the project, the memory and the load of this machine. */
export async function machine(_inputs: unknown, ctx: TaskContext): Promise<Finding[]> {
  const { bavail, blocks, bsize } = await statfs(ctx.projectDir);
  const diskFree = (bavail / blocks) * 100;
  const memoryFree = (freemem() / totalmem()) * 100;
  const load = (loadavg()[1] ?? 0) / availableParallelism();
  ctx.metric('diskFreePercent', diskFree);
  ctx.metric('memoryFreePercent', memoryFree);
  ctx.metric('loadPerCore', load);
  const percent = (value: number): string => `${value.toFixed(1)} %`;
  return [
    {
      name: 'disk',
      ok: diskFree >= bound(ctx, 'diskFreePercent'),
      text: `${percent(diskFree)} of ${((blocks * bsize) / GB).toFixed(0)} GB are free`,
    },
    {
      name: 'memory',
      ok: memoryFree >= bound(ctx, 'memoryFreePercent'),
      text: `${percent(memoryFree)} of ${(totalmem() / GB).toFixed(1)} GB are available`,
    },
    {
      name: 'load',
      ok: load <= bound(ctx, 'loadPerCore'),
      text: `${load.toFixed(2)} processes want each core`,
    },
  ];
}
