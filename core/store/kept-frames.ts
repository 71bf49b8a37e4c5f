import type { DagSpec } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { toExpansion } from './records.ts';
import { frameOf } from './run-frame.ts';
import type { RunExpansionTable } from './tables.ts';

/** The keys that a fan-out of a run got at once, as they are stored; without their items. */
export type KeyRow = Omit<RunExpansionTable, 'items'>;

/** So many nodes of frames stay in memory, some 200 bytes each. */
const NODES_MAX = 100_000;

interface Kept {
  readonly frame: RunWorld;
  readonly versionNo: number;
  readonly rows: readonly KeyRow[];
}

/**
 * Frames of runs with fan-outs that were read last: who looks at a run of ten thousand keys asks again and
 * again, and comparing the text of the keys is nothing beside parsing it.
 */
export class KeptFrames {
  readonly #kept = new Map<RunNo, Kept>();
  #nodes = 0;

  /** The frame of a run for its keys as they are stored now. */
  frame(run: RunRecord, spec: DagSpec, rows: readonly KeyRow[]): RunWorld {
    const { runNo, versionNo, scope } = run;
    const known = this.#kept.get(runNo);
    if (known !== undefined) this.#forget(runNo, known);
    const isSame = known?.versionNo === versionNo && areSame(known.rows, rows);
    const frame = isSame
      ? known.frame
      : frameOf(
          run,
          spec,
          rows.map((row) => toExpansion({ ...row, items: null })),
        );
    // Which keys a scope means depends on the params, which another version may change.
    if (rows.length > 0 && scope.keys === undefined) this.#keep(runNo, { frame, versionNo, rows });
    return frame;
  }

  #keep(runNo: RunNo, one: Kept): void {
    this.#kept.set(runNo, one);
    this.#nodes += one.frame.size;
    for (const [oldest, known] of this.#kept) {
      if (this.#nodes <= NODES_MAX) return;
      this.#forget(oldest, known);
    }
  }

  #forget(runNo: RunNo, { frame }: Kept): void {
    this.#kept.delete(runNo);
    this.#nodes -= frame.size;
  }
}

function areSame(before: readonly KeyRow[], now: readonly KeyRow[]): boolean {
  return (
    before.length === now.length &&
    before.every((one, at) => {
      const other = now[at] as KeyRow;
      const isThere =
        one.base === other.base && one.fan_out === other.fan_out && one.parent_base === other.parent_base;
      return isThere && one.gone === other.gone && one.keys === other.keys;
    })
  );
}
