import type { Summary } from './measurement.ts';
import type { WorkloadName } from './workloads.ts';

/** What orch wants to reach with the default durability on two cores. */
export interface Goal {
  readonly workload: WorkloadName;
  readonly text: string;
  readonly reached: (summary: Summary) => boolean;
}

const within = (maxMs: number) => (summary: Summary) => summary.medianMs <= maxMs;
const atLeast = (tasksPerSecond: number) => (summary: Summary) => summary.tasksPerSecond >= tasksPerSecond;

export const GOALS: readonly Goal[] = [
  {
    workload: 'W1',
    text: 'gap p50 <= 0.06 ms, p99 <= 0.8 ms',
    reached: ({ gapP50Ms, gapP99Ms }) => (gapP50Ms ?? 1) <= 0.06 && (gapP99Ms ?? 1) <= 0.8,
  },
  { workload: 'W2', text: '>= 20,000 tasks/s', reached: atLeast(20_000) },
  { workload: 'W3a', text: '<= 7 ms', reached: within(7) },
  { workload: 'W3b', text: '<= 307 ms', reached: within(307) },
  { workload: 'W3c', text: '<= 155 ms', reached: within(155) },
  { workload: 'W4', text: '<= 15 ms', reached: within(15) },
  { workload: 'W5', text: '>= 20,000 tasks/s', reached: atLeast(20_000) },
  {
    workload: 'W6',
    text: '<= 5 s and <= 400 MiB',
    reached: (summary) => summary.medianMs <= 5000 && summary.processMib + (summary.childrenMib ?? 0) <= 400,
  },
];
