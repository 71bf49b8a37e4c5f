import { AppError } from '../model/errors.ts';
import { tasksInstead } from '../model/no-such-task.ts';
import type { RunWorld } from '../planner/run-world.ts';

/**
 * The nodes of an instance name such as `symbol[BTC].collect`, or of a task path: all its instances.
 * @throws AppError `not_found`, with its place in the request where that has one
 */
export function nodesNamed(run: RunWorld, name: string, pointer?: string): number[] {
  const found: number[] = [];
  const names: string[] = [];
  for (const { node, template } of run.existing()) {
    if (!run.isTask(template)) continue;
    const instance = run.nameOf(node);
    const path = run.graph.spec.tasks[run.graph.source[template] as number]?.path;
    if (instance === name || path === name) found.push(node);
    else names.push(instance);
  }
  if (found.length > 0) return found;
  throw noSuchTask(name, names, pointer);
}

/** The refusal of a name that no task of a run has. */
export function noSuchTask(name: string, names: readonly string[], pointer?: string): AppError {
  const detail = `the run has no task '${name}': ${tasksInstead(name, names)}`;
  return new AppError('not_found', detail, pointer === undefined ? {} : { errors: [{ pointer, detail }] });
}
