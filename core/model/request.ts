import type { AdHocPlan } from './ad-hoc-schedule.ts';
import type { BackfillWhich } from './backfill.ts';
import type { PriorityLevel } from './dag.ts';
import type { JsonObject } from './json.ts';
import type { PoolSetting } from './pool.ts';
import type { TriggerKind } from './run.ts';
import type { RunScope } from './scope.ts';

/**
 * What users ask of the leader. Every request is a row of the inbox, whoever asks and from wherever, so that
 * it survives any crash once the asker was told its number.
 */
export type Request =
  /** What stands in the inbox is no request: it is refused. */
  | { readonly type: 'unreadable' }
  | {
      readonly type: 'trigger';
      readonly dagId: string;
      /** The id that the run shall have: asking twice with one id gives one run. */
      readonly runUid: string;
      readonly trigger: TriggerKind;
      readonly params: JsonObject;
      readonly scope: RunScope;
      readonly maxParallel: number | null;
      readonly inputsFrom: string | null;
      /** An unfinished run that this one replaces; it ends `cancelled` first. */
      readonly replaces: string | null;
      /** Only an interrupted run is replaced: one that the leader has stays as it is. */
      readonly sparesLed?: boolean;
      /** Nothing is taken from the cache. */
      readonly noCache?: boolean;
      /** How urgent it is; absent: as its tasks say. */
      readonly priority?: PriorityLevel;
      /** What a task of the queue is called; absent: as its type. */
      readonly name?: string;
      /** Absent: nobody is known. */
      readonly by?: string;
      /** The span of who asks; absent: none. */
      readonly traceparent?: string;
      /** With this version; absent: with the one that new runs of the DAG have. */
      readonly versionNo?: number;
    }
  /** Go on with an unfinished run whose owner is gone; one that is led already stays as it is. */
  | { readonly type: 'adopt'; readonly runUid: string; readonly takeOver?: TakeOver }
  | { readonly type: 'cancel'; readonly runUid: string; readonly by: string }
  /** Stop at once: kills without grace. */
  | { readonly type: 'kill'; readonly runUid: string; readonly by: string }
  /** A scheduler wants to lead: who leads without being one lets its attempts end and gives the lead away. */
  | { readonly type: 'handOver'; readonly by: string }
  /** No run is made for slots of the DAG, or they are again. */
  | { readonly type: 'pauseDag'; readonly dagId: string; readonly paused: boolean; readonly by: string }
  /** New runs of a DAG have a version that it had; `null`: the one that its file declares. */
  | {
      readonly type: 'rollBackDag';
      readonly dagId: string;
      readonly versionNo: number | null;
      /** Also when its file changes. */
      readonly held?: boolean;
      readonly by: string;
    }
  /** Runs for the slots of a DAG that are about instants from `fromAt` to `toAt`, both included. */
  | {
      readonly type: 'createBackfill';
      readonly dagId: string;
      readonly fromAt: number;
      readonly toAt: number;
      /** Slots that are due later than this are left out. */
      readonly dueBy: number;
      readonly which: BackfillWhich;
      readonly reverse: boolean;
      readonly scope: RunScope;
      /** Params of the new runs; the rest are the defaults of the DAG. */
      readonly params: JsonObject;
      /** `null`: as many as the DAG may have. */
      readonly maxActiveRuns: number | null;
      readonly by: string;
    }
  | {
      readonly type: 'changeBackfill';
      readonly backfillNo: number;
      readonly to: 'running' | 'paused' | 'cancelled';
      readonly by: string;
    }
  /** An asset has changed outside of orch. */
  | {
      readonly type: 'assetEvent';
      readonly uri: string;
      readonly extra: JsonObject | null;
      readonly by: string;
    }
  /** Nothing is started anywhere, whoever leads, or it is again. */
  | { readonly type: 'pauseScheduler'; readonly paused: boolean; readonly by: string }
  /** Who leads lets its attempts end and ends, or takes the lead anew. */
  | { readonly type: 'stopScheduler'; readonly how: 'stop' | 'restart'; readonly by: string }
  /** Attempts at once until the leader ends; `null`: as the config has it. */
  | { readonly type: 'changeSlots'; readonly slots: number | null; readonly by: string }
  /** Makes a pool that no config has, or changes it. */
  | {
      readonly type: 'setPool';
      readonly pool: string;
      readonly slots: number;
      /** Absent: it stays. */
      readonly description?: string | null;
      /** Only if this is what is said of it now; absent: whatever is. */
      readonly ifIs?: PoolSetting;
      readonly by: string;
    }
  | {
      readonly type: 'removePool';
      readonly pool: string;
      readonly ifIs?: PoolSetting;
      readonly by: string;
    }
  /** The config file may have changed. */
  | { readonly type: 'reloadConfig'; readonly by: string }
  | {
      readonly type: 'createSchedule';
      readonly scheduleId: string;
      readonly dagId: string;
      readonly name: string;
      readonly plan: AdHocPlan;
      readonly by: string;
      /** Whose right it runs by, such as `account:ann`; absent: nobody had to log in. */
      readonly principal?: string;
    }
  | {
      readonly type: 'changeSchedule';
      readonly scheduleId: string;
      readonly to: 'active' | 'paused' | 'removed';
      readonly by: string;
      /** Who asks; absent: nobody had to log in. */
      readonly principal?: string;
    }
  | {
      readonly type: 'setPriority';
      readonly runUid: string;
      readonly priority: PriorityLevel;
      readonly by: string;
    }
  /** What is stored of a finished run goes, its logs too. */
  | { readonly type: 'deleteRun'; readonly runUid: string; readonly dagId: string; readonly by: string }
  | {
      readonly type: 'pauseRun';
      readonly runUid: string;
      readonly by: string;
      /** Attempts under way as well, as far as they can go on later. */
      readonly attempts?: boolean;
    }
  | { readonly type: 'resumeRun'; readonly runUid: string; readonly by: string }
  | {
      readonly type: 'retry';
      readonly runUid: string;
      readonly by: string;
      /** `failed`: everything that did not end well; `all`: the whole run; else the named instances. */
      readonly select: 'failed' | 'all' | 'tasks';
      /** Task names or instance names such as `symbol[BTC].collect`; with `select: 'tasks'`. */
      readonly tasks: readonly string[];
      readonly upstream: boolean;
      readonly downstream: boolean;
      /** With the newest version of the DAG, for good; absent: with the one that the run has. */
      readonly latest?: boolean;
    }
  | {
      readonly type: 'markTask';
      readonly runUid: string;
      readonly by: string;
      readonly instance: string;
      readonly state: 'success' | 'failed';
    }
  /** An answer to an approval that waits. */
  | {
      readonly type: 'approve';
      readonly runUid: string;
      readonly by: string;
      readonly instance: string;
      readonly option: string;
      readonly message: string | null;
    }
  | {
      readonly type: 'markRun';
      readonly runUid: string;
      readonly by: string;
      readonly state: 'success' | 'failed';
    };

/** How somebody takes an interrupted run over; a run that is led already is refused. */
export interface TakeOver {
  readonly by: string;
  /** With the newest version of the DAG, for good. */
  readonly latest: boolean;
}
