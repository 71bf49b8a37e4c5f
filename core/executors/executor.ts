import type { AttemptEvent, AttemptOrder, StopReason } from '../model/attempt.ts';
import type { AttemptId } from '../model/ids.ts';
import type { RunnerUse } from '../model/scheduler-report.ts';

/** The processes that run attempts. */
export interface ExecutorUse {
  readonly keeperPid: number | null;
  readonly runners: readonly RunnerUse[];
  /** Commands under way. */
  readonly commands: number;
}

/**
 * Runs attempts somewhere. It decides nothing: it is told what to start and what to stop, and tells what
 * happened. Contract (one suite for every implementation): `attempt.started` at most once and before
 * `attempt.ended`; exactly one `attempt.ended` for every submitted attempt, whatever happens to its process,
 * and only when nothing of the attempt lives any more; submitting an id twice does nothing; events come
 * asynchronously, never from inside `submit` or `stop`.
 */
export interface Executor {
  /** Must be set before the first order. */
  onEvent: (event: AttemptEvent) => void;
  /** Called once if attempts cannot be run at all. Must be set before `start`. */
  onFailed: (error: Error) => void;
  /**
   * Ends what earlier processes of this store left alive, then takes orders; those that come before it is
   * ready wait.
   */
  start(): Promise<void>;
  /** Resolves once orders are run, at the latest after a while; absent where nothing is waited for. */
  ready?(): Promise<void>;
  submit(order: AttemptOrder): void;
  /**
   * Asks for the end of an attempt: message and SIGTERM at once, SIGKILL of everything it started after
   * `graceMs`. The outcome of a stopped attempt is `stopped` (or `timeout` for that reason), or what it
   * managed to finish with.
   */
  stop(attemptId: AttemptId, reason: StopReason, graceMs: number): void;
  /**
   * Holds the processes of an attempt that has started where they are, or lets them go on: they keep their
   * memory, and their time stands still. `stop` ends one that is held as any other.
   */
  holdStill(attemptId: AttemptId, still: boolean): void;
  /**
   * Attempts, also those to come, may live for so long from now, and then end without grace unless this is
   * called again: even if the process that calls is stopped. Before the first call they are bound by nothing.
   */
  hold(ms: number): void;
  /** What runs attempts now; absent where there is nothing to tell. */
  use?(): ExecutorUse;
  /** At most so many runners from now on. Those beyond go when they have nothing to do. */
  resize?(runnersMax: number): void;
  /** Ends every attempt without grace and every process; resolves when nothing lives any more. */
  close(): Promise<void>;
}
