import type { Problems } from './problems.ts';
import {
  authorPathOf,
  type Entry,
  type ForEachEntry,
  type GroupEntry,
  nameOf,
  type Scope,
  type TaskEntry,
} from './tree.ts';
import type { Wires } from './wiring.ts';

/**
 * The shape of the graph inside groups and fan-outs: which tasks are the first and the last of each scope.
 * Group references mean these; a task is last in a scope when nothing in the scope but teardowns depends on
 * it or on a group or fan-out around it.
 */
export class Layout {
  readonly #entries: readonly Entry[];
  readonly #position: ReadonlyMap<Entry, number>;
  /** Depth of the innermost scope in which something depends on the entry; -1 without dependents. */
  readonly #dependent = new Map<Entry, number>();
  /** Depth of the innermost scope in which the entry depends on something. */
  readonly #upstream = new Map<Entry, number>();
  readonly #last = new Map<Scope, readonly Entry[]>();

  constructor(entries: readonly Entry[], wires: ReadonlyMap<Entry, Wires>) {
    this.#entries = entries;
    this.#position = new Map(entries.map((entry, index) => [entry, index]));
    for (const [entry, { needs, after }] of wires) {
      const isTeardown = isTeardownTask(entry);
      for (const target of needs.values()) this.#connect(entry, target, isTeardown);
      for (const target of after) this.#connect(entry, target, isTeardown);
    }
  }

  /** Whether an entry waits for nothing inside the group. */
  isFirst(entry: Entry, group: GroupEntry): boolean {
    return this.#isFree(entry, group.inner, this.#upstream);
  }

  /**
   * What "everything in this scope is finished" waits for: its last tasks; a last fan-out with a quorum
   * stands for its own tasks. Teardowns only if there is nothing else.
   */
  lastOf(owner: GroupEntry | ForEachEntry): readonly Entry[] {
    const known = this.#last.get(owner.inner);
    if (known) return known;
    const last: Entry[] = [];
    const teardowns: Entry[] = [];
    const start = (this.#position.get(owner) as number) + 1;
    for (let at = start; at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry;
      if (entry.scope.depth <= owner.scope.depth) break;
      const unit = unitIn(entry, owner.inner);
      if (unit === null || !this.#isFree(unit, owner.inner, this.#dependent)) continue;
      (isTeardownTask(unit) ? teardowns : last).push(unit);
    }
    const found = last.length > 0 ? last : teardowns;
    this.#last.set(owner.inner, found);
    return found;
  }

  #connect(entry: Entry, target: Entry, isTeardown: boolean): void {
    const depth = commonDepth(entry.scope, target.scope);
    if (depth > (this.#upstream.get(entry) ?? -1)) this.#upstream.set(entry, depth);
    if (!isTeardown && depth > (this.#dependent.get(target) ?? -1)) this.#dependent.set(target, depth);
  }

  #isFree(entry: Entry, scope: Scope, depths: ReadonlyMap<Entry, number>): boolean {
    for (let at: Entry | null = entry; at !== null && at.scope.depth >= scope.depth; at = at.scope.owner) {
      if ((depths.get(at) ?? -1) >= scope.depth) return false;
    }
    return true;
  }
}

/** What represents an entry as a last one of a scope; `null` for what others stand for. */
function unitIn(entry: Entry, scope: Scope): Entry | null {
  if (entry.kind === 'group') return null;
  const quorum = (fanOut: ForEachEntry): boolean => fanOut.author.forEach?.minSuccess !== undefined;
  if (entry.kind === 'forEach' && !quorum(entry)) return null;
  for (let at = entry.scope; at.depth > scope.depth; at = at.parent as Scope) {
    if (at.owner?.kind === 'forEach' && quorum(at.owner)) return null;
  }
  return entry;
}

function isTeardownTask(entry: Entry): boolean {
  return entry.kind === 'task' && entry.author.teardown === true;
}

/** The depth of the innermost scope that is around both. */
function commonDepth(a: Scope, b: Scope): number {
  let left = a;
  let right = b;
  while (left !== right) {
    if (left.depth >= right.depth) left = left.parent as Scope;
    else right = right.parent as Scope;
  }
  return left.depth;
}

/** The task whose outputs are the result of a fan-out, `null` if that is not clear. */
export function resultOf(
  fanOut: ForEachEntry,
  layout: Layout,
  returns: ReadonlyMap<ForEachEntry, Entry>,
): TaskEntry | null {
  const said = returns.get(fanOut);
  const [only, ...others] = said === undefined ? layout.lastOf(fanOut) : [said];
  if (only === undefined || others.length > 0 || only.kind === 'group') return null;
  return only.kind === 'task' ? only : resultOf(only, layout, returns);
}

/** Reports a need of a fan-out whose result is not clear. */
export function checkResults(
  wires: ReadonlyMap<Entry, Wires>,
  layout: Layout,
  returns: ReadonlyMap<ForEachEntry, Entry>,
  problems: Problems,
): void {
  for (const [entry, { needs }] of wires) {
    for (const [input, target] of needs) {
      if (target.kind !== 'forEach' || resultOf(target, layout, returns) !== null) continue;
      const last = layout.lastOf(target).map(({ path }) => path.slice(target.path.length + 1));
      const message =
        `${nameOf(entry)} needs the ${nameOf(target)}, ` +
        `whose result is not clear: its last tasks ` +
        `are ${last.join(', ')}`;
      const hint = `say which: forEach: { returns: ${last[0]} }`;
      problems.error('unclear-result', message, [...authorPathOf(entry), 'needs', input], { hint });
    }
  }
}
