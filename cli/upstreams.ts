import type { InstanceView, RunView } from '../core/store/run-view.ts';

/**
 * The instances directly before one: of the same key inside a fan-out, all keys of a fan-out from outside.
 */
export function upstreamsOf(view: RunView, instance: InstanceView): readonly InstanceView[] {
  const { spec } = view.version;
  const task = spec.tasks.find(({ path }) => path === instance.taskId);
  if (task === undefined) return [];
  const fanOuts = new Map((spec.fanOuts ?? []).map((fanOut) => [fanOut.path, fanOut]));
  const around = task.fanOut === undefined ? undefined : spec.fanOuts?.[task.fanOut];
  const inside = [...Object.values(task.needs ?? {}), ...(task.after ?? [])];
  const isRoot = around !== undefined && !inside.some((path) => path.startsWith(`${around.path}.`));
  const before = isRoot ? [...Object.values(around.needs ?? {}), ...(around.after ?? [])] : [];
  const paths = new Set([...inside, ...before].map((path) => fanOuts.get(path)?.returns ?? path));
  return view.tasks.filter(
    ({ taskId, key }) => paths.has(taskId) && (key === null || instance.key === null || key === instance.key),
  );
}
