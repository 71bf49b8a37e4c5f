import { isFinished, S } from '../../core/model/states.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';
import { instantText } from './time-text.ts';

/** Version of the events; a change that breaks readers raises it. */
const V = 1;

/** An event of `--json`, written as one line. */
export type RunEvent = { readonly v: 1; readonly type: string; readonly [field: string]: unknown };

/**
 * Turns updates of a run into events: each instance has exactly one `task.finished`, `run.finished` comes
 * last.
 */
export interface RunEvents {
  start(view: RunView, resumed: boolean): RunEvent[];
  update(update: RunUpdate): RunEvent[];
  end(view: RunView): RunEvent[];
}

/** Events for one followed run. Changes before `sinceAt` are history: known, not told. */
export function createRunEvents(sinceAt = 0): RunEvents {
  const finished = new Set<string>();
  let runId = '';
  const finish = (instance: InstanceView): RunEvent[] => {
    if (finished.has(instance.name)) return [];
    finished.add(instance.name);
    return [taskFinished(runId, instance)];
  };
  return {
    start: (view, resumed) => {
      runId = view.run.uid;
      const { run, total } = view;
      return [{ v: V, type: 'run.started', dagId: run.dagId, runId, state: run.state, resumed, total }];
    },
    update: (update) => {
      if (update.type === 'ended') return [];
      if (update.type === 'metric') return [taskMetric(runId, update.instance, update.metric)];
      if (update.type === 'progress') return taskProgress(runId, update.instance);
      const { record, instance } = update;
      if (record.at < sinceAt || record.from === record.to || instance === null) return [];
      if (isFinished(S[instance.state])) return finish(instance);
      return [taskChanged(runId, instance, record.at)];
    },
    end: (view) => [...view.tasks.flatMap(finish), runFinished(view)],
  };
}

function identity(runId: string, instance: InstanceView) {
  return { runId, taskId: instance.taskId, key: instance.key };
}

function taskChanged(runId: string, instance: InstanceView, at: number): RunEvent {
  const { state, attempts, because } = instance;
  const dueAt = instance.dueAt === null ? {} : { dueAt: instantText(instance.dueAt) };
  return {
    v: V,
    type: 'task.changed',
    ...identity(runId, instance),
    state,
    attempt: attempts,
    at: instantText(at),
    ...dueAt,
    because,
  };
}

function taskFinished(runId: string, instance: InstanceView): RunEvent {
  const { state, reason, attempts, durationMs, because, error } = instance;
  const failure = error === null ? {} : { error: { name: error.name, message: error.message } };
  return {
    v: V,
    type: 'task.finished',
    ...identity(runId, instance),
    state,
    reason: state === 'failed' || state === 'cancelled' ? reason : null,
    attempt: attempts,
    durationMs,
    because,
    ...failure,
  };
}

function taskMetric(
  runId: string,
  instance: InstanceView,
  metric: { name: string; value: number; at: number },
): RunEvent {
  const { name, value, at } = metric;
  return { v: V, type: 'task.metric', ...identity(runId, instance), name, value, at: instantText(at) };
}

function taskProgress(runId: string, instance: InstanceView): RunEvent[] {
  if (instance.progress === null) return [];
  const { done, total, step } = instance.progress;
  return [{ v: V, type: 'task.progress', ...identity(runId, instance), done, total, step }];
}

function runFinished({ run, counts }: RunView): RunEvent {
  const durationMs = run.endedAt === null ? null : run.endedAt - (run.startedAt ?? run.createdAt);
  return {
    v: V,
    type: 'run.finished',
    dagId: run.dagId,
    runId: run.uid,
    state: run.state,
    counts,
    durationMs,
  };
}
