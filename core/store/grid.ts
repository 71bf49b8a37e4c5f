import { type Graph, TASK, taskAt } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished, S, TASK_STATES, type TaskState } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { graphOf } from './run-frame.ts';
import { readFrames, readStateTables } from './state-tables.ts';
import type { Store } from './store.ts';

const STATES = TASK_STATES.length;

/** The instances of a task in a run. */
export interface Cell {
  /** The one state that stands for all of them; `null` if there are none. */
  readonly state: TaskState | null;
  /** By state; only states that occur. */
  readonly counts: { readonly [state in TaskState]?: number };
}

/** A task of the newest version, or one that only older runs have. */
export interface GridRow {
  readonly path: string;
  readonly stage: string | null;
  /** It has an instance for each key. */
  readonly isFannedOut: boolean;
  /** The newest version has it. */
  readonly isDeclared: boolean;
  /** By run; `null` where the version of that has no such task. */
  readonly cells: readonly (Cell | null)[];
}

/**
 * The states of all tasks in some runs of a DAG. Of instances only the counts are read, so that it costs the
 * same for one key as for ten thousand in everything but the database.
 */
export async function readGrid(
  store: Store,
  newest: DagSpec,
  runs: readonly RunRecord[],
): Promise<GridRow[]> {
  const ended = runs.filter(({ state }) => isRunFinished(state)).map(({ runNo }) => runNo);
  const [frames, counts] = await Promise.all([readFrames(store, runs), store.runCounts(ended)]);
  return rowsOf(newest, runs, frames, await readStateTables(store, [...frames.values()], counts));
}

/** The tasks of the newest version in the order of its graph, then those that only older runs have. */
function rowsOf(
  newest: DagSpec,
  runs: readonly RunRecord[],
  frames: ReadonlyMap<RunNo, RunWorld>,
  tables: ReadonlyMap<RunNo, Int32Array>,
): GridRow[] {
  const rows = new Map<string, GridRow>();
  const declared = graphOf(newest);
  const take = (graph: Graph, isDeclared: boolean): void => {
    for (const node of graph.order) {
      if (graph.kind[node] !== TASK) continue;
      const { path, stage = null, fanOut } = taskAt(graph, node);
      if (rows.has(path)) continue;
      const cells = runs.map(({ runNo }) => cellOf(frames.get(runNo), tables.get(runNo), path));
      rows.set(path, { path, stage, isFannedOut: fanOut !== undefined, isDeclared, cells });
    }
  };
  take(declared, true);
  for (const graph of new Set([...frames.values()].map((frame) => frame.graph))) take(graph, false);
  return [...rows.values()];
}

/** What a reader wants to see first of many instances. */
const GRAVEST: readonly TaskState[] = [
  'failed',
  'upstream_failed',
  'cancelled',
  'running',
  'queued',
  'paused',
  'up_for_retry',
  'waiting',
  'scheduled',
  'none',
  'success',
  'skipped',
  'removed',
  'not_selected',
];
const BY_GRAVITY = GRAVEST.map((state) => TASK_STATES.indexOf(state));
/** Cells of one instance, by its state: most are. */
const OF_ONE: readonly Cell[] = TASK_STATES.map((state) => ({ state, counts: { [state]: 1 } }));
const EMPTY: Cell = { state: null, counts: {} };

function cellOf(frame: RunWorld | undefined, table: Int32Array | undefined, path: string): Cell | null {
  const node = frame?.graph.nodeOfPath.get(path);
  if (node === undefined || table === undefined) return null;
  const first = node * STATES;
  const inState = (state: number): number => table[first + state] as number;
  const isOne = frame?.graph.scopeOf[node] === 0;
  if (isOne && inState(S.success) > 0) return OF_ONE[S.success] as Cell;
  const gravest = BY_GRAVITY.find((state) => inState(state) > 0);
  if (gravest === undefined) return EMPTY;
  if (isOne) return OF_ONE[gravest] as Cell;
  const counts: { [state in TaskState]?: number } = {};
  for (const [state, name] of TASK_STATES.entries()) if (inState(state) > 0) counts[name] = inState(state);
  return { state: TASK_STATES[gravest] as TaskState, counts };
}
