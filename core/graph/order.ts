import { type Csr, degree } from './csr.ts';

export type Order =
  /** Every node after all its upstreams; among ready nodes the smallest first. */
  | { readonly ok: true; readonly order: Int32Array; readonly level: Int32Array }
  /** The nodes of one cycle, in the direction of the edges. */
  | { readonly ok: false; readonly cycle: readonly number[] };

/**
 * Topological order by Kahn's algorithm (A. B. Kahn, CACM 5(11), 1962), iterative: no depth of a graph can
 * overflow the stack. `level` is the length of the longest path from a root. O(nodes + edges).
 */
export function topologicalOrder(size: number, down: Csr, up: Csr): Order {
  const waiting = new Int32Array(size);
  const order = new Int32Array(size);
  const level = new Int32Array(size);
  let tail = 0;
  for (let node = 0; node < size; node++) {
    waiting[node] = degree(up, node);
    if (waiting[node] === 0) order[tail++] = node;
  }
  for (let head = 0; head < tail; head++) {
    const node = order[head] as number;
    const next = (level[node] as number) + 1;
    for (let edge = down.off[node] as number; edge < (down.off[node + 1] as number); edge++) {
      const target = down.to[edge] as number;
      if ((level[target] as number) < next) level[target] = next;
      waiting[target] = (waiting[target] as number) - 1;
      if (waiting[target] === 0) order[tail++] = target;
    }
  }
  if (tail === size) return { ok: true, order, level };
  return { ok: false, cycle: findCycle(size, up, waiting) };
}

/**
 * One cycle among the nodes that Kahn's algorithm left over: each of them waits for another leftover, so
 * walking upstream must meet a node twice.
 */
function findCycle(size: number, up: Csr, waiting: Int32Array): number[] {
  let node = waiting.findIndex((count) => count > 0);
  const seenAt = new Int32Array(size).fill(-1);
  const path: number[] = [];
  while (seenAt[node] === -1) {
    seenAt[node] = path.length;
    path.push(node);
    for (let edge = up.off[node] as number; edge < (up.off[node + 1] as number); edge++) {
      const upstream = up.to[edge] as number;
      if ((waiting[upstream] as number) > 0) {
        node = upstream;
        break;
      }
    }
  }
  return path.slice(seenAt[node]).reverse();
}
