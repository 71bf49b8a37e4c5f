import type { HookRecord } from '../model/hook.ts';

/** A hook job as programs see it. */
export function hookJson(job: HookRecord): object {
  const text = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
  const { id, hook, task, key, try: attempt, cause, because } = job.event;
  const { state, tries, error } = job;
  const times = { startedAt: text(job.startedAt), endedAt: text(job.endedAt) };
  return { id, hook, taskId: task, key, attempt, cause, because, state, tries, ...times, error };
}
