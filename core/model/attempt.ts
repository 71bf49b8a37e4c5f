import type { TaskAction } from './dag.ts';
import type { AttemptId, NodeNo, RunNo, RunUid, TryNo } from './ids.ts';
import type { Json, JsonObject, JsonText } from './json.ts';
import type { CancelledReason } from './states.ts';
import type { GivenValue } from './variable.ts';

/** How an attempt is kept apart: `process` = alone in its process, `shared` = with other attempts in one. */
export type Isolation = 'process' | 'shared';

/** What stays the same over all attempts of one task in one run; sent to a runner once. */
export interface AttemptDefinition {
  /** Unique while this leader lives. */
  readonly id: number;
  readonly runNo: RunNo;
  readonly runUid: RunUid;
  readonly dagId: string;
  readonly taskPath: string;
  readonly fanOutPath: string | null;
  readonly action: TaskAction;
  /** It looks whether something is there: it may answer that it is not yet. */
  readonly sensor?: true;
  /** It is a hook: its one input is a `HookEvent`. */
  readonly hook?: true;
  /** Spans of its run are sent to somebody. */
  readonly traced?: true;
  /** The function takes its inputs by these names, in this order. */
  readonly inputNames: readonly string[];
  readonly with: JsonObject | null;
  readonly env: { readonly [name: string]: string } | null;
  readonly params: JsonObject;
  readonly run: RunFacts;
  /** Directory that holds the code of this version, and the declaring file in it (relative). */
  readonly code: { readonly root: string; readonly entry: string };
  readonly isolation: Isolation;
  readonly timeoutMs: number;
  readonly killGraceMs: number;
  readonly memoryMb: number | null;
  /** Names of the items of the fan-outs around the task in expressions, outermost first. */
  readonly itemNames: readonly (string | null)[];
}

/** What expressions and functions may know of their run. */
export interface RunFacts {
  readonly id: RunUid;
  readonly dagId: string;
  /** RFC 3339, or `null` for a manual run without one. */
  readonly logicalDate: string | null;
  readonly interval: { readonly start: string; readonly end: string } | null;
  readonly trigger: string;
  /** The events of assets that made the run: URI, or path of a file, to its events; empty without such. */
  readonly assets: { readonly [uri: string]: readonly JsonObject[] };
  /** The file that made the run, relative to the project. */
  readonly file: string | null;
}

/** One attempt as it is handed to an executor. */
export interface AttemptOrder {
  readonly attemptId: AttemptId;
  readonly runNo: RunNo;
  readonly nodeNo: NodeNo;
  readonly tryNo: TryNo;
  readonly definition: AttemptDefinition;
  /** Keys of the fan-outs around the instance, outermost first. */
  readonly keys: readonly string[];
  /** Items of the fan-outs around the instance, outermost first. */
  readonly items: readonly Json[];
  /**
   * Values by position of the input name: JSON text, or the file that holds it; `undefined` where there is
   * none.
   */
  readonly inputs: readonly (JsonText | SpilledOutput | undefined)[];
  /** What the attempts before it, which put the task off, have left; absent: there were none. */
  readonly wait?: { readonly calls: number; readonly state: JsonText | null };
  /** The variables and connections that its task declares, encrypted; absent: it declares none. */
  readonly given?: readonly GivenValue[];
  /** From what it may go on; absent: from the beginning. */
  readonly checkpoint?: JsonText;
  /** How long the runner may poll for its next order before it sleeps, in microseconds. */
  readonly spinUs: number;
}

/** An error of user code, as data. */
export interface TaskError {
  /** Class name, such as `HTTPError`, or `ExitCode`. */
  readonly name: string;
  readonly message: string;
  /** `code` of the error, or the exit code of a command as text. */
  readonly code?: string;
  readonly stack?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

/** How an attempt ended. */
export type Outcome =
  | { readonly kind: 'success'; readonly output?: JsonText; readonly spilled?: SpilledOutput }
  | { readonly kind: 'skipped'; readonly message?: string }
  /** `final`: a `FatalError`; never retried, whatever the policy says. `retry`: a `RetryableError`. */
  | {
      readonly kind: 'failed';
      readonly error: TaskError;
      readonly final?: boolean;
      readonly retry?: boolean;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'rejected_output'; readonly error: TaskError }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'memory' }
  | { readonly kind: 'stopped' }
  /** Not yet: it is to be asked again after so long (absent: as its task says), with what it leaves. */
  | {
      readonly kind: 'deferred';
      readonly afterMs?: number;
      readonly message?: string;
      readonly state?: JsonText;
    }
  /** The process that held the attempt is gone without an outcome of the user's code. */
  | { readonly kind: 'lost'; readonly detail: string };

/** An output too large for its row: a content-addressed file under the state folder. */
export interface SpilledOutput {
  readonly sha256: string;
  readonly bytes: number;
}

/** Where the lines of an attempt are: a range of bytes of one segment file of the run. */
export interface LogRange {
  readonly segment: number;
  readonly offset: number;
  /** `null` while the attempt runs. */
  readonly length: number | null;
}

/** What an executor tells about an attempt. */
export type AttemptEvent =
  | {
      readonly type: 'attempt.started';
      readonly attemptId: AttemptId;
      readonly at: number;
      readonly log?: LogRange;
    }
  | {
      readonly type: 'attempt.progress';
      readonly attemptId: AttemptId;
      readonly at: number;
      readonly done: number;
      readonly total: number;
      readonly step?: string;
    }
  | {
      readonly type: 'attempt.metric';
      readonly attemptId: AttemptId;
      readonly at: number;
      readonly name: string;
      readonly value: number;
    }
  | {
      readonly type: 'attempt.artifact';
      readonly attemptId: AttemptId;
      readonly at: number;
      readonly artifact: ArtifactRef;
    }
  | {
      readonly type: 'attempt.checkpoint';
      readonly attemptId: AttemptId;
      readonly at: number;
      readonly state: JsonText;
    }
  | {
      readonly type: 'attempt.ended';
      readonly attemptId: AttemptId;
      readonly startedAt: number;
      readonly at: number;
      readonly outcome: Outcome;
      readonly log?: LogRange;
    };

/** A file that an attempt left for people: kept with the run. */
export interface ArtifactRef {
  readonly name: string;
  readonly bytes: number;
  readonly mediaType: string;
  readonly sha256: string;
}

/** Why an executor is asked to stop an attempt. */
export type StopReason = CancelledReason | 'timeout' | 'pause';
