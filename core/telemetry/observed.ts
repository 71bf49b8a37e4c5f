import type { AssetEvent } from '../model/asset.ts';
import type { TaskError } from '../model/attempt.ts';
import type { Because } from '../model/because.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from '../model/ids.ts';
import type { TriggerKind } from '../model/run.ts';
import type { Reason, RunState, TaskState } from '../model/states.ts';
import type { ForeignSpan } from './derived-ids.ts';

/** A run in which something happened. */
export interface ObservedRun {
  readonly runNo: RunNo;
  readonly uid: RunUid;
  readonly dagId: string;
  readonly versionNo: VersionNo;
  readonly trigger: TriggerKind;
  readonly logicalAt: number | null;
  readonly intervalStartAt: number | null;
  readonly intervalEndAt: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  /** The events of assets that made it. */
  readonly events: readonly AssetEvent[];
  /** The span of the request that asked for it; `null`: none is known. */
  readonly askedBy: ForeignSpan | null;
}

/** The attempt that a line of the journal is about; what it knows may be of an attempt that never began. */
export interface ObservedAttempt {
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  /** Attempts that belong to earlier ends of the instance. */
  readonly tryBase: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly reason: Reason | null;
  readonly error: TaskError | null;
}

/** A line of the journal that changed the state of a run or, with an attempt, of a task instance. */
export type ObservedLine = {
  readonly seq: number;
  readonly at: number;
  readonly run: ObservedRun;
  readonly because: Because;
} & (
  | { readonly attempt: null; readonly from: RunState | null; readonly to: RunState }
  | { readonly attempt: ObservedAttempt; readonly from: TaskState; readonly to: TaskState }
);

/** What a task is called, and which assets it reads and makes, by their URIs. */
export interface ObservedTask {
  /** Dotted path without keys. */
  readonly path: string;
  /** `symbol[BTC-USD].backtest`. */
  readonly name: string;
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
}
