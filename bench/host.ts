import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { monotonicMs } from './body.ts';
import { childrenMib } from './children-memory.ts';
import type { Measurement } from './measurement.ts';
import { quiet } from './quiet.ts';
import type { BenchSystem, Services, SystemEntry } from './system.ts';
import { SYSTEMS } from './systems/entries.ts';
import { Witness } from './witness.ts';
import type { WorkloadName } from './workloads.ts';
import { tasksOf, WORKLOADS } from './workloads.ts';

/**
 * The process of one system: what it costs, it costs here. The benchmark forks one per system, asks it for
 * runs by messages, and ends it by closing the channel.
 */
export type HostRequest =
  | { readonly type: 'open'; readonly system: string; readonly services: Services }
  | { readonly type: 'run'; readonly workload: WorkloadName }
  | { readonly type: 'close' };

export type HostReply =
  | { readonly type: 'opened' }
  | { readonly type: 'measured'; readonly measurement: Measurement }
  | { readonly type: 'closed' }
  | { readonly type: 'failed'; readonly message: string };

setFlagsFromString('--expose-gc');
/** The longest wait for the threads that clear up behind a collection of garbage. */
const SWEPT_MS_MAX = 2000;
const collectGarbage = runInNewContext('gc') as () => void;

async function measure(entry: SystemEntry, system: BenchSystem, name: WorkloadName): Promise<Measurement> {
  const workload = WORKLOADS[name];
  const tasks = tasksOf(workload);
  const witness = new Witness();
  collectGarbage();
  // Threads of V8 still sweep the heap after that: what the benchmark asked for is not to be in its time.
  await quiet(SWEPT_MS_MAX);
  const cpu = process.cpuUsage();
  const startedAt = monotonicMs();
  await system.run(workload, tasks, witness);
  const durationMs = monotonicMs() - startedAt;
  const { user, system: kernel } = process.cpuUsage(cpu);
  const processMib = process.memoryUsage().rss / 2 ** 20;
  const children = childrenMib();
  await system.settle?.(tasks, witness);
  witness.check(tasks);
  return {
    system: entry.name,
    workload: name,
    tasks: tasks.length,
    durationMs,
    cpuMs: (user + kernel) / 1000,
    gapsMs: workload.shape === 'chain' ? witness.gapsMs(tasks) : [],
    processMib,
    childrenMib: children,
  };
}

let opened: { readonly entry: SystemEntry; readonly system: BenchSystem } | null = null;

async function answer(request: HostRequest): Promise<HostReply> {
  if (request.type === 'open') {
    const entry = SYSTEMS.find((one) => one.name === request.system);
    if (!entry) throw new Error(`there is no system ${request.system}`);
    opened = { entry, system: await entry.open(request.services) };
    return { type: 'opened' };
  }
  if (request.type === 'close' || !opened) {
    await opened?.system.close();
    return { type: 'closed' };
  }
  return { type: 'measured', measurement: await measure(opened.entry, opened.system, request.workload) };
}

process.on('message', (request: HostRequest) => {
  answer(request)
    .catch((error: unknown): HostReply => {
      return {
        type: 'failed',
        message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
    })
    .then((reply) => process.send?.(reply))
    .catch(() => process.exit(1));
});
/** A host outlives its benchmark only to clear up. */
const CLOSE_MS_MAX = 5000;
// A signal to the whole group reaches the benchmark too; its closed channel is what ends a host.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), CLOSE_MS_MAX).unref();
  Promise.resolve(opened?.system.close())
    .catch(() => undefined)
    .finally(() => process.exit(0));
});
