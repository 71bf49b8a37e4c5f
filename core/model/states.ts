/** Every state of a task instance. The position is the code stored in the database: append only. */
export const TASK_STATES = [
  'none',
  'scheduled',
  'queued',
  'running',
  'paused',
  'waiting',
  'up_for_retry',
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'cancelled',
  'not_selected',
  'removed',
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** Every state of a run. The position is the code stored in the database: append only. */
export const RUN_STATES = ['queued', 'running', 'paused', 'success', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** Why a task instance `failed`. */
export const FAILED_REASONS = ['error', 'timeout', 'lost', 'rejected_output', 'memory'] as const;
/** Why a task instance was `cancelled`. */
export const CANCELLED_REASONS = ['user', 'critical', 'run_timeout', 'overlap', 'shutdown'] as const;
export type FailedReason = (typeof FAILED_REASONS)[number];
export type CancelledReason = (typeof CANCELLED_REASONS)[number];
/** Reasons in stored order: the code is the position + 1, 0 means none. Append only. */
export const REASONS = [...FAILED_REASONS, ...CANCELLED_REASONS] as const;
export type Reason = (typeof REASONS)[number];

const code = (state: TaskState): number => TASK_STATES.indexOf(state);

/** The codes of the task states by name: `S.queued` is what the store and the planner's arrays hold. */
export const S = {
  none: code('none'),
  scheduled: code('scheduled'),
  queued: code('queued'),
  running: code('running'),
  paused: code('paused'),
  waiting: code('waiting'),
  up_for_retry: code('up_for_retry'),
  success: code('success'),
  failed: code('failed'),
  skipped: code('skipped'),
  upstream_failed: code('upstream_failed'),
  cancelled: code('cancelled'),
  not_selected: code('not_selected'),
  removed: code('removed'),
} as const satisfies Record<TaskState, number>;

/** Codes from this one on are finished states. */
export const FIRST_FINISHED = S.success;

/** Whether a task state is final until somebody retries or marks the instance. */
export function isFinished(state: number): boolean {
  return state >= FIRST_FINISHED;
}

/** Whether an instance in this state has an attempt that holds slots of pools and caps. */
export function holdsSlot(state: number): boolean {
  return state === S.queued || state === S.running || state === S.paused;
}

/** Whether a run state is final until somebody retries the run. */
export function isRunFinished(state: RunState): boolean {
  return state === 'success' || state === 'failed' || state === 'cancelled';
}

const settled: readonly TaskState[] = [
  'success',
  'failed',
  'skipped',
  'upstream_failed',
  'cancelled',
  'removed',
];

/**
 * The legal transitions of a task instance. Finished states leave by `retry` (to `none`) or by a manual mark
 * (to `success` or `failed`) only; everything else is the planner's.
 */
export const TASK_TRANSITIONS: Readonly<Record<TaskState, readonly TaskState[]>> = {
  none: ['scheduled', 'queued', 'waiting', 'not_selected', ...settled],
  scheduled: ['none', 'queued', 'waiting', ...settled],
  queued: ['running', 'scheduled', 'paused', 'up_for_retry', 'waiting', ...settled],
  running: ['up_for_retry', 'paused', 'waiting', 'scheduled', ...settled],
  paused: ['scheduled', 'running', 'waiting', 'up_for_retry', ...settled],
  waiting: ['none', 'scheduled', 'queued', 'up_for_retry', ...settled],
  up_for_retry: ['scheduled', 'queued', 'none', ...settled],
  success: ['none', 'failed', 'removed'],
  failed: ['none', 'success', 'removed'],
  skipped: ['none', 'success', 'failed', 'removed'],
  upstream_failed: ['none', 'success', 'failed', 'removed'],
  cancelled: ['none', 'success', 'failed', 'removed'],
  not_selected: ['none'],
  removed: ['none'],
};

/** The legal transitions of a run. */
export const RUN_TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'paused', 'failed', 'cancelled', 'success'],
  running: ['paused', 'success', 'failed', 'cancelled'],
  paused: ['queued', 'running', 'success', 'failed', 'cancelled'],
  success: ['queued', 'running', 'failed'],
  failed: ['queued', 'running', 'success'],
  cancelled: ['queued', 'running'],
};

/** Whether a task instance may go from one state to another. */
export function canTransition(from: TaskState, to: TaskState): boolean {
  return TASK_TRANSITIONS[from].includes(to);
}
