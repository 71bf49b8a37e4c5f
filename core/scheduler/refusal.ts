import type { Outcome, TaskError } from '../model/attempt.ts';
import type { AttemptId } from '../model/ids.ts';
import type { PlannerEvent } from '../planner/plan.ts';

/** The end of an attempt that could not be handed over, for good. */
export function refusal(attemptId: AttemptId, at: number, error: TaskError): PlannerEvent {
  return neverStarted(attemptId, at, { kind: 'failed', error, final: true });
}

/** The end of an attempt that no process was started for. */
export function neverStarted(attemptId: AttemptId, at: number, outcome: Outcome): PlannerEvent {
  return { type: 'attempt', event: { type: 'attempt.ended', attemptId, startedAt: at, at, outcome } };
}
