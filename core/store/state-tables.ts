import { TASK } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isFinished, isRunFinished, S, TASK_STATES, type TaskState } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { KeptFrames } from './kept-frames.ts';
import { type NodeRange, nodeRanges } from './node-ranges.ts';
import type { CountedRange } from './range-counts.ts';
import type { RunView } from './run-view.ts';
import type { RunCounts, Store, VersionRecord } from './store.ts';

const STATES = TASK_STATES.length;

/**
 * The numbered nodes of some runs, in the order of these. Those that are kept are everybody's: who changes
 * them gives a place of their own.
 */
export async function readFrames(
  store: Store,
  runs: readonly RunRecord[],
  frames: KeptFrames = store.overview.frames,
): Promise<Map<RunNo, RunWorld>> {
  const versions = await store.versions(runs.map((run) => run.versionNo));
  const specOf = (run: RunRecord): DagSpec => (versions.get(run.versionNo) as VersionRecord).spec;
  const fannedOut = runs.filter((run) => (specOf(run).fanOuts?.length ?? 0) > 0);
  const keys = await store.overview.keys(fannedOut.map(({ runNo }) => runNo));
  return new Map(runs.map((run) => [run.runNo, frames.frame(run, specOf(run), keys.get(run.runNo) ?? [])]));
}

/**
 * By run: how many instances each task has in each state, `STATES` numbers a node. With the counts that a run
 * was given at its end only those of its instances are read that are not in the state of most.
 */
export async function readStateTables(
  store: Store,
  frames: readonly RunWorld[],
  counts: ReadonlyMap<RunNo, RunCounts> = new Map(),
): Promise<Map<RunNo, Int32Array>> {
  const tables = new Map<RunNo, { table: Int32Array; frame: RunWorld; usual: number }>();
  const ranges = frames.flatMap((frame): CountedRange[] => {
    const { runNo } = frame.record;
    const table = new Int32Array(frame.graph.size * STATES);
    const ofRun = nodeRanges(frame);
    const { usual, isOnly } = usualState(frame, ofRun, counts.get(runNo));
    tables.set(runNo, { table, frame, usual });
    for (const { from, to, first, size, isWanted } of ofRun)
      for (let node = first; node < first + size; node++) {
        const state = isWanted && frame.selected[node] === 1 ? usual : S.not_selected;
        add(table, node, state, (to - from) / size);
      }
    if (isOnly) return [];
    return ofRun.filter((range) => range.isWanted).map((range) => ({ ...range, but: usual }));
  });
  for (const { runNo, template, state, instances } of await store.overview.stateCounts(ranges)) {
    const { table, frame, usual } = tables.get(runNo) as {
      table: Int32Array;
      frame: RunWorld;
      usual: number;
    };
    if (frame.selected[template] !== 1) continue;
    add(table, template, usual, -instances);
    add(table, template, state, instances);
  }
  return new Map([...tables].map(([runNo, { table }]) => [runNo, table]));
}

/**
 * The state in which most instances in the scope of a run are, and whether all of them are. Without counts of
 * all of them it is `none`, in which they are without a row.
 */
function usualState(frame: RunWorld, ranges: readonly NodeRange[], counts?: RunCounts) {
  const states = Object.entries(counts ?? {}).filter(([state]) => state !== 'not_selected');
  const counted = states.reduce((sum, [, instances]) => sum + instances, 0);
  let wanted = 0;
  for (const { from, to, first, size, isWanted } of ranges)
    for (let node = first; isWanted && node < first + size; node++)
      if (frame.graph.kind[node] === TASK && frame.selected[node] === 1) wanted += (to - from) / size;
  if (counted !== wanted || counts?.['none']) return { usual: S.none, isOnly: false };
  const [usual] = states.toSorted(([, a], [, b]) => b - a)[0] ?? ['none'];
  return { usual: TASK_STATES.indexOf(usual as TaskState), isOnly: states.length <= 1 };
}

function add(table: Int32Array, node: number, state: number, instances: number): void {
  const at = node * STATES + state;
  table[at] = (table[at] as number) + instances;
}

/** How far a run is, without its instances. */
export type RunProgress = Pick<RunView, 'run' | 'counts' | 'total' | 'completed' | 'progress'>;

/** How far a run is. What a finished run has was counted at its end; else the database counts. */
export async function readRunProgress(store: Store, run: RunRecord): Promise<RunProgress> {
  const kept = isRunFinished(run.state) ? (await store.runCounts([run.runNo])).get(run.runNo) : undefined;
  const counts = kept ?? (await countInstances(store, run));
  let total = 0;
  let completed = 0;
  for (const [state, instances] of Object.entries(counts)) {
    if (state === 'not_selected') continue;
    total += instances;
    if (isFinished(TASK_STATES.indexOf(state as TaskState))) completed += instances;
  }
  return { run, counts, total, completed, progress: total === 0 ? 1 : completed / total };
}

async function countInstances(store: Store, run: RunRecord): Promise<RunCounts> {
  const frame = (await readFrames(store, [run])).get(run.runNo) as RunWorld;
  const table = (await readStateTables(store, [frame])).get(run.runNo) as Int32Array;
  const counts: { [state: string]: number } = {};
  for (let node = 0; node < frame.graph.size; node++) {
    if (frame.graph.kind[node] !== TASK) continue;
    for (const [state, name] of TASK_STATES.entries()) {
      const instances = table[node * STATES + state] as number;
      if (instances > 0) counts[name] = (counts[name] ?? 0) + instances;
    }
  }
  return counts;
}
