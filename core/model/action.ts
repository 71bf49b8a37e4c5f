import type { AssetEvent, FileArrival } from './asset.ts';
import type { ArtifactRef, LogRange } from './attempt.ts';
import type { BackfillRecord, BackfillState } from './backfill.ts';
import type { BecauseCode, Facts } from './because.ts';
import type { CacheAsk, CacheEntry } from './cache.ts';
import type { PriorityLevel } from './dag.ts';
import type { DeadlineStage, HookJob } from './hook.ts';
import type { NodeNo, RunNo, TryNo, VersionNo } from './ids.ts';
import type { Json, JsonObject, JsonText } from './json.ts';
import type { ExpansionRecord, RunRecord, WaitRecord } from './run.ts';
import type { ScheduleState, SlotSpan } from './slot.ts';
import type { RunState } from './states.ts';

/**
 * What the planner decided, as facts to be written. Every change names what it expects to find; a miss means
 * that memory is stale and nothing of the tick is written. States are codes of `S` on the hot path.
 */
export type Action =
  | { readonly type: 'run.create'; readonly run: RunRecord }
  | RunChange
  /** New keys of a fan-out, with the number of keys that it has now. */
  | { readonly type: 'expand'; readonly expansion: ExpansionRecord; readonly keys: number }
  /** Items and gone keys of a stored expansion have changed. */
  | { readonly type: 'reexpand'; readonly expansion: ExpansionRecord }
  | InstanceChange
  | {
      readonly type: 'output';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly tryNo: TryNo;
      readonly output: StoredOutput;
    }
  | {
      readonly type: 'metric';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly tryNo: TryNo;
      readonly name: string;
      readonly value: number;
      readonly at: number;
    }
  | {
      readonly type: 'artifact';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly tryNo: TryNo;
      readonly artifact: ArtifactRef;
    }
  | {
      readonly type: 'progress';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly done: number;
      readonly total: number;
      readonly step: string | null;
    }
  /** What an instance that is put off carries on; `null`: nothing any more. */
  | {
      readonly type: 'wait';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly wait: WaitRecord | null;
    }
  /** From what the next attempt can go on; `null`: from the beginning. */
  | {
      readonly type: 'checkpoint';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly tryNo: TryNo;
      readonly at: number;
      readonly state: JsonText | null;
    }
  | CacheAction
  /** A fact worth keeping that changes no state: a late outcome, a refused request, `memory_stale`. */
  | {
      readonly type: 'note';
      readonly runNo: RunNo | null;
      readonly nodeNo: NodeNo | null;
      readonly tryNo: TryNo | null;
      readonly code: BecauseCode;
      readonly facts: Facts | null;
    }
  | DagChange
  /** What became of slots; a `dag.change` of the same tick moves the cursor to the last one or beyond. */
  | { readonly type: 'slots'; readonly span: SlotSpan }
  /** An asset has changed; the success or the answer that it belongs to follows in the same transaction. */
  | { readonly type: 'asset.event'; readonly event: AssetEvent }
  | AssetTake
  | FileTake
  | { readonly type: 'backfill.create'; readonly backfill: BackfillRecord }
  | BackfillChange
  /** A hook is due; the change that it is about follows in the same transaction. */
  | { readonly type: 'hook'; readonly job: HookJob }
  | DeadlineChange
  /** The answer to a request that came through the inbox. */
  | { readonly type: 'answer'; readonly inboxId: number; readonly answer: Answer };

export type CacheAction =
  /** Under which key the success of an instance is to be kept; `null`: it is not, any more. */
  | {
      readonly type: 'cache.ask';
      readonly runNo: RunNo;
      readonly nodeNo: NodeNo;
      readonly ask: CacheAsk | null;
    }
  /** A success for the cache; it follows in the same transaction. */
  | { readonly type: 'cache.put'; readonly entry: CacheEntry };

/** A backfill has come further, or has another state. */
export interface BackfillChange {
  readonly type: 'backfill.change';
  /** Expected state and cursor. */
  readonly from: { readonly state: BackfillState; readonly cursorAt: number | null };
  readonly backfill: BackfillRecord;
  /** `null`: only the cursor moves, which is no line of the journal. */
  readonly code: BecauseCode | null;
  readonly facts: Facts | null;
}

/** The events of assets up to a number are decided for a DAG; its run, if they make one, goes before. */
export interface AssetTake {
  readonly type: 'asset.take';
  readonly dagId: string;
  /** Expected number up to which they were decided. */
  readonly from: number;
  readonly to: number;
  /** `null`: no line of the journal. */
  readonly code: BecauseCode | null;
  readonly facts: Facts | null;
}

/** A file that arrived is decided for a DAG; an arrival that is decided already makes the tick stale. */
export interface FileTake {
  readonly type: 'file.take';
  readonly file: FileArrival;
  readonly decidedAt: number;
  /** Its run, which goes before; `null`: it has none. */
  readonly runNo: RunNo | null;
  readonly code: BecauseCode;
  readonly facts: Facts | null;
}

/** Something was told of the deadline of a run; what was told already makes the tick stale. */
export interface DeadlineChange {
  readonly type: 'deadline';
  readonly runNo: RunNo;
  readonly stage: DeadlineStage;
  readonly at: number;
  /** `null`: no line of the journal. */
  readonly code: BecauseCode | null;
  readonly facts: Facts | null;
}

/** A new state of the schedule of a DAG. */
export interface DagChange {
  readonly type: 'dag.change';
  readonly dagId: string;
  /** Expected cursor; that of `state` is not before it. */
  readonly fromCursorAt: number | null;
  readonly state: ScheduleState;
  /** The version by whose schedule slots are decided from now on; absent: that of before. */
  readonly versionNo?: VersionNo;
  /** `null`: only the cursor moves, which is no line of the journal. */
  readonly code: BecauseCode | null;
  readonly facts: Facts | null;
}

export interface RunChange {
  readonly type: 'run.change';
  readonly runNo: RunNo;
  readonly from: RunState;
  readonly to: RunState;
  readonly code: BecauseCode;
  readonly facts: Facts | null;
  /** `undefined` leaves the stored instant as it is; `null` clears it (a retried run). */
  readonly startedAt?: number | null;
  readonly endedAt?: number | null;
  /** Instances by state, written when the run ends. */
  readonly counts?: { readonly [state: string]: number };
  readonly maxParallel?: number | null;
  readonly repin?: Repin;
  /** The backfill that the run belongs to from now on. */
  readonly backfillNo?: number;
  readonly priority?: PriorityLevel;
}

/** A run goes on with another version of its DAG, and with its params as that version has them. */
export interface Repin {
  /** Expected version. */
  readonly from: VersionNo;
  readonly to: VersionNo;
  readonly params: JsonObject;
}

/** One transition of a task instance: the whole new row, and what must be there before. */
export interface InstanceChange {
  readonly type: 'instance';
  readonly runNo: RunNo;
  readonly nodeNo: NodeNo;
  /** True when no row exists yet: the write is an insert. */
  readonly fresh: boolean;
  /** Expected state code. */
  readonly from: number;
  /** Expected attempt number. */
  readonly fromTry: number;
  /** New state code. */
  readonly to: number;
  /**
   * A greater number than `fromTry` (when that is above 0) moves the stored attempt to the past attempts
   * first.
   */
  readonly tryNo: number;
  readonly tryBase: number;
  readonly lost: number;
  /** Position in REASONS + 1, 0 for none. */
  readonly reason: number;
  /** `becauseNumber` of the code. */
  readonly because: number;
  readonly facts: JsonText | null;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly dueAt: number | null;
  /** A `TaskError` as JSON. */
  readonly error: JsonText | null;
  readonly log: LogRange | null;
}

/** An output as stored: text in the row, or a content-addressed file. */
export type StoredOutput = { readonly json: JsonText } | { readonly sha256: string; readonly bytes: number };

/** What the asker of an inbox request gets. */
export type Answer =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      /** `internal`: a defect of orch made it impossible. */
      readonly code: 'invalid' | 'not_found' | 'conflict' | 'internal';
      readonly message: string;
      /** Where in the request something does not fit, as far as that is known. */
      readonly errors?: readonly RequestMistake[];
    };

/** One thing that does not fit in a request. */
export type RequestMistake = {
  /** A JSON pointer into the request, such as `/params/symbols/0`. */
  readonly pointer: string;
  readonly detail: string;
};
