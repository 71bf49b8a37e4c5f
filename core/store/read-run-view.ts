import { taskAt } from '../graph/graph.ts';
import type { StoredOutput } from '../model/action.ts';
import { because } from '../model/because.ts';
import { keyText, type NodeNo, type RunNo, type TryNo } from '../model/ids.ts';
import type { InstanceRecord } from '../model/run.ts';
import { isFinished, TASK_STATES, type TaskState } from '../model/states.ts';
import { loadRun } from '../planner/load.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { graphOf, selectedIn } from './run-frame.ts';
import type { InstanceView, RunView } from './run-view.ts';
import type { ProgressRecord, RunSnapshot, Store } from './store.ts';

/** The numbered nodes of a stored run, as the planner sees them: also those without a row. */
export function worldOf(stored: RunSnapshot): RunWorld {
  const graph = graphOf(stored.version.spec);
  return loadRun(stored, graph, selectedIn(graph, stored.run));
}

/**
 * Reads a run with all its task instances; `null` if there is none. With `outputs`, their outputs as well.
 */
export async function readRunView(
  store: Store,
  runNo: RunNo,
  options: { outputs?: boolean } = {},
): Promise<RunView | null> {
  const stored = await store.loadRun(runNo);
  if (!stored) return null;
  const outputs = options.outputs ? await store.outputs(runNo) : new Map<NodeNo, StoredOutput>();
  const progress = new Map((await store.progress(runNo)).map((one) => [one.nodeNo, one]));
  return makeRunView(stored, outputs, progress);
}

/** Puts a run together from what is stored of it. */
export function makeRunView(
  stored: RunSnapshot,
  outputs: ReadonlyMap<NodeNo, StoredOutput>,
  progress: ReadonlyMap<NodeNo, ProgressRecord>,
): RunView {
  const world = worldOf(stored);
  const rows = new Map(stored.instances.map((row) => [row.nodeNo as number, row]));
  const tasks: InstanceView[] = [];
  const counts: { [state: string]: number } = {};
  let total = 0;
  let completed = 0;
  for (const { node } of world.existing()) {
    const view = instanceView(world, node as NodeNo, rows.get(node), outputs, progress);
    if (!view) continue;
    tasks.push(view);
    counts[view.state] = (counts[view.state] ?? 0) + 1;
    if (view.state === 'not_selected') continue;
    total++;
    if (isFinished(TASK_STATES.indexOf(view.state))) completed++;
  }
  const share = total === 0 ? 1 : completed / total;
  return { run: stored.run, version: stored.version, tasks, counts, total, completed, progress: share };
}

/** One instance; `null` for gates and joins, which people do not see. */
export function instanceView(
  world: RunWorld,
  node: NodeNo,
  row: InstanceRecord | undefined,
  outputs?: ReadonlyMap<NodeNo, StoredOutput>,
  progress?: ReadonlyMap<NodeNo, ProgressRecord>,
): InstanceView | null {
  const template = world.templateOf(node);
  if (!world.isTask(template)) return null;
  const block = world.blockOf(node);
  const task = taskAt(world.graph, template);
  const isSelected = world.isSelected(template, block);
  const state: TaskState = isSelected ? (row?.state ?? 'none') : 'not_selected';
  const startedAt = row?.startedAt ?? null;
  const endedAt = row?.endedAt ?? null;
  return {
    nodeNo: node,
    taskId: task.path,
    key: keyText(block.keys),
    name: world.nameOf(node),
    stage: task.stage ?? null,
    state,
    reason: row?.reason ?? null,
    because: isSelected ? (row?.because ?? null) : because('outside_scope'),
    attempts: row?.tryNo ?? (0 as TryNo),
    startedAt,
    endedAt,
    durationMs: durationOf(row),
    dueAt: row?.dueAt ?? null,
    error: row?.error ?? null,
    log: row?.log ?? null,
    output: outputs?.get(node) ?? null,
    progress: progress?.get(node) ?? null,
  };
}

/** What the leader does itself, a choice or a join, takes no time. */
function durationOf(row: InstanceRecord | undefined): number | null {
  if (row === undefined || row.endedAt === null) return null;
  if (row.startedAt !== null) return Math.max(0, row.endedAt - row.startedAt);
  return row.because?.code === 'chosen' || row.because?.code === 'passed' ? 0 : null;
}
