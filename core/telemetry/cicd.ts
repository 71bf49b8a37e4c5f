import { type BecauseCode, isEndedForPause } from '../model/because.ts';
import type { Reason, RunState, TaskState } from '../model/states.ts';

/**
 * The words of OpenTelemetry's conventions for CI/CD, all in one place: they are not stable yet. What they
 * have no word for is called `orch.`.
 */
export const ATTRIBUTE = {
  serviceName: 'service.name',
  serviceVersion: 'service.version',
  errorType: 'error.type',
  pipelineName: 'cicd.pipeline.name',
  pipelineAction: 'cicd.pipeline.action.name',
  pipelineResult: 'cicd.pipeline.result',
  runId: 'cicd.pipeline.run.id',
  runState: 'cicd.pipeline.run.state',
  taskName: 'cicd.pipeline.task.name',
  taskRunId: 'cicd.pipeline.task.run.id',
  taskRunResult: 'cicd.pipeline.task.run.result',
  workerState: 'cicd.worker.state',
  systemComponent: 'cicd.system.component',
  trigger: 'orch.run.trigger',
  logicalDate: 'orch.run.logical_date',
  instance: 'orch.task.instance',
  state: 'orch.task.state',
  attempt: 'orch.attempt.id',
  attemptNumber: 'orch.attempt.number',
  because: 'orch.because',
  asset: 'orch.asset',
} as const;

/** Of `cicd.pipeline.action.name`. */
export const ACTION = 'RUN';
/** Of `error.type`, where nothing better is known. */
export const OTHER_ERROR = '_OTHER';

export const METRIC = {
  runDuration: { name: 'cicd.pipeline.run.duration', unit: 's' },
  runActive: { name: 'cicd.pipeline.run.active', unit: '{run}' },
  runErrors: { name: 'cicd.pipeline.run.errors', unit: '{error}' },
  workerCount: { name: 'cicd.worker.count', unit: '{count}' },
  systemErrors: { name: 'cicd.system.errors', unit: '{error}' },
} as const;

/** The values of `cicd.pipeline.result` and `cicd.pipeline.task.run.result`; `deferred` is our own. */
export type Result = 'success' | 'failure' | 'error' | 'timeout' | 'cancellation' | 'skip' | 'deferred';

/** How a run ended. */
export function runResult(state: RunState, code: BecauseCode): Result {
  if (code === 'run_timed_out') return 'timeout';
  if (state === 'success') return 'success';
  return state === 'cancelled' ? 'cancellation' : 'failure';
}

/** How an attempt or a task instance ended: an attempt that is retried, by what it failed with. */
export function taskResult(to: TaskState, reason: Reason | null, code: BecauseCode): Result {
  if (to === 'success') return 'success';
  if (to === 'skipped' || to === 'upstream_failed') return 'skip';
  if (to === 'waiting') return 'deferred';
  if (reason === 'timeout' || reason === 'run_timeout') return 'timeout';
  if (to === 'cancelled' || to === 'removed' || isEndedForPause(code)) return 'cancellation';
  return reason === 'lost' ? 'error' : 'failure';
}

/** Whether a result is said with an error. */
export function isBad(result: Result): boolean {
  return result === 'failure' || result === 'error' || result === 'timeout';
}

/** Of `cicd.pipeline.run.state`. */
export function runPhase(state: RunState): 'pending' | 'executing' {
  return state === 'queued' ? 'pending' : 'executing';
}
