import type { TaskError } from '../model/attempt.ts';
import type { AttemptId } from '../model/ids.ts';
import type { PlannerEvent } from '../planner/plan.ts';

/** The end of an attempt that was never handed over, for good. */
export function refusal(attemptId: AttemptId, at: number, error: TaskError): PlannerEvent {
  const outcome = { kind: 'failed', error, final: true } as const;
  return { type: 'attempt', event: { type: 'attempt.ended', attemptId, startedAt: at, at, outcome } };
}
