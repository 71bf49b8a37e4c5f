import { TASK } from '../graph/graph.ts';
import type { DagSpec } from '../model/dag.ts';
import type { RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isFinished, isRunFinished, S, TASK_STATES } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { nodeRanges } from './node-ranges.ts';
import { frameOf } from './run-frame.ts';
import type { RunView } from './run-view.ts';
import type { RunCounts, Store, VersionRecord } from './store.ts';

const STATES = TASK_STATES.length;

/** The numbered nodes of some runs, in the order of these. */
export async function readFrames(store: Store, runs: readonly RunRecord[]): Promise<Map<RunNo, RunWorld>> {
  const specs = new Map<number, DagSpec>();
  for (const versionNo of new Set(runs.map((run) => run.versionNo)))
    specs.set(versionNo, ((await store.version(versionNo)) as VersionRecord).spec);
  const specOf = (run: RunRecord): DagSpec => specs.get(run.versionNo) as DagSpec;
  const fannedOut = runs.filter((run) => (specOf(run).fanOuts?.length ?? 0) > 0);
  const keys = await store.overview.keys(fannedOut.map(({ runNo }) => runNo));
  return new Map(runs.map((run) => [run.runNo, frameOf(run, specOf(run), keys.get(run.runNo) ?? [])]));
}

/** By run: how many instances each template node has in each state, `STATES` numbers a node. */
export async function readStateTables(
  store: Store,
  frames: readonly RunWorld[],
): Promise<Map<RunNo, Int32Array>> {
  const tables = new Map<RunNo, { table: Int32Array; frame: RunWorld }>();
  const ranges = frames.flatMap((frame) => {
    const table = new Int32Array(frame.graph.size * STATES);
    tables.set(frame.record.runNo, { table, frame });
    const ofRun = nodeRanges(frame);
    for (const { from, to, first, size, isWanted } of ofRun)
      for (let node = first; node < first + size; node++) {
        const state = isWanted && frame.selected[node] === 1 ? S.none : S.not_selected;
        add(table, node, state, (to - from) / size);
      }
    return ofRun.filter((range) => range.isWanted);
  });
  for (const { runNo, template, state, instances } of await store.overview.stateCounts(ranges)) {
    const { table, frame } = tables.get(runNo) as { table: Int32Array; frame: RunWorld };
    if (frame.selected[template] !== 1) continue;
    add(table, template, S.none, -instances);
    add(table, template, state, instances);
  }
  return new Map([...tables].map(([runNo, { table }]) => [runNo, table]));
}

function add(table: Int32Array, node: number, state: number, instances: number): void {
  const at = node * STATES + state;
  table[at] = (table[at] as number) + instances;
}

/** How far a run is, without its instances. */
export type RunProgress = Pick<RunView, 'run' | 'counts' | 'total' | 'completed' | 'progress'>;

/**
 * How far a run is. What a finished run has was counted at its end; of one that goes on the database counts.
 * `null` if it is gone.
 */
export async function readRunProgress(store: Store, runNo: RunNo): Promise<RunProgress | null> {
  const run = await store.run(runNo);
  if (run === null) return null;
  const kept = isRunFinished(run.state) ? (await store.runCounts([runNo])).get(runNo) : undefined;
  const counts = kept ?? (await countInstances(store, run));
  let total = 0;
  let completed = 0;
  for (const [state, instances] of Object.entries(counts)) {
    if (state === 'not_selected') continue;
    total += instances;
    if (isFinished(TASK_STATES.indexOf(state as (typeof TASK_STATES)[number]))) completed += instances;
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
