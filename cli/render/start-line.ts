import type { RunView } from '../../core/store/run-view.ts';
import { shortRunId } from './run-name.ts';
import { fanOutOf } from './run-tracker.ts';
import { spanText } from './time-text.ts';

/** `pipeline run 019ae3f2-7c11  5 of 6 tasks × 3 keys (visualize not selected)`. */
export function runLine(view: RunView): string {
  return `${view.run.dagId} run ${shortRunId(view.run.uid)}  ${scopeText(view)}`;
}

/** What of the DAG the run does. */
export function scopeText(view: RunView): string {
  const { spec } = view.version;
  const left = new Set(spec.tasks.map((task) => task.path));
  for (const task of view.tasks) if (task.state !== 'not_selected') left.delete(task.taskId);
  const chosen = spec.tasks.length - left.size;
  const tasks = left.size === 0 ? `${chosen} ${chosen === 1 ? 'task' : 'tasks'}` : `${chosen} of ${spec.tasks.length} tasks`;
  const keys = new Set(view.tasks.flatMap((task) => (task.key === null || task.state === 'not_selected' ? [] : [`${fanOutOf(task)}[${task.key}]`])));
  const names = [...left].map((path) => path.slice(path.lastIndexOf('.') + 1));
  const shown = names.length > 4 ? `${names.slice(0, 4).join(', ')}, ... not selected` : `${names.join(', ')} not selected`;
  return `${tasks}${keys.size > 0 ? ` × ${keys.size} ${keys.size === 1 ? 'key' : 'keys'}` : ''}${left.size > 0 ? ` (${shown})` : ''}`;
}

/** The first line of a run that an earlier process began. */
export function resumedText(view: RunView, now: number): string {
  const began = spanText(now - view.run.createdAt);
  return `resuming run ${view.run.uid}, interrupted: ${view.completed} of ${view.total} tasks were done; it began ${began} ago`;
}
