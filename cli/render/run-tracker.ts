import { isFinished, S, type TaskState } from '../../core/model/states.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';

/** The instances of one key of a fan-out: one line on the screen. */
export interface KeyGroup {
  readonly fanOut: string;
  readonly key: string;
  readonly members: Map<string, InstanceView>;
  /** How many selected tasks a key of this fan-out has. */
  readonly expected: number;
  /** Set by a renderer that has shown the finished group. */
  shown: boolean;
}

/** What is known of a run that is being followed; a renderer reads it, updates change it. */
export interface RunTracker {
  readonly view: RunView;
  readonly instances: ReadonlyMap<string, InstanceView>;
  readonly groups: ReadonlyMap<string, KeyGroup>;
  /** Metrics by instance name. */
  readonly metrics: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Instances by state. */
  readonly counts: ReadonlyMap<TaskState, number>;
  /** Selected instances that are finished, and all of them as far as they are known. */
  readonly completed: number;
  readonly total: number;
  /** Tasks of a path per key, in the order of the DAG. */
  order(taskId: string): number;
  retriesOf(taskId: string): number;
  /** A newer view: totals grow when fan-outs expand. */
  refresh(view: RunView): void;
  apply(update: RunUpdate): void;
  groupOf(instance: InstanceView): KeyGroup | null;
}

/** Follows a run from its first view on. */
export function trackRun(first: RunView): RunTracker {
  let view = first;
  const instances = new Map<string, InstanceView>();
  const groups = new Map<string, KeyGroup>();
  const metrics = new Map<string, Map<string, number>>();
  const counts = new Map<TaskState, number>();
  let completed = 0;
  const order = new Map(first.version.spec.tasks.map((task, index) => [task.path, index]));
  const retries = new Map(first.version.spec.tasks.map((task) => [task.path, task.retries?.max ?? 0]));
  const sizes = fanOutSizes(first);

  const count = (state: TaskState, by: number): void => {
    counts.set(state, (counts.get(state) ?? 0) + by);
    if (isFinished(S[state]) && state !== 'not_selected') completed += by;
  };
  const groupOf = (instance: InstanceView): KeyGroup | null => {
    const fanOut = fanOutOf(instance);
    if (fanOut === null || instance.key === null) return null;
    const id = `${fanOut}[${instance.key}]`;
    let group = groups.get(id);
    if (group === undefined) {
      group = { fanOut, key: instance.key, members: new Map(), expected: sizes.get(fanOut) ?? 1, shown: false };
      groups.set(id, group);
    }
    return group;
  };
  const put = (instance: InstanceView): void => {
    const before = instances.get(instance.name);
    if (before !== undefined) count(before.state, -1);
    count(instance.state, 1);
    instances.set(instance.name, instance);
    const group = instance.state === 'not_selected' ? null : groupOf(instance);
    if (group === null) return;
    group.members.set(instance.taskId, instance);
    if (!isFinished(S[instance.state])) group.shown = false;
  };

  return {
    get view() {
      return view;
    },
    instances,
    groups,
    metrics,
    counts,
    get completed() {
      return completed;
    },
    get total() {
      return Math.max(view.total, completed);
    },
    order: (taskId) => order.get(taskId) ?? 0,
    retriesOf: (taskId) => retries.get(taskId) ?? 0,
    refresh: (next) => {
      view = next;
    },
    apply: (update) => {
      if (update.type === 'ended') {
        view = update.view;
        return;
      }
      if (update.instance !== null) put(update.instance);
      if (update.type !== 'metric') return;
      const known = metrics.get(update.instance.name) ?? new Map<string, number>();
      metrics.set(update.instance.name, known.set(update.metric.name, update.metric.value));
    },
    groupOf,
  };
}

/** The path of the innermost fan-out around an instance, or `null`. */
export function fanOutOf(instance: InstanceView): string | null {
  return instance.key === null ? null : instance.name.slice(0, instance.name.indexOf('['));
}

/** Selected tasks directly in each fan-out. */
function fanOutSizes(view: RunView): Map<string, number> {
  const { spec } = view.version;
  const templates = new Map(view.tasks.filter((task) => task.key === null).map((task) => [task.taskId, task.state]));
  const expanded = new Map<string, boolean>();
  for (const task of view.tasks) {
    if (task.key === null) continue;
    expanded.set(task.taskId, (expanded.get(task.taskId) ?? false) || task.state !== 'not_selected');
  }
  const sizes = new Map<string, number>();
  for (const task of spec.tasks) {
    const fanOut = task.fanOut === undefined ? undefined : spec.fanOuts?.[task.fanOut];
    if (fanOut === undefined) continue;
    const isSelected = expanded.get(task.path) ?? templates.get(task.path) !== 'not_selected';
    if (isSelected) sizes.set(fanOut.path, (sizes.get(fanOut.path) ?? 0) + 1);
  }
  return sizes;
}

/** Whether every selected task of a key is finished. */
export function isGroupDone(group: KeyGroup): boolean {
  if (group.members.size < group.expected) return false;
  for (const member of group.members.values()) if (!isFinished(S[member.state])) return false;
  return true;
}
