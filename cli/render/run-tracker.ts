import { isFinished, S } from '../../core/model/states.ts';
import type { RunUpdate } from '../../core/scheduler/session.ts';
import type { InstanceView, RunView } from '../../core/store/run-view.ts';
import { displayWidth } from './text-width.ts';

export const NAME_COLUMNS_MAX = 28;
const NAME_COLUMNS_MIN = 12;

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
export class RunTracker {
  readonly instances: ReadonlyMap<string, InstanceView>;
  readonly groups: ReadonlyMap<string, KeyGroup>;
  /** Metrics by instance name. */
  readonly metrics: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly #instances = new Map<string, InstanceView>();
  readonly #groups = new Map<string, KeyGroup>();
  readonly #metrics = new Map<string, Map<string, number>>();
  readonly #order: ReadonlyMap<string, number>;
  readonly #retries: ReadonlyMap<string, number>;
  readonly #fanOuts: ReadonlyMap<string, string>;
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #expansionsTold = new Set<string>();
  #view: RunView;
  #keys: ReadonlyMap<string, ReadonlySet<string>>;
  #completed = 0;
  #nameColumns = NAME_COLUMNS_MIN;

  /** Follows a run from its first view on. */
  constructor(first: RunView) {
    this.instances = this.#instances;
    this.groups = this.#groups;
    this.metrics = this.#metrics;
    this.#view = first;
    const { tasks, fanOuts } = first.version.spec;
    this.#order = new Map(tasks.map((task, index) => [task.path, index]));
    this.#retries = new Map(tasks.map((task) => [task.path, task.retries?.max ?? 0]));
    this.#fanOuts = new Map(
      tasks.flatMap(({ path, fanOut }) => {
        const around = fanOut === undefined ? undefined : fanOuts?.[fanOut];
        return around === undefined ? [] : [[path, around.path]];
      }),
    );
    this.#sizes = fanOutSizes(first);
    this.#keys = this.#keysIn(first);
  }

  /** The newest view: totals grow when fan-outs expand. */
  get view(): RunView {
    return this.#view;
  }

  set view(view: RunView) {
    this.#view = view;
    this.#keys = this.#keysIn(view);
  }

  /** How many keys of a fan-out the run does, those included of which nothing has begun. */
  keysOf(fanOut: string): number {
    return this.#keys.get(fanOut)?.size ?? 0;
  }

  /** Selected instances that are finished. */
  get completed(): number {
    return this.#completed;
  }

  /** Selected instances as far as they are known. */
  get total(): number {
    return Math.max(this.#view.total, this.#completed);
  }

  /** The column in which names end, so that what follows stands in line. */
  get nameColumns(): number {
    return this.#nameColumns;
  }

  /**
   * Why the fan-out of an instance has no keys, to be told once for all of its tasks: `null` for every other
   * instance, and when it was told before.
   */
  expansionFailure({ state, key, because }: InstanceView): string | null {
    if (state !== 'upstream_failed' || because?.code !== 'expansion_failed') return null;
    const fanOut = `${because['fanOut']}[${key}]`;
    if (this.#expansionsTold.has(fanOut)) return null;
    this.#expansionsTold.add(fanOut);
    return because.text;
  }

  /** The position of a task in its DAG. */
  order(taskId: string): number {
    return this.#order.get(taskId) ?? 0;
  }

  retriesOf(taskId: string): number {
    return this.#retries.get(taskId) ?? 0;
  }

  apply(update: RunUpdate): void {
    if (update.type === 'ended') {
      this.#view = update.view;
      return;
    }
    if (update.instance !== null) this.#put(update.instance);
    if (update.type !== 'metric') return;
    const known = this.#metrics.get(update.instance.name) ?? new Map<string, number>();
    this.#metrics.set(update.instance.name, known.set(update.metric.name, update.metric.value));
  }

  /**
   * The key that an instance belongs to; `null` outside of fan-outs. The tasks of a fan-out without keys
   * inside a key (`symbol.day[BTC]`) are a group of their own: they say nothing of the tasks around them.
   */
  groupOf(instance: InstanceView): KeyGroup | null {
    const fanOut = this.#fanOuts.get(instance.taskId);
    if (fanOut === undefined || instance.key === null) return null;
    const id = `${fanOut}[${instance.key}]`;
    const known = this.#groups.get(id);
    if (known !== undefined) return known;
    const expected = this.#sizes.get(fanOut) ?? 1;
    const group = { fanOut, key: instance.key, members: new Map(), expected, shown: false };
    this.#groups.set(id, group);
    this.#nameColumns = Math.max(this.#nameColumns, Math.min(NAME_COLUMNS_MAX, displayWidth(id)));
    return group;
  }

  #keysIn({ tasks }: RunView): Map<string, Set<string>> {
    const keys = new Map<string, Set<string>>();
    for (const { taskId, key, state } of tasks) {
      const fanOut = this.#fanOuts.get(taskId);
      if (fanOut === undefined || key === null || state === 'not_selected') continue;
      const known = keys.get(fanOut);
      if (known === undefined) keys.set(fanOut, new Set([key]));
      else known.add(key);
    }
    return keys;
  }

  #put(instance: InstanceView): void {
    const before = this.#instances.get(instance.name);
    if (before !== undefined && isDone(before)) this.#completed--;
    if (isDone(instance)) this.#completed++;
    this.#instances.set(instance.name, instance);
    const group = instance.state === 'not_selected' ? null : this.groupOf(instance);
    if (group === null) return;
    group.members.set(instance.taskId, instance);
    if (!isFinished(S[instance.state])) group.shown = false;
  }
}

function isDone({ state }: InstanceView): boolean {
  return isFinished(S[state]) && state !== 'not_selected';
}

/** The path of the innermost fan-out around an instance, or `null`. */
export function fanOutOf(instance: InstanceView): string | null {
  return instance.key === null ? null : instance.name.slice(0, instance.name.indexOf('['));
}

/** Selected tasks directly in each fan-out. */
function fanOutSizes(view: RunView): Map<string, number> {
  const { spec } = view.version;
  const templates = new Map(
    view.tasks.filter((task) => task.key === null).map((task) => [task.taskId, task.state]),
  );
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
