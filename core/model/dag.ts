import type { DagHooks, TaskHooks } from './hook.ts';
import type { JsonObject } from './json.ts';

/**
 * When a task may run, given the states of its direct upstreams. The rules are Airflow's, see docs/states.md.
 */
export const TRIGGER_RULES = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'all_skipped',
  'one_failed',
  'one_success',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
  'all_done_setup_success',
] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

/** The named priorities; a higher level goes first everywhere. */
export const PRIORITY_LEVELS = ['low', 'normal', 'high', 'urgent'] as const;
export type PriorityLevel = (typeof PRIORITY_LEVELS)[number];

/** How a failed attempt is retried. Absent fields take the value of {@link RETRY_DEFAULTS}. */
export interface RetryPolicy {
  /** Attempts after the first one. */
  readonly max: number;
  readonly delayMs?: number;
  readonly backoff?: 'fixed' | 'linear' | 'exponential';
  /** Growth of exponential back-off. */
  readonly factor?: number;
  readonly maxDelayMs?: number;
  /**
   * Share of the delay, 0 to 1, that is added at most; which part is a function of the attempt, not of
   * chance.
   */
  readonly jitter?: number;
  /** Retry only errors with one of these names or codes. */
  readonly on?: readonly string[];
  /** Never retry errors with one of these names or codes. */
  readonly except?: readonly string[];
}

/**
 * What a task does. `function` is code of the project, `shell` a command, `operator` a registered operator;
 * `choose` and `pass` are decided by the planner without starting anything.
 */
export type TaskAction =
  /**
   * `ref` is `./x/clean.ts#clean`, relative to the declaring file, or `#<task path>` for an inline function.
   */
  | { readonly kind: 'function'; readonly ref: string }
  /** `run` is a command line for the shell, never templated, or an argument vector whose items may be. */
  | { readonly kind: 'shell'; readonly run: string | readonly string[]; readonly skipExitCode?: number }
  | { readonly kind: 'operator'; readonly operator: string }
  | { readonly kind: 'choose'; readonly cases: readonly ChooseCase[]; readonly otherwise?: string }
  /** Waits until somebody decides for one of the options, which is its output. */
  | ApprovalAction
  | { readonly kind: 'pass' };

export interface ApprovalAction {
  readonly kind: 'approval';
  /** The question, for people. */
  readonly title: string;
  readonly options: readonly string[];
  /** So long it waits for an answer; absent: as long as its run. */
  readonly answerWithinMs?: number;
  /** The option that holds when nobody answered in time; absent: it fails then. */
  readonly onTimeout?: string;
}

/** A task that looks again and again whether something is there, and holds no slot between the looks. */
export interface SensorSpec {
  readonly everyMs: number;
  /** So long it looks, counted from its first attempt. */
  readonly giveUpMs?: number;
  /** It is skipped, not failed, when its time is over. */
  readonly softFail?: true;
}

/** A task that is done again until an expression over its output holds. */
export interface LoopSpec {
  /** A bare expression over `output`. */
  readonly until: string;
  readonly maxIterations?: number;
  /** Wait between one iteration and the next. */
  readonly delayMs?: number;
}

export interface ChooseCase {
  /** A bare expression. */
  readonly when: string;
  readonly value: string;
}

/** Whether attempts of a task run somewhere; everything else is decided by the planner, or by people. */
export function startsAttempts({ kind }: TaskAction): boolean {
  return kind === 'function' || kind === 'shell' || kind === 'operator';
}

/** A task as every part of orch sees it. Absent fields have the defaults of {@link TASK_DEFAULTS}. */
export interface TaskSpec {
  /** Dotted path without keys, such as `symbol.backtest`. */
  readonly path: string;
  readonly description?: string;
  readonly action: TaskAction;
  /** Position of the innermost fan-out around the task in `DagSpec.fanOuts`. */
  readonly fanOut?: number;
  readonly stage?: string;
  /** Input name → path of the task (or fan-out) whose output it is. */
  readonly needs?: { readonly [input: string]: string };
  /** Paths of tasks that must be finished before, without taking their output. */
  readonly after?: readonly string[];
  readonly triggerRule?: TriggerRule;
  /** A bare expression; false skips the task. */
  readonly when?: string;
  /** A bare expression over `output`; false skips every descendant. */
  readonly shortCircuit?: string;
  /** Params of the action; strings may hold `${{ }}`. */
  readonly with?: JsonObject;
  /** Environment of the attempt; values may hold `${{ }}`. */
  readonly env?: { readonly [name: string]: string };
  /** Names of the variables and connections that its attempts are given, in order. */
  readonly variables?: readonly string[];
  readonly connections?: readonly string[];
  readonly sensor?: SensorSpec;
  readonly loop?: LoopSpec;
  readonly retries?: RetryPolicy;
  readonly timeoutMs?: number;
  readonly killGraceMs?: number;
  readonly critical?: true;
  readonly teardown?: true;
  /** A failed teardown fails the run only with this. */
  readonly failRun?: true;
  /** Paths of the setups that this teardown belongs to. */
  readonly setups?: readonly string[];
  readonly pool?: string;
  readonly poolSlots?: number;
  /** A level, or an integer weight within the DAG at level `normal`. */
  readonly priority?: PriorityLevel | number;
  /** Attempts of this task at once, over all runs of the DAG. */
  readonly maxActive?: number;
  /** Attempts of this task at once in one run. */
  readonly maxActivePerRun?: number;
  readonly onLost?: 'retry' | 'fail';
  readonly memoryMb?: number;
  /** URIs of the assets of which a success of this task is an event. */
  readonly produces?: readonly string[];
  readonly cache?: true | { readonly ttlMs: number };
  readonly tags?: readonly string[];
  /** It waits until its instance in the run of the slot before is a success or skipped. */
  readonly dependsOnPast?: true;
  /** It waits for what came directly after it in that run as well; only with `dependsOnPast`. */
  readonly waitForDownstream?: true;
  /** It is skipped in runs of slots after which another one is due already. */
  readonly latestOnly?: true;
  readonly hooks?: TaskHooks;
}

/** A keyed fan-out: its tasks exist once per key. */
export interface FanOutSpec {
  /** Dotted path; also the prefix of the paths of its tasks. */
  readonly path: string;
  /** The fan-out around this one. */
  readonly parent?: number;
  /** An expression that gives an array: over `params`, `needs.<input>` or an outer `item`. */
  readonly over: string;
  /** An expression over `item` that gives the key; absent: the item itself. */
  readonly key?: string;
  /** Input name → path of the task whose output `over` reads. */
  readonly needs?: { readonly [input: string]: string };
  readonly after?: readonly string[];
  readonly triggerRule?: TriggerRule;
  /** Name of the item in expressions, besides `item`. */
  readonly as?: string;
  /** Instances of this fan-out's tasks that may be active at once. */
  readonly maxParallel?: number;
  /** Keys allowed, 10,000 by default. */
  readonly maxKeys?: number;
  /** Quorum: a share (below 1) or a number of keys that must succeed for the fan-out to count as success. */
  readonly minSuccess?: number;
  /** Path of the task whose outputs are the result of the fan-out. */
  readonly returns?: string;
}

export interface CronSchedule {
  readonly kind: 'cron';
  readonly cron: string;
  readonly tz?: string;
  /** True: the run covers the interval that ends at the tick. */
  readonly interval?: true;
}
export interface IntervalSchedule {
  readonly kind: 'every';
  readonly everyMs: number;
}
export interface DateSchedule {
  readonly kind: 'at';
  /** RFC 3339 instants. */
  readonly at: readonly string[];
}
export interface AssetSchedule {
  readonly kind: 'assets';
  readonly match: 'all' | 'any';
  readonly assets: readonly string[];
}
/** One run for each file that is new or changed. */
export interface FileSchedule {
  readonly kind: 'file';
  /** Relative to the project; `*` and `?` in the name of the file only. */
  readonly file: string;
  /** For how long size and time of change stand still before a file counts; absent: 2 s. */
  readonly settleMs?: number;
}
export type ScheduleSpec = CronSchedule | IntervalSchedule | DateSchedule | AssetSchedule | FileSchedule;

/** What an absent field of a file schedule means. */
export const FILE_DEFAULTS = { settleMs: 2_000 } as const;

/**
 * The canonical graph of a DAG: the one form that planner, store, UI and hash see. TypeScript and YAML load
 * to equal bytes (keys sorted, defaults left out). It never holds the path of the declaring file.
 */
export interface DagSpec {
  /** Number of this format. A new field is optional and its absence keeps the old meaning. */
  readonly v: 1;
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly owner?: string;
  readonly tags?: readonly string[];
  /** JSON Schema of the params, an object schema. */
  readonly params?: JsonObject;
  readonly schedule?: readonly ScheduleSpec[];
  readonly timezone?: string;
  readonly startAt?: string;
  readonly endAt?: string;
  readonly catchup?: true;
  readonly onActivate?: 'latest' | 'all';
  readonly overlap?: 'skip' | 'cancel_running';
  readonly coalesce?: true;
  readonly misfireGraceMs?: number;
  readonly jitterMs?: number;
  readonly maxActiveRuns?: number;
  /** Attempts at once in one run. */
  readonly maxActiveTasks?: number;
  /** Attempts at once over all runs of the DAG. */
  readonly maxActiveTasksTotal?: number;
  readonly timeoutMs?: number;
  readonly deadlineMs?: number;
  readonly hooks?: DagHooks;
  readonly priority?: PriorityLevel;
  readonly priorityRule?: 'downstream' | 'upstream';
  readonly pauseAfterFailures?: number;
  /** Its runs are tasks of the queue: it has one task, which starts attempts, and no schedule. */
  readonly taskType?: true;
  /** In declaration order; the tasks of a fan-out stand together. */
  readonly tasks: readonly TaskSpec[];
  readonly fanOuts?: readonly FanOutSpec[];
}

/** What an absent field of a task means. */
export const TASK_DEFAULTS = {
  triggerRule: 'all_success',
  timeoutMs: 3_600_000,
  killGraceMs: 10_000,
  pool: 'default',
  poolSlots: 1,
  priority: 'normal',
  onLost: 'retry',
  skipExitCode: 99,
  lostBudget: 3,
} as const;

/** What an absent field of a sensor or a loop means. A task that defers itself has as long as a sensor. */
export const WAIT_DEFAULTS = { giveUpMs: 7 * 86_400_000, maxIterations: 100, delayMs: 0 } as const;

/** Attempts of one instance that only put it off, at most: a sensor that looks more often is refused. */
export const CALLS_MAX = 30_000;

/** What an absent field of a retry policy means. */
export const RETRY_DEFAULTS = {
  delayMs: 300_000,
  backoff: 'fixed',
  factor: 2,
  maxDelayMs: 86_400_000,
  jitter: 0,
} as const;

/** What an absent field of a DAG means. */
export const DAG_DEFAULTS = {
  timezone: 'UTC',
  maxActiveRuns: 16,
  maxActiveTasks: 16,
  priority: 'normal',
  priorityRule: 'absolute',
} as const;

/** What an absent field of a fan-out means. */
export const FAN_OUT_DEFAULTS = { maxKeys: 10_000, triggerRule: 'all_success' } as const;
