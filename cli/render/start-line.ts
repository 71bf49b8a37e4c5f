import type { RunView } from '../../core/store/run-view.ts';
import { counted } from './counted.ts';
import type { FollowKind } from './presenter.ts';
import { fanOutOf } from './run-tracker.ts';
import { spanText } from './time-text.ts';

/** What the first line of a followed run says after its name and id. */
export function startText(view: RunView, how: FollowKind, now: number): string {
  const { run, completed, total } = view;
  if (how === 'resumed') {
    const began = spanText(now - run.createdAt);
    return `resumed: it was interrupted after ${completed} of ${total} tasks and began ${began} ago`;
  }
  if (how === 'retried') return `retried: ${total - completed} of ${total} tasks run again`;
  return run.state === 'queued'
    ? `queued: ${run.because?.text ?? scopeText(view)}`
    : `started: ${scopeText(view)}`;
}

/** What of the DAG the run does. */
export function scopeText(view: RunView): string {
  const { spec } = view.version;
  const left = new Set(spec.tasks.map((task) => task.path));
  for (const task of view.tasks) if (task.state !== 'not_selected') left.delete(task.taskId);
  const chosen = spec.tasks.length - left.size;
  const tasks =
    left.size === 0
      ? `${chosen} ${chosen === 1 ? 'task' : 'tasks'}`
      : `${chosen} of ${spec.tasks.length} tasks`;
  const keys = new Set(
    view.tasks.flatMap((task) =>
      task.key === null || task.state === 'not_selected' ? [] : [`${fanOutOf(task)}[${task.key}]`],
    ),
  );
  const names = [...left].map((path) => path.slice(path.lastIndexOf('.') + 1));
  const shown =
    names.length > 4
      ? `${names.slice(0, 4).join(', ')}, ... not selected`
      : `${names.join(', ')} not selected`;
  const times = keys.size === 0 ? '' : ` × ${counted(keys.size, 'key')}`;
  return `${tasks}${times}${left.size > 0 ? ` (${shown})` : ''}`;
}
