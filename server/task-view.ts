import { AppError } from '../core/model/errors.ts';
import type { NodeNo } from '../core/model/ids.ts';
import type { Json } from '../core/model/json.ts';
import { readText } from '../core/store/stored-text.ts';
import { isTaskFinished } from '../core/store/task-filter.ts';
import type { TaskRecord } from '../core/store/task-reads.ts';
import { TASK_SORTS, type TaskOrder, type TaskSort } from '../core/store/task-walk.ts';
import type { Access } from './access.ts';
import type { Task, TaskDetail } from './schemas/task.ts';
import type { Services } from './services.ts';
import { instant } from './views.ts';

/** A task by its id, if its type may be used. */
export async function findTask(
  { store }: Pick<Services, 'store'>,
  access: Access,
  taskId: string,
): Promise<TaskRecord> {
  const run = await access.run(taskId);
  const task = await store.tasks.task(run.runNo);
  if (task === null) throw new AppError('not_found', `there is no task ${taskId}`);
  return task;
}

/** A task as lists have it: its result, which may be long, is read by its id. */
export function taskView(task: TaskRecord, now: number): Task {
  const { run, error, progress } = task;
  return {
    taskId: run.uid,
    type: run.dagId,
    name: run.taskName,
    state: task.state,
    reason: task.reason,
    priority: run.priority,
    params: { ...run.params },
    attempts: task.attempts,
    progress: percentOf(task),
    currentStep: isTaskFinished(task.state) ? null : (progress?.step ?? null),
    etaSeconds: etaOf(task, now),
    error: error === null ? null : { name: error.name, message: error.message },
    createdBy: run.createdBy ?? null,
    createdAt: instant(run.createdAt),
    startedAt: instant(task.startedAt),
    finishedAt: instant(task.finishedAt),
    updatedAt: instant(task.updatedAt),
  };
}

/** A task with its result. */
export async function taskDetail({ store, clock }: Services, task: TaskRecord): Promise<TaskDetail> {
  return { ...taskView(task, clock.now()), ...(await resultOf(store, task)) };
}

/** What a task gave; one that did not succeed gave nothing. */
export async function resultOf(
  store: Services['store'],
  { run }: TaskRecord,
): Promise<Pick<TaskDetail, 'result' | 'resultFile'>> {
  const output = (await store.outputs(run.runNo, [0 as NodeNo])).get(0 as NodeNo);
  if (output === undefined) return { result: null, resultFile: null };
  if ('json' in output) return { result: readText<Json>('task_output.json', output.json), resultFile: null };
  return { result: null, resultFile: { sha256: output.sha256, bytes: output.bytes } };
}

function percentOf({ state, progress }: TaskRecord): number {
  if (state === 'success') return 100;
  if (progress === null || progress.total <= 0) return 0;
  return Math.max(0, Math.min(100, Math.round((progress.done / progress.total) * 1_000) / 10));
}

/** How long a task that runs takes still, if it gets on as it has so far. */
function etaOf({ state, progress, startedAt }: TaskRecord, now: number): number | null {
  if (state !== 'running' || startedAt === null || progress === null || progress.done <= 0) return null;
  const leftShare = Math.max(0, progress.total - progress.done) / progress.done;
  return Math.round((Math.max(0, now - startedAt) * leftShare) / 1_000);
}

/** By what a list of tasks is sorted, as its query says. */
export function orderOf(sort: string): TaskOrder {
  const descending = sort.startsWith('-');
  const name = descending ? sort.slice(1) : sort;
  return { by: TASK_SORTS.find((one) => one === name) ?? 'createdAt', descending };
}

/** Whether the values of an order are texts. */
export function isTextSort(by: TaskSort): boolean {
  return by === 'type' || by === 'name';
}
