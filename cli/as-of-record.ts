import type { TryNo } from '../core/model/ids.ts';
import { TASK_STATES, type TaskState } from '../core/model/states.ts';
import type { RunUpdate } from '../core/scheduler/session.ts';

/**
 * A change with its instance as it was right after it. A follower that comes late is told old lines with the
 * state of now: what the line itself says is put in its place.
 */
export function asOfRecord(update: RunUpdate): RunUpdate {
  if (update.type !== 'change' || update.instance === null) return update;
  const { record, instance } = update;
  const state = TASK_STATES.find((name): name is TaskState => name === record.to);
  const tryNo = record.tryNo ?? instance.attempts;
  if (state === undefined || (state === instance.state && tryNo === instance.attempts)) return update;
  const { error, delayMs } = record.because;
  return {
    ...update,
    instance: {
      ...instance,
      state,
      attempts: tryNo as TryNo,
      reason: null,
      because: record.because,
      startedAt: state === 'running' ? record.at : null,
      endedAt: null,
      durationMs: null,
      dueAt: typeof delayMs === 'number' ? record.at + delayMs : null,
      error: typeof error === 'string' ? { name: 'Error', message: error } : null,
      log: null,
    },
  };
}
