import type { RunCause } from './asset.ts';
import type { LogRange, TaskError } from './attempt.ts';
import type { Because } from './because.ts';
import type { PriorityLevel } from './dag.ts';
import type { NodeNo, RunNo, RunUid, TryNo, VersionNo } from './ids.ts';
import type { Json, JsonObject, JsonText } from './json.ts';
import type { RunScope } from './scope.ts';
import type { Reason, RunState, TaskState } from './states.ts';

/** What made a run. `asset`: events of assets, or a file that arrived. */
export const TRIGGER_KINDS = ['manual', 'schedule', 'backfill', 'asset', 'api'] as const;
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

/** A run as stored. Instants are epoch milliseconds. */
export interface RunRecord {
  readonly runNo: RunNo;
  readonly uid: RunUid;
  readonly dagId: string;
  readonly versionNo: VersionNo;
  readonly state: RunState;
  readonly trigger: TriggerKind;
  readonly params: JsonObject;
  readonly scope: RunScope;
  /** Attempts at once in this run; `null`: the DAG's limit. */
  readonly maxParallel: number | null;
  /** The run whose outputs stand in for tasks outside the scope. */
  readonly inputsFrom: RunNo | null;
  /** The backfill that it belongs to, which made or retried it; absent: none. */
  readonly backfillNo?: number;
  /** Nothing of it is taken from the cache. */
  readonly noCache?: true;
  /** How urgent it is beside other runs, whatever the levels of its tasks; absent: these say. */
  readonly priority?: PriorityLevel;
  /** What a task of the queue is called; absent: its DAG is no task type. */
  readonly taskName?: string;
  /** Who asked for it; absent: nobody is known. */
  readonly createdBy?: string;
  /** The events or the file that made it; absent: none. */
  readonly cause?: RunCause;
  readonly logicalAt: number | null;
  readonly intervalStartAt: number | null;
  readonly intervalEndAt: number | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly because: Because | null;
}

/**
 * Keys that a fan-out got at once in one run: nodes `base ...` in blocks of one block per key. When its list
 * is asked again, further keys make a further record, and keys that are not in it any more are `gone` from
 * theirs.
 */
export interface ExpansionRecord {
  readonly runNo: RunNo;
  /** First node of the first key. */
  readonly base: NodeNo;
  readonly fanOut: number;
  /** First node of the block in which the fan-out stands; 0 for the run itself. */
  readonly parentBase: NodeNo;
  readonly keys: readonly string[];
  /** Items in the order of the keys; `null` when every item is its key. */
  readonly items: readonly Json[] | null;
  /** Positions of the keys that the fan-out does not have any more. */
  readonly gone: readonly number[];
}

/** A task instance as stored; an absent row means state `none`, attempt 0. */
export interface InstanceRecord {
  readonly runNo: RunNo;
  readonly nodeNo: NodeNo;
  readonly state: TaskState;
  readonly tryNo: TryNo;
  /** Attempts before the last retry by hand; they do not count against `retries`. */
  readonly tryBase: number;
  /** Attempts lost since then. */
  readonly lost: number;
  readonly reason: Reason | null;
  readonly because: Because | null;
  /** When it became queued. */
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** When the next attempt is due, in `up_for_retry` and `waiting`. */
  readonly dueAt: number | null;
  readonly error: TaskError | null;
  readonly log: LogRange | null;
}

/** What an instance that was put off carries from one attempt to the next. */
export interface WaitRecord {
  /** When its first attempt began. */
  readonly sinceAt: number;
  /** Attempts that put it off: looks of a sensor, iterations of a loop, deferrals. */
  readonly calls: number;
  /** Those of them that were iterations. */
  readonly iterations: number;
  /** What the last one left for the next. */
  readonly state: JsonText | null;
}

/** What an attempt has left from which the next one can go on. */
export interface CheckpointRecord {
  readonly tryNo: TryNo;
  readonly at: number;
  readonly state: JsonText;
}

/** A past attempt of an instance that has a newer one. */
export interface AttemptRecord {
  readonly tryNo: TryNo;
  readonly state: TaskState;
  readonly reason: Reason | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly error: TaskError | null;
  readonly log: LogRange | null;
  readonly because: Because | null;
}
