import { taskAt } from '../graph/graph.ts';
import type { StoredOutput } from '../model/action.ts';
import type { NodeNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { S, TASK_STATES, type TaskState } from '../model/states.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { instanceView } from './read-run-view.ts';
import type { InstanceView } from './run-view.ts';
import { readFrames } from './state-tables.ts';
import type { Store } from './store.ts';

/** Which task instances of a run are wanted. */
export interface InstanceFilter {
  readonly states?: readonly TaskState[];
  /** A task, or an instance such as `symbol[BTC].clean`. */
  readonly task?: string;
  /** Leaves out so many of those that are wanted. */
  readonly skip: number;
  readonly limit: number;
}

/** Some task instances of a run, in the order of its graph; of the others no more than the states is read. */
export async function readInstances(
  store: Store,
  run: RunRecord,
  { states, task, skip, limit }: InstanceFilter,
): Promise<{ readonly tasks: readonly InstanceView[]; readonly isLast: boolean }> {
  const wanted = states && [...new Set(states)].map((state) => TASK_STATES.indexOf(state));
  const [frame, known] = await Promise.all([readFrame(store, run), readStates(store, run, wanted)]);
  const nodes: NodeNo[] = [];
  for (const { node, template, block } of frame.existing()) {
    if (!frame.isTask(template)) continue;
    if (known !== null) {
      const state = frame.isSelected(template, block) ? (known.get(node) ?? S.none) : S.not_selected;
      if (!wanted?.includes(state)) continue;
    }
    if (task !== undefined && taskAt(frame.graph, template).path !== task && frame.nameOf(node) !== task)
      continue;
    nodes.push(node as NodeNo);
    if (nodes.length > skip + limit) break;
  }
  const page = nodes.slice(skip, skip + limit);
  return { tasks: await viewsOf(store, frame, page, false), isLast: nodes.length <= skip + limit };
}

/** The task instance of a run at a node, with its output if that is wanted; `null` if there is none. */
export async function readInstance(
  store: Store,
  run: RunRecord,
  node: NodeNo,
  outputs = false,
): Promise<InstanceView | null> {
  const frame = await readFrame(store, run);
  if (node >= frame.size) return null;
  for (const one of frame.existingIn(frame.blockOf(node)))
    if (one.node === node) return (await viewsOf(store, frame, [node], outputs))[0] ?? null;
  return null;
}

async function readFrame(store: Store, run: RunRecord): Promise<RunWorld> {
  return (await readFrames(store, [run])).get(run.runNo) as RunWorld;
}

/** The states by which instances are chosen; `null`: any state will do. */
async function readStates(store: Store, { runNo }: RunRecord, wanted?: readonly number[]) {
  if (wanted === undefined) return null;
  // What has no row is in state `none`: who wants that has to know all rows.
  return store.overview.states(runNo, wanted.includes(S.none) ? undefined : wanted);
}

async function viewsOf(
  store: Store,
  frame: RunWorld,
  nodes: readonly NodeNo[],
  withOutputs: boolean,
): Promise<InstanceView[]> {
  const { runNo } = frame.record;
  const [shown, outputs] = await Promise.all([
    store.overview.instances(runNo, nodes),
    withOutputs ? store.outputs(runNo, nodes) : new Map<NodeNo, StoredOutput>(),
  ]);
  const rows = new Map(shown.map(({ row }) => [row.nodeNo, row]));
  const progress = new Map(shown.flatMap((one) => (one.progress ? [[one.row.nodeNo, one.progress]] : [])));
  return nodes.flatMap((node) => instanceView(frame, node, rows.get(node), outputs, progress) ?? []);
}
