/** Nothing new is started anywhere, by whom and since when. */
export interface SchedulerPause {
  readonly by: string;
  readonly at: number;
}

/** A process of orch and what it takes of its machine. */
export interface ProcessUse {
  readonly kind: 'leader' | 'keeper' | 'runner' | 'server';
  readonly pid: number;
  /** Of one core, so that several cores make more than 100; `null` if it is not known. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
}

/** A process that runs functions and operators. */
export interface RunnerUse {
  readonly pid: number;
  /** Attempts that it has now. */
  readonly attempts: number;
  /** Attempts that it has served. */
  readonly served: number;
}

/** How long the turns of a loop took: how many up to each bound, and how many longer than all of them. */
export interface LoopTimes {
  /** Upper bounds in seconds. */
  readonly bounds: readonly number[];
  /** One more than bounds. */
  readonly counts: readonly number[];
  readonly seconds: number;
  /** The longest turn since the last report, in ms. */
  readonly longestMs: number;
}

/** What the leader says of itself every now and then: what no other process can see. */
export interface SchedulerReport {
  readonly at: number;
  readonly epoch: number;
  readonly pid: number;
  readonly host: string;
  /** Since when it leads. */
  readonly since: number;
  readonly version: string;
  /** Attempts at once, as the limit is now, and as the config has it. */
  readonly slots: number;
  readonly configuredSlots: number;
  readonly busy: number;
  /** Instances that are ready and have no slot. */
  readonly pending: number;
  /** Runs in memory. */
  readonly runs: number;
  /** Slots of the pools of its config. */
  readonly pools: { readonly [name: string]: number };
  readonly keeperPid: number | null;
  readonly runners: readonly RunnerUse[];
  /** Runner processes at most. */
  readonly runnersMax: number;
  /** Commands that the keeper runs. */
  readonly commands: number;
  readonly processes: readonly ProcessUse[];
  readonly loop: LoopTimes;
}
