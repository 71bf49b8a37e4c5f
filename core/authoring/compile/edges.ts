import type { Layout } from './layout.ts';
import { LIMITS } from './limits.ts';
import type { Problems } from './problems.ts';
import {
  authorPathOf,
  type Entry,
  type ForEachEntry,
  type GroupEntry,
  nameOf,
  type TaskEntry,
} from './tree.ts';
import type { Wires } from './wiring.ts';

/** The dependencies of a task or fan-out with group references expanded: what the canonical graph holds. */
export interface Upstreams {
  readonly needs: ReadonlyMap<string, Entry>;
  /** Tasks, and fan-outs with a quorum; without those of `needs` and `setups`. */
  readonly after: readonly Entry[];
  readonly setups: readonly TaskEntry[];
}

/**
 * Expands what every task and fan-out waits for: its own wires, and those of the groups of which it is a
 * first one.
 */
export function expandWires(
  entries: readonly Entry[],
  wires: ReadonlyMap<Entry, Wires>,
  layout: Layout,
  problems: Problems,
): Map<TaskEntry | ForEachEntry, Upstreams> {
  const expanded = new Map<TaskEntry | ForEachEntry, Upstreams>();
  const groups = new Map<GroupEntry, readonly Entry[]>();
  let edges = 0;
  for (const entry of entries) {
    const own = wires.get(entry) as Wires;
    if (entry.kind === 'group') {
      groups.set(entry, unfold(own.after, layout));
      continue;
    }
    const after = new Set(unfold(own.after, layout));
    for (const group of groupsAround(entry)) {
      if (!layout.isFirst(entry, group)) continue;
      for (const target of groups.get(group) ?? []) after.add(target);
    }
    for (const target of own.needs.values()) after.delete(target);
    for (const target of own.setups) after.delete(target);
    edges += own.needs.size + after.size;
    if (edges > LIMITS.edges) {
      const name = nameOf(entry);
      const message = `the DAG has more than ${LIMITS.edges} edges; ${name} is where they become too many`;
      const hint = 'put a join between two large groups: a task with nothing but after';
      problems.error('too-many-edges', message, authorPathOf(entry), { at: 'key', hint });
      return expanded;
    }
    expanded.set(entry, { needs: own.needs, after: [...after].sort(byPath), setups: own.setups });
  }
  return expanded;
}

function byPath(a: Entry, b: Entry): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The groups around an entry up to its fan-out: a fan-out waits for what is before it, not its tasks. */
function* groupsAround(entry: Entry): Iterable<GroupEntry> {
  for (let owner = entry.scope.owner; owner?.kind === 'group'; owner = owner.scope.owner) yield owner;
}

function unfold(targets: ReadonlySet<Entry>, layout: Layout): readonly Entry[] {
  const out: Entry[] = [];
  for (const target of targets) {
    const isWhole =
      target.kind === 'task' ||
      (target.kind === 'forEach' && target.author.forEach?.minSuccess !== undefined);
    if (isWhole) out.push(target);
    else out.push(...layout.lastOf(target));
  }
  return out;
}
