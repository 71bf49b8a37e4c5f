import type { LogRange, TaskError } from './attempt.ts';
import type { BecauseCode } from './because.ts';
import type { RetryPolicy, TaskAction } from './dag.ts';
import type { NodeNo, RunNo } from './ids.ts';
import type { JsonObject } from './json.ts';

/** When a hook of a task is run. */
export const TASK_HOOKS = ['onStart', 'onSuccess', 'onFailure', 'onRetry', 'onSkip', 'onCancel'] as const;
export type TaskHookName = (typeof TASK_HOOKS)[number];

/** When a hook of a DAG is run. */
export const DAG_HOOKS = ['onSuccess', 'onFailure', 'onDeadline'] as const;
export type DagHookName = (typeof DAG_HOOKS)[number];

/** Every hook. The position in this list is the code stored in the database: append only. */
export const HOOKS = [...TASK_HOOKS, 'onDeadline'] as const;
export type HookName = (typeof HOOKS)[number];

/** What an inline function of a hook is called: `fetch@onFailure`, in a list `fetch@onFailure.1`. */
export function hookFunctionName(taskPath: string, hook: HookName, index: number | null): string {
  return `${taskPath}@${hook}${index === null ? '' : `.${index}`}`;
}

/** What is run for a hook. Absent fields have the defaults of {@link HOOK_DEFAULTS}. */
export interface HookSpec {
  readonly action: Extract<TaskAction, { readonly kind: 'function' | 'shell' | 'operator' }>;
  readonly with?: JsonObject;
  readonly env?: { readonly [name: string]: string };
  /** `max` may be 0: it is tried once. */
  readonly retries?: Partial<RetryPolicy>;
  readonly timeoutMs?: number;
}

/** The hooks of a task, in the order in which each moment runs them. */
export type TaskHooks = { readonly [Hook in TaskHookName]?: readonly HookSpec[] };
/** The hooks of a DAG. */
export type DagHooks = { readonly [Hook in DagHookName]?: readonly HookSpec[] };

/** What an absent field of a hook means. */
export const HOOK_DEFAULTS = {
  retries: { max: 2, delayMs: 10_000, backoff: 'exponential' },
  timeoutMs: 300_000,
  killGraceMs: 10_000,
} as const satisfies { retries: RetryPolicy; timeoutMs: number; killGraceMs: number };

/** What a hook is told: which moment of which run it is run for. */
export interface HookEvent {
  /** The same for every try of one hook job, and for no other job. */
  readonly id: string;
  readonly hook: HookName;
  readonly dag: string;
  /** Id of the run. */
  readonly run: string;
  /** Dotted path; `null` for a hook of a DAG. */
  readonly task: string | null;
  /** Keys of the fan-outs around the instance, as one text; `null` outside of them. */
  readonly key: string | null;
  /** The attempt of the task; 0 where it had none, and for a hook of a DAG. */
  readonly try: number;
  /** The state that the instance, or the run, has come to. */
  readonly state: string;
  /** Why an instance failed or was cancelled, such as `timeout`; `null` where there is no reason. */
  readonly reason: string | null;
  /** The code of `because`: what made it happen. */
  readonly cause: BecauseCode;
  /** One sentence for people. */
  readonly because: string;
}

/** One hook that is due: written in the transaction of what it is about. */
export interface HookJob {
  readonly runNo: RunNo;
  /** 1, 2, 3... within the run. */
  readonly hookNo: number;
  /** `null` for a hook of a DAG. */
  readonly nodeNo: NodeNo | null;
  /** Which of the hooks for this moment. */
  readonly position: number;
  readonly event: HookEvent;
  readonly createdAt: number;
}

/** `waiting` for its first or next try, `running`, or over. The position is the stored code. */
export const HOOK_STATES = ['waiting', 'running', 'success', 'failed'] as const;
export type HookState = (typeof HOOK_STATES)[number];

/** A hook job as stored. */
export interface HookRecord extends HookJob {
  readonly state: HookState;
  readonly tries: number;
  /** When its next try is due. */
  readonly dueAt: number;
  /** Of its last try. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly error: TaskError | null;
  readonly log: LogRange | null;
}

/** Whether nothing more is done for a hook job. */
export function isHookOver({ state }: Pick<HookRecord, 'state'>): boolean {
  return state === 'success' || state === 'failed';
}

/** How often the deadline of a run was told of, at most once each. The position is the stored code. */
export const DEADLINE_STAGES = ['foretold', 'passed', 'over'] as const;
/** `over`: nobody is told any more, because the run had ended before its deadline. */
export type DeadlineStage = (typeof DEADLINE_STAGES)[number];
