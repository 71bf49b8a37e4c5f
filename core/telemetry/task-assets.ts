import type { DagSpec, TaskSpec } from '../model/dag.ts';

/** Assets of a task by their URIs. */
export interface TaskAssets {
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
}

/**
 * What a task makes is what it says. What it reads is what the tasks directly before it make; a task with
 * nothing before it reads the assets whose events start runs of its DAG.
 */
export function taskAssets(spec: DagSpec, path: string): TaskAssets {
  const task = spec.tasks.find((one) => one.path === path);
  if (task === undefined) return { consumes: [], produces: [] };
  const before = pathsBefore(spec, task);
  const consumes =
    before.length === 0
      ? (spec.schedule ?? []).flatMap((one) => (one.kind === 'assets' ? one.assets : []))
      : spec.tasks
          .filter((one) => before.some((name) => one.path === name || one.path.startsWith(`${name}.`)))
          .flatMap(({ produces }) => produces ?? []);
  return { consumes: [...new Set(consumes)].sort(), produces: task.produces ?? [] };
}

/** The tasks and fan-outs that a task, or a fan-out around it, names as coming before. */
function pathsBefore(spec: DagSpec, task: TaskSpec): readonly string[] {
  const named = ({ needs, after }: Pick<TaskSpec, 'needs' | 'after'>): string[] => [
    ...Object.values(needs ?? {}),
    ...(after ?? []),
  ];
  const paths = named(task);
  for (let at = task.fanOut; at !== undefined; at = spec.fanOuts?.[at]?.parent) {
    const fanOut = spec.fanOuts?.[at];
    if (fanOut !== undefined) paths.push(...named(fanOut));
  }
  return paths;
}
