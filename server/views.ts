import type { TaskError } from '../core/model/attempt.ts';
import type { Because } from '../core/model/because.ts';
import type { RunNo } from '../core/model/ids.ts';
import type { AttemptRecord } from '../core/model/run.ts';
import { runJson } from '../core/store/run-json.ts';
import type { InstanceView } from '../core/store/run-view.ts';
import type { RunProgress } from '../core/store/state-tables.ts';
import type { Attempt, Run, TaskInstance } from './schemas/run.ts';

/** An RFC 3339 instant. */
export function instant(at: number): string;
export function instant(at: number | null): string | null;
export function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function reason(because: Because | null): (Because & { text: string }) | null {
  return because;
}

function span(startedAt: number | null, endedAt: number | null): number | null {
  return startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt);
}

export function errorView(error: TaskError | null): { name: string; message: string } | null {
  return error === null ? null : { name: error.name, message: error.message };
}

export function runDetail({ run, total, completed, progress, counts }: RunProgress) {
  return { ...(runJson(run) as Run), total, completed, progress, counts: { ...counts } };
}

export function taskInstance(runNo: RunNo, task: InstanceView): TaskInstance {
  const { progress } = task;
  const isExplained = task.state === 'failed' || task.state === 'cancelled';
  return {
    taskInstanceId: `${runNo}.${task.nodeNo}`,
    taskId: task.taskId,
    key: task.key,
    name: task.name,
    stage: task.stage,
    state: task.state,
    reason: isExplained ? task.reason : null,
    attempts: task.attempts,
    startedAt: instant(task.startedAt),
    endedAt: instant(task.endedAt),
    durationMs: task.durationMs,
    dueAt: instant(task.dueAt),
    because: reason(task.because),
    error: errorView(task.error),
    progress: progress === null ? null : { done: progress.done, total: progress.total, step: progress.step },
  };
}

/** The attempts of an instance, oldest first; `past` has all but the current one. */
export function attempts(runNo: RunNo, task: InstanceView, past: readonly AttemptRecord[]): Attempt[] {
  const current =
    task.attempts === 0 || past.at(-1)?.tryNo === task.attempts ? [] : [{ ...task, tryNo: task.attempts }];
  return [...past, ...current].map((one) => ({
    attemptId: `${runNo}.${task.nodeNo}.${one.tryNo}`,
    tryNo: one.tryNo,
    state: one.state,
    reason: one.state === 'failed' || one.state === 'cancelled' ? one.reason : null,
    startedAt: instant(one.startedAt),
    endedAt: instant(one.endedAt),
    durationMs: span(one.startedAt, one.endedAt),
    because: reason(one.because),
    error: errorView(one.error),
  }));
}
