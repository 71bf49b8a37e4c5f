import { AppError } from '../core/model/errors.ts';
import { tasksInstead } from '../core/model/no-such-task.ts';
import type { InstanceView, RunView } from '../core/store/run-view.ts';
import { shortRunId } from './render/run-name.ts';

/**
 * The task instances that a name means: an instance `symbol[BTC].clean`, a path (all keys), a last segment if
 * only one task has it, or `clean[BTC]`.
 */
export function findInstances(view: RunView, name: string): readonly InstanceView[] {
  const [, bare = name, key] = /^([^[]*)\[(.*)\]$/.exec(name) ?? [];
  const matches = [
    (task: InstanceView) => task.name === name,
    (task: InstanceView) => task.taskId === bare && (key === undefined || task.key === key),
    (task: InstanceView) => task.taskId.endsWith(`.${bare}`) && (key === undefined || task.key === key),
  ];
  for (const match of matches) {
    const found = view.tasks.filter(match);
    if (found.length > 0) return found;
  }
  const known = view.tasks.flatMap((task) => (task.key === null ? [task.taskId] : [task.name, task.taskId]));
  throw new AppError(
    'not_found',
    `Run ${shortRunId(view.run.uid)} has no task '${name}': ${tasksInstead(name, known)}`,
  );
}
