import { statfs } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { Observation } from '../alerting/observation.ts';
import type { ResourceSample } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import type { Store } from '../store/store.ts';
import type { Leader } from './leader.ts';

/** Measures the machine, in percent of what there is. */
export type SampleResources = () => Promise<ResourceSample>;

/** Measures this machine: the CPUs since the last call, memory and the disk of a folder as they are. */
export function machineSampler(dir: string): SampleResources {
  let last = cpuTimes();
  return async () => {
    const times = cpuTimes();
    const total = times.total - last.total;
    const cpu = total <= 0 ? 0 : 1 - (times.idle - last.idle) / total;
    last = times;
    const { blocks, bavail } = await statfs(dir);
    const disk = blocks === 0 ? 0 : 1 - bavail / blocks;
    const memory = 1 - process.availableMemory() / totalmem();
    return { cpu: percent(cpu), memory: percent(memory), disk: percent(disk) };
  };
}

function percent(share: number): number {
  return Math.min(100, Math.max(0, share * 100));
}

function cpuTimes(): { readonly idle: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, total };
}

interface Sampled {
  readonly store: Pick<Store, 'pendingRequests'>;
  readonly leader: Pick<Leader, 'world'>;
  readonly clock: Clock;
  /** `null`: no rule wants to know. */
  readonly resources: SampleResources | null;
}

/** Measures what rules look at that nobody tells of. */
export async function sampleAlerts({
  store,
  leader,
  clock,
  resources,
}: Sampled): Promise<Extract<Observation, { type: 'sample' }>> {
  const measured = resources === null ? null : await resources();
  const [oldest] = await store.pendingRequests();
  const at = clock.now();
  const { agenda, ranking } = leader.world;
  // The oldest request without an answer, or a slot that should have been decided by now.
  const lagMs = Math.max(0, at - (oldest?.createdAt ?? at), at - (agenda?.nextAt() ?? at));
  let queued = 0;
  for (const lanes of ranking.lanes.values()) for (const lane of lanes.values()) queued += lane.ready.size;
  return { type: 'sample', at, resources: measured, lagMs, queued };
}
