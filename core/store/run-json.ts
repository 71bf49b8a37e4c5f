import { assetFacts } from '../model/asset.ts';
import type { RunRecord } from '../model/run.ts';
import type { InstanceView, RunView } from './run-view.ts';
import { readText } from './stored-text.ts';

/** An RFC 3339 instant. */
function instantText(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A run as programs see it. */
export function runJson(run: RunRecord): object {
  return {
    runId: run.uid,
    dagId: run.dagId,
    version: run.versionNo,
    state: run.state,
    trigger: run.trigger,
    triggeringEvents: assetFacts(run.cause),
    scope: run.scope,
    params: run.params,
    priority: run.priority ?? null,
    createdBy: run.createdBy ?? null,
    logicalDate: instantText(run.logicalAt),
    createdAt: instantText(run.createdAt),
    startedAt: instantText(run.startedAt),
    endedAt: instantText(run.endedAt),
    durationMs: run.startedAt === null || run.endedAt === null ? null : run.endedAt - run.startedAt,
    because: run.because,
  };
}

/** A run with all its task instances as programs see it. */
export function runViewJson(view: RunView): object {
  const { total, completed, progress, counts } = view;
  return { ...runJson(view.run), total, completed, progress, counts, tasks: view.tasks.map(taskJson) };
}

function taskJson(task: InstanceView): object {
  const { output } = task;
  return {
    taskId: task.taskId,
    key: task.key,
    state: task.state,
    reason: task.state === 'failed' || task.state === 'cancelled' ? task.reason : null,
    attempts: task.attempts,
    startedAt: instantText(task.startedAt),
    endedAt: instantText(task.endedAt),
    durationMs: task.durationMs,
    because: task.because,
    error: task.error === null ? null : { name: task.error.name, message: task.error.message },
    output: output !== null && 'json' in output ? readText<unknown>('task_output.json', output.json) : null,
    ...(output !== null && 'sha256' in output
      ? { outputFile: { sha256: output.sha256, bytes: output.bytes } }
      : {}),
  };
}
