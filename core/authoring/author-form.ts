import type { PriorityLevel, TriggerRule } from '../model/dag.ts';
import type { Json, JsonObject } from '../model/json.ts';

/**
 * A DAG as its author writes it: the shape of a YAML document, and what the TypeScript builder produces.
 * Private to authoring: `compileDag` turns it into the canonical `DagSpec` that everybody else sees. The JSON
 * Schema of the same shape is `core/schema/dag-file.schema.ts`.
 */
export interface AuthorDag {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: readonly string[];
  /** Name → JSON Schema of the param; one without `default` is required at trigger. */
  readonly params?: { readonly [name: string]: JsonObject };
  readonly schedule?: AuthorSchedule | readonly AuthorSchedule[];
  readonly timezone?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly catchup?: boolean;
  readonly onActivate?: 'next' | 'latest' | 'all';
  readonly overlap?: 'queue' | 'skip' | 'cancel_running';
  readonly coalesce?: boolean;
  readonly misfireGrace?: Duration;
  readonly jitter?: Duration;
  readonly maxActiveRuns?: number;
  readonly maxActiveTasks?: number;
  readonly maxActiveTasksTotal?: number;
  readonly pauseAfterFailures?: number;
  readonly timeout?: Duration;
  readonly deadline?: Duration;
  readonly onSuccess?: AuthorHook | readonly AuthorHook[];
  readonly onFailure?: AuthorHook | readonly AuthorHook[];
  readonly onDeadline?: AuthorHook | readonly AuthorHook[];
  readonly priority?: PriorityLevel;
  readonly priorityRule?: 'absolute' | 'downstream' | 'upstream';
  /** Its runs are tasks of the queue: it has one task and no schedule. */
  readonly taskType?: boolean;
  readonly defaults?: TaskDefaults;
  readonly tasks: { readonly [id: string]: AuthorEntry };
}

/** `90s`, `5m`, `2h`, `1d`, `250ms`, combinations such as `1h30m`, or a number of milliseconds. */
export type Duration = string | number;

/** `"0 6 * * *"` is short for `{ cron: "0 6 * * *" }`; cron fields may be given one by one. */
export type AuthorSchedule =
  | string
  | { readonly cron: string; readonly tz?: string; readonly interval?: boolean }
  | { readonly every: Duration }
  | { readonly at: string | readonly string[] }
  | { readonly assets: { readonly all: readonly string[] } | { readonly any: readonly string[] } }
  | { readonly file: string; readonly settle?: Duration }
  | {
      readonly second?: string | number;
      readonly minute?: string | number;
      readonly hour?: string | number;
      readonly dayOfMonth?: string | number;
      readonly month?: string | number;
      readonly dayOfWeek?: string | number;
      readonly tz?: string;
    };

/** What tasks inherit: DAG < group or fan-out < task. */
export interface TaskDefaults {
  readonly retries?: number | AuthorRetries;
  readonly timeout?: Duration;
  readonly killGrace?: Duration;
  readonly pool?: string;
  readonly poolSlots?: number;
  readonly priority?: PriorityLevel | number;
  readonly env?: { readonly [name: string]: string };
  readonly onLost?: 'retry' | 'fail';
  /** Memory cap in MB. */
  readonly memory?: number;
  readonly tags?: readonly string[];
}

export interface AuthorRetries {
  readonly max: number;
  readonly delay?: Duration;
  readonly backoff?: 'fixed' | 'linear' | 'exponential';
  readonly factor?: number;
  readonly maxDelay?: Duration;
  readonly jitter?: number;
  readonly on?: readonly string[];
  readonly except?: readonly string[];
}

/** An entry under `tasks`: a task, a group or a fan-out. */
export type AuthorEntry = AuthorTask | AuthorGroup | AuthorForEach;

/**
 * A reference to a task, group or fan-out: an id, looked up in the innermost scope first, then outwards, or a
 * dotted path from the scope in which its first segment is found.
 */
export type Reference = string;

export interface Wiring {
  /** Input name → reference; a list takes the last segment of each reference as its name. */
  readonly needs?: { readonly [input: string]: Reference } | readonly Reference[];
  /** Order only. */
  readonly after?: readonly Reference[];
}

export interface AuthorTask extends TaskDefaults, Wiring {
  readonly description?: string;
  readonly stage?: string;
  /** `./file.ts#export` relative to this file, or the name of an operator; `#path` for an inline function. */
  readonly uses?: string;
  /** A constant command line, or an argument vector whose items may hold `${{ }}`. */
  readonly run?: string | readonly string[];
  readonly skipExitCode?: number;
  readonly choose?: readonly (
    | { readonly when: string; readonly value: string }
    | { readonly otherwise: string }
  )[];
  readonly approval?: AuthorApproval;
  readonly sensor?: AuthorSensor;
  readonly loop?: AuthorLoop;
  /** Names of variables and connections that it may read. */
  readonly variables?: readonly string[];
  readonly connections?: readonly string[];
  readonly with?: { readonly [name: string]: Json };
  readonly triggerRule?: TriggerRule;
  /** A bare expression. */
  readonly when?: string;
  /** A bare expression over `output`. */
  readonly shortCircuit?: string;
  readonly critical?: boolean;
  readonly teardown?: boolean;
  readonly failRun?: boolean;
  readonly setups?: readonly Reference[];
  readonly maxActive?: number;
  readonly maxActivePerRun?: number;
  readonly dependsOnPast?: boolean;
  /** Includes `dependsOnPast`. */
  readonly waitForDownstream?: boolean;
  readonly latestOnly?: boolean;
  /** URIs of assets. */
  readonly produces?: readonly string[];
  /** An earlier success with the same code and inputs stands for the task, for ever or for so long. */
  readonly cache?: boolean | { readonly ttl: Duration };
  readonly onStart?: AuthorHook | readonly AuthorHook[];
  readonly onSuccess?: AuthorHook | readonly AuthorHook[];
  readonly onFailure?: AuthorHook | readonly AuthorHook[];
  readonly onRetry?: AuthorHook | readonly AuthorHook[];
  readonly onSkip?: AuthorHook | readonly AuthorHook[];
  readonly onCancel?: AuthorHook | readonly AuthorHook[];
}

/** What is run for a hook; it is told an `event`. */
export interface AuthorHook extends Pick<TaskDefaults, 'retries' | 'timeout' | 'env'> {
  /** `./file.ts#export` relative to this file, or the name of an operator. */
  readonly uses?: string;
  readonly run?: string | readonly string[];
  readonly with?: { readonly [name: string]: Json };
}

/** A question to people; the option that they choose is the output. */
export interface AuthorApproval {
  readonly title: string;
  readonly options: readonly string[];
  /** So long it waits for an answer; absent: as long as its run. */
  readonly timeout?: Duration;
  /** The option that holds then; absent: it fails. */
  readonly onTimeout?: string;
}

export interface AuthorSensor {
  readonly every: Duration;
  /** So long it looks in all, 7 days by default. */
  readonly timeout?: Duration;
  /** It is skipped, not failed, when its time is over. */
  readonly softFail?: boolean;
}

export interface AuthorLoop {
  /** A bare expression over `output`. */
  readonly until: string;
  readonly maxIterations?: number;
  readonly delay?: Duration;
}

/** A group gives order to its tasks, but no inputs. */
export interface AuthorGroup extends Pick<Wiring, 'after'> {
  readonly description?: string;
  readonly stage?: string;
  readonly group: {
    readonly defaults?: TaskDefaults;
    readonly tasks: { readonly [id: string]: AuthorEntry };
  };
}

export interface AuthorForEach extends Wiring {
  readonly description?: string;
  readonly stage?: string;
  readonly triggerRule?: TriggerRule;
  readonly forEach: {
    /** `${{ }}` around an expression that gives an array, or a literal array. */
    readonly over: string | readonly Json[];
    /** `${{ }}` around an expression over `item`. */
    readonly key?: string;
    /** Another name for `item` in expressions. */
    readonly as?: string;
    readonly maxParallel?: number;
    readonly maxKeys?: number;
    /** A share below 1, or a number of keys. */
    readonly minSuccess?: number;
    /** The task whose outputs are the result; the only leaf if absent. */
    readonly returns?: string;
    readonly defaults?: TaskDefaults;
    readonly tasks: { readonly [id: string]: AuthorEntry };
  };
}
