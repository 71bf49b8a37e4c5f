import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../model/clock.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Limits } from '../planner/world.ts';
import type { Lease, Store, VersionRecord } from '../store/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { ForeignAttempts } from './foreign-attempts.ts';

/** A run that the leader has in memory, with the version that its attempts execute. */
export interface LedRun {
  readonly run: RunWorld;
  readonly version: VersionRecord;
}

export interface LeaderOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  /** What it takes up from a leader that it cannot see; none by default. */
  readonly foreign?: ForeignAttempts;
  readonly limits: Limits;
  readonly stateDir: string;
  readonly log: Logger;
  /** Says this often that its loop gets on, in ms; absent: never. */
  readonly beatMs?: number;
  /** For so long before something is due its loop polls for it instead of sleeping, in ms; 0 by default. */
  readonly pollMs?: number;
  /** Number of the last tick that is stored. */
  readonly tick: number;
  /** Number of the last event of an asset that is stored; 0 by default. */
  readonly eventNo?: number;
  /** Reads a run again when memory is not to be trusted; `null` if there is none. */
  readonly reload: (runNo: RunNo) => Promise<LedRun | null>;
}
