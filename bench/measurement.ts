import type { WorkloadName } from './workloads.ts';

/** One run of one workload on one system. */
export interface Measurement {
  readonly system: string;
  readonly workload: WorkloadName;
  readonly tasks: number;
  /** From asking for the run to knowing that it has ended. */
  readonly durationMs: number;
  /** CPU time of the system's own process, not of its children. */
  readonly cpuMs: number;
  /** From the end of a body to the start of the next, for the edges of a chain; empty for other shapes. */
  readonly gapsMs: readonly number[];
  /** Resident memory of the system's own process after the run. */
  readonly processMib: number;
  /**
   * Memory of its child processes, pages shared with others counted by share; `null` where the OS does not
   * tell.
   */
  readonly childrenMib: number | null;
}

/** How many times as long as orch a system took in the same rounds. */
export interface TimesOrch {
  readonly median: number;
  /** The median lies in between with a confidence of 95 %, if rounds are independent. */
  readonly low: number;
  readonly high: number;
}

/** All measured runs of one workload on one system. */
export interface Summary {
  readonly system: string;
  readonly workload: WorkloadName;
  readonly runs: number;
  readonly tasks: number;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly tasksPerSecond: number;
  readonly gapP50Ms: number | null;
  readonly gapP99Ms: number | null;
  readonly cpuUsPerTask: number;
  readonly processMib: number;
  readonly childrenMib: number | null;
  /** `null` for orch itself, and where it did not run. */
  readonly timesOrch: TimesOrch | null;
}
