import { fanOutAt, GATE, taskAt } from '../graph/graph.ts';
import { keyText, type NodeNo, type RunNo } from '../model/ids.ts';
import type { InstanceRecord } from '../model/run.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { worldOf } from './read-run-view.ts';
import type { Store } from './store.ts';

/** What became of a task instance that has a row. */
export interface TaskSample {
  /** Dotted path without keys. */
  readonly path: string;
  readonly key: string | null;
  readonly row: InstanceRecord;
}

/** The task instances of a run that have a row, in the order of the graph, and the keys of its fan-outs. */
export interface RunSamples {
  readonly tasks: readonly TaskSample[];
  /** By the path of the fan-out, those of all its copies together; only fan-outs that have any. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
}

/** Reads what became of the tasks of a run; `null` if it is gone. */
export async function readRunSamples(store: Store, runNo: RunNo): Promise<RunSamples | null> {
  const stored = await store.loadRun(runNo);
  if (stored === null) return null;
  const world = worldOf(stored);
  return { tasks: samplesOf(world, stored.instances), keys: keysOf(world) };
}

/** The task instances of a run that have a row, in the order of the graph. */
export function samplesOf(world: RunWorld, instances: readonly InstanceRecord[]): readonly TaskSample[] {
  const rows = new Map(instances.map((row) => [row.nodeNo, row]));
  const tasks: TaskSample[] = [];
  for (const { node, template, block } of inOrder(world)) {
    const row = rows.get(node as NodeNo);
    if (row === undefined || !world.isTask(template) || !world.isSelected(template, block)) continue;
    tasks.push({ path: taskAt(world.graph, template).path, key: keyText(block.keys), row });
  }
  return tasks;
}

/** So many of the newest finished runs of a DAG tell what the next one may be like. */
const RUNS_MAX = 30;

/** The runs of a DAG that tell what the next one may be like, newest first. */
export async function tellingRuns(store: Store, dagId: string): Promise<readonly RunNo[]> {
  const runs = await store.runs({ dagId, states: ['success', 'failed'], limit: RUNS_MAX });
  return runs.map(({ runNo }) => runNo);
}

/** How long the tasks of some runs took that succeeded, by path; those of the oldest run first. */
export async function readDurations(
  store: Store,
  newestFirst: readonly RunNo[],
): Promise<Map<string, number[]>> {
  const durations = new Map<string, number[]>();
  for (const runNo of newestFirst.toReversed())
    addDurations(durations, (await readRunSamples(store, runNo))?.tasks ?? []);
  return durations;
}

/** Adds how long the tasks of a run took that succeeded, by path. */
export function addDurations(to: Map<string, number[]>, tasks: readonly TaskSample[]): void {
  for (const { path, row } of tasks) {
    if (row.state !== 'success' || row.startedAt === null || row.endedAt === null) continue;
    const known = to.get(path) ?? [];
    known.push(Math.max(0, row.endedAt - row.startedAt));
    to.set(path, known);
  }
}

function inOrder(world: RunWorld) {
  return [...world.existing()].sort((a, b) => a.template - b.template || a.node - b.node);
}

function keysOf(world: RunWorld): Map<string, string[]> {
  const keys = new Map<string, Set<string>>();
  for (const { template, block } of world.existing()) {
    if (world.graph.kind[template] !== GATE) continue;
    const { path } = fanOutAt(world.graph, template);
    for (const inner of world.blocksIn(block, world.graph.source[template] as number)) {
      const known = keys.get(path) ?? new Set();
      keys.set(path, known.add(inner.keys.at(-1) as string));
    }
  }
  return new Map([...keys].map(([path, found]) => [path, [...found]]));
}
