import type { ProcessUse } from '../model/scheduler-report.ts';

/** Reads what processes of this machine take; one that is gone has nothing. */
export async function readProcesses(
  processes: readonly Pick<ProcessUse, 'kind' | 'pid'>[],
): Promise<ProcessUse[]> {
  const { default: pidusage } = await import('pidusage');
  const use: Awaited<ReturnType<typeof pidusage>> | Record<string, never> = await pidusage(
    processes.map(({ pid }) => pid),
  ).catch(() => ({}));
  const byPid = use as Readonly<
    Record<string, { readonly cpu: number; readonly memory: number } | undefined>
  >;
  return processes.map(({ kind, pid }) => {
    const found = byPid[pid];
    return {
      kind,
      pid,
      cpuPercent: found === undefined ? null : Math.round(found.cpu * 10) / 10,
      memoryBytes: found?.memory ?? null,
    };
  });
}
