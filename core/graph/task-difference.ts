import type { DagSpec } from '../model/dag.ts';

/** Paths of tasks that come, go, and are declared otherwise, from one declaration of a DAG to another. */
export interface TaskDifference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** How the tasks of two declarations of a DAG differ. */
export function taskDifference(
  before: Pick<DagSpec, 'tasks'>,
  after: Pick<DagSpec, 'tasks'>,
): TaskDifference {
  const old = new Map(before.tasks.map((task) => [task.path, JSON.stringify(task)]));
  const now = new Map(after.tasks.map((task) => [task.path, JSON.stringify(task)]));
  return {
    added: [...now.keys()].filter((path) => !old.has(path)),
    removed: [...old.keys()].filter((path) => !now.has(path)),
    changed: [...now].flatMap(([path, text]) => (old.has(path) && old.get(path) !== text ? [path] : [])),
  };
}
