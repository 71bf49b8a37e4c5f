import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import type { RunWorld } from './run-world.ts';

/** When a running run reaches its timeout, in wall time; `null` if it has none, or is being ended already. */
export function timeoutAt(run: RunWorld): number | null {
  const { timeoutMs } = run.graph.spec;
  const { state, startedAt } = run.record;
  if (timeoutMs === undefined || startedAt === null || state === 'queued' || isRunFinished(state))
    return null;
  return run.abort ? null : startedAt + timeoutMs;
}

/**
 * When a run is to be over, in wall time; `null` without a deadline. It counts from when the slot of the run
 * was due: for an interval its end. Runs that no slot made, and those of backfills, count from their making.
 */
export function deadlineAt(
  { trigger, intervalEndAt, logicalAt, createdAt }: RunRecord,
  deadlineMs: number | undefined,
): number | null {
  if (deadlineMs === undefined) return null;
  return (trigger === 'schedule' ? (intervalEndAt ?? logicalAt ?? createdAt) : createdAt) + deadlineMs;
}

/** The deadline that a run may still miss, in wall time. */
export function openDeadlineAt(run: RunWorld): number | null {
  const { deadlineMs } = run.graph.spec;
  if (deadlineMs === undefined || isRunFinished(run.record.state)) return null;
  if (run.told.has('passed') || run.told.has('over')) return null;
  return deadlineAt(run.record, deadlineMs);
}

/** When a run is to be looked at for its timeout or its deadline, in wall time; infinite: not at all. */
export function nextLookAt(run: RunWorld): number {
  const dueAt = openDeadlineAt(run);
  const byDeadline = dueAt === null ? Number.POSITIVE_INFINITY : Math.min(dueAt, run.forecastAt);
  return Math.min(timeoutAt(run) ?? Number.POSITIVE_INFINITY, byDeadline);
}
