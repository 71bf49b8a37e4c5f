/** Edges in compressed sparse rows: the targets of node `n` are `to[off[n]] ... to[off[n + 1] - 1]`. */
export interface Csr {
  readonly off: Int32Array;
  readonly to: Int32Array;
}

/**
 * Builds rows for `size` nodes from parallel arrays of sources and targets; the order of equal sources is
 * kept.
 */
export function buildCsr(size: number, from: readonly number[], to: readonly number[]): Csr {
  const off = new Int32Array(size + 1);
  for (const node of from) off[node + 1] = (off[node + 1] as number) + 1;
  for (let node = 0; node < size; node++) off[node + 1] = (off[node + 1] as number) + (off[node] as number);
  const cursor = off.slice(0, size);
  const targets = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) {
    const node = from[edge] as number;
    const at = cursor[node] as number;
    targets[at] = to[edge] as number;
    cursor[node] = at + 1;
  }
  return { off, to: targets };
}

/** The number of targets of a node. */
export function degree(rows: Csr, node: number): number {
  return (rows.off[node + 1] as number) - (rows.off[node] as number);
}

/** The targets of a node, as a view. */
export function targets(rows: Csr, node: number): Int32Array {
  return rows.to.subarray(rows.off[node], rows.off[node + 1]);
}
