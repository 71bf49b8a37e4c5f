import type { Witness } from './witness.ts';
import type { BenchTask, Workload, WorkloadName } from './workloads.ts';

/** Something that can run a graph of tasks. It lives in a process of its own, see host.ts. */
export interface BenchSystem {
  /** Runs every task once in dependency order; resolves when it knows that the run has ended. */
  run(workload: Workload, tasks: readonly BenchTask[], witness: Witness): Promise<void>;
  /** What belongs to the measurement but not to its time: called after `run`, before the check. */
  settle?(tasks: readonly BenchTask[], witness: Witness): Promise<void>;
  close(): Promise<void>;
}

/** Servers that the benchmark started for the peers. */
export interface Services {
  readonly postgresUrl: string | null;
  readonly redisPort: number | null;
}

/** How a system is opened, and where it takes part. */
export interface SystemEntry {
  readonly name: string;
  /** What is compared: durability and isolation differ between systems. */
  readonly title: string;
  readonly needs: 'postgres' | 'redis' | null;
  /** Workloads that it can do in reasonable time. */
  readonly workloads: readonly WorkloadName[];
  open(services: Services): Promise<BenchSystem>;
}
