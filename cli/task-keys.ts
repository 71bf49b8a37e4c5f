import type { DagSpec, TaskSpec } from '../core/model/dag.ts';
import { AppError } from '../core/model/errors.ts';
import { parseKeyText } from '../core/model/ids.ts';

/**
 * The keys around one instance of a task, outermost first, as `--key` names them: the key itself in one
 * fan-out, a path in nested ones. None is given: an instance without keys.
 */
export function taskKeys(spec: DagSpec, task: TaskSpec, given: readonly string[]): readonly string[] {
  const [name, ...more] = given;
  if (name === undefined) return [];
  const around = fanOutsAround(spec, task);
  const form = `--key ${around.map((path) => path.slice(path.lastIndexOf('.') + 1).toUpperCase()).join('/')}`;
  if (around.length === 0)
    throw new AppError('usage', `Task '${task.path}' is in no fan-out: it has no keys.`);
  if (more.length > 0)
    throw new AppError('usage', `Task '${task.path}' is tested for one instance: write ${form} once.`);
  if (around.length === 1) return [name];
  const keys = parseKeyText(name);
  if (keys.length === around.length && !keys.includes('*')) return keys;
  throw new AppError(
    'usage',
    `'--key ${name}' names no instance of task '${task.path}', which is in ${around.length} fan-outs ` +
      `(${around.join(', ')}): write ${form} with a key of each.`,
  );
}

/** Paths of the fan-outs around a task, outermost first. */
function fanOutsAround({ fanOuts = [] }: DagSpec, task: TaskSpec): string[] {
  const paths: string[] = [];
  for (let at = task.fanOut; at !== undefined; at = fanOuts[at]?.parent)
    paths.unshift(fanOuts[at]?.path ?? '');
  return paths;
}
