import type { StoredOutput } from '../model/action.ts';
import type { LogRange, TaskError } from '../model/attempt.ts';
import type { Because } from '../model/because.ts';
import type { NodeNo, TryNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import type { Reason, TaskState } from '../model/states.ts';
import type { ProgressRecord, VersionRecord } from './store.ts';

/** One task instance of a run as people and programs see it. */
export interface InstanceView {
  readonly nodeNo: NodeNo;
  /** Dotted path without keys. */
  readonly taskId: string;
  /** Keys joined by `/`; `null` outside a fan-out and for a fan-out task that is not expanded. */
  readonly key: string | null;
  /** `symbol[BTC-USD].backtest`. */
  readonly name: string;
  readonly stage: string | null;
  readonly state: TaskState;
  readonly reason: Reason | null;
  readonly because: Because | null;
  /** Attempts so far; also the number of the current one. */
  readonly attempts: TryNo;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Of the last attempt. */
  readonly durationMs: number | null;
  readonly dueAt: number | null;
  readonly error: TaskError | null;
  readonly log: LogRange | null;
  readonly output: StoredOutput | null;
  readonly progress: ProgressRecord | null;
}

/** A run with all its task instances, those without a row included. */
export interface RunView {
  readonly run: RunRecord;
  readonly version: VersionRecord;
  readonly tasks: readonly InstanceView[];
  /** Instances by state; only states that occur. */
  readonly counts: { readonly [state: string]: number };
  /** Selected instances known so far. */
  readonly total: number;
  /** Selected instances that are finished. */
  readonly completed: number;
  /** `completed / total`, 0 to 1. */
  readonly progress: number;
}
