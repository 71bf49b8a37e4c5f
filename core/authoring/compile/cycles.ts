import { buildCsr } from '../../graph/csr.ts';
import { topologicalOrder } from '../../graph/order.ts';
import type { Upstreams } from './edges.ts';
import type { Problems } from './problems.ts';
import { authorPathOf, type Entry, type ForEachEntry, type TaskEntry } from './tree.ts';

/**
 * Reports cycles task by task, however long they are. A fan-out counts as two nodes: its beginning, which all
 * tasks inside wait for, and its end, which waits for them; so a fan-out that depends on what follows from it
 * is found too. No recursion.
 */
export function checkCycles(
  upstreams: ReadonlyMap<TaskEntry | ForEachEntry, Upstreams>,
  problems: Problems,
): void {
  const units = [...upstreams.keys()];
  const begin = new Map<Entry, number>(units.map((unit, index) => [unit, index]));
  const end = new Map<Entry, number>();
  for (const unit of units) if (unit.kind === 'forEach') end.set(unit, units.length + end.size);
  const from: number[] = [];
  const to: number[] = [];
  const edge = (source: Entry, target: number): void => {
    const node = end.get(source) ?? begin.get(source);
    if (node === undefined) return;
    from.push(node);
    to.push(target);
  };
  for (const [unit, { needs, after, setups }] of upstreams) {
    const node = begin.get(unit) as number;
    for (const target of needs.values()) edge(target, node);
    for (const target of after) edge(target, node);
    for (const target of setups) edge(target, node);
    const { fanOut } = unit.scope;
    if (fanOut === null) continue;
    from.push(begin.get(fanOut) as number);
    to.push(node);
    edge(unit, end.get(fanOut) as number);
  }
  const size = units.length + end.size;
  const down = buildCsr(size, from, to);
  const up = buildCsr(size, to, from);
  if (topologicalOrder(size, down, up).ok) return;
  const ends = [...end.keys()];
  const entryOf = (node: number): Entry => (units[node] ?? ends[node - units.length]) as Entry;
  for (const cycle of findCycles(size, from, to)) report(cycle.map(entryOf), problems);
}

/** One cycle through each knot of the graph, in the direction of the edges. Linear. */
function findCycles(size: number, from: readonly number[], to: readonly number[]): number[][] {
  const upstream = stuckUpstreams(size, from, to);
  const seenBy = new Int32Array(size).fill(-1);
  const cycles: number[][] = [];
  for (let start = 0; start < size; start++) {
    let node = start;
    while (node !== -1 && seenBy[node] === -1) {
      seenBy[node] = start;
      node = upstream[node] as number;
    }
    if (node === -1 || seenBy[node] !== start) continue;
    const cycle = [node];
    for (let at = upstream[node] as number; at !== node; at = upstream[at] as number) cycle.push(at);
    cycles.push(fromFirst(cycle.reverse()));
  }
  return cycles;
}

/** The cycle, beginning with what stands first in the file. */
function fromFirst(cycle: readonly number[]): number[] {
  const first = cycle.reduce((least, node) => Math.min(least, node));
  const at = cycle.indexOf(first);
  return [...cycle.slice(at), ...cycle.slice(0, at)];
}

/** For every node that can never start one upstream that cannot either; -1 for the others. */
function stuckUpstreams(size: number, from: readonly number[], to: readonly number[]): Int32Array {
  const waiting = new Int32Array(size);
  for (const target of to) waiting[target] = (waiting[target] as number) + 1;
  const down = buildCsr(size, from, to);
  const ready: number[] = [];
  for (let node = 0; node < size; node++) if (waiting[node] === 0) ready.push(node);
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (let at = down.off[node] as number; at < (down.off[node + 1] as number); at++) {
      const target = down.to[at] as number;
      waiting[target] = (waiting[target] as number) - 1;
      if (waiting[target] === 0) ready.push(target);
    }
  }
  const upstream = new Int32Array(size).fill(-1);
  for (let at = from.length - 1; at >= 0; at--) {
    const source = from[at] as number;
    const target = to[at] as number;
    if ((waiting[source] as number) > 0 && (waiting[target] as number) > 0) upstream[target] = source;
  }
  return upstream;
}

function report(cycle: readonly Entry[], problems: Problems): void {
  const distinct = cycle.filter(
    (entry, index) => entry !== cycle[(index + 1) % cycle.length] || cycle.length === 1,
  );
  const names = distinct.length > 0 ? distinct : cycle.slice(0, 1);
  const [first] = names as [Entry, ...Entry[]];
  const circle = [...names, first].map(({ path }) => path).join(' -> ');
  const message = `the tasks wait for each other in a circle: ${circle}`;
  problems.error('cycle', message, authorPathOf(first), {
    at: 'key',
    hint: 'remove one of these dependencies',
  });
}
