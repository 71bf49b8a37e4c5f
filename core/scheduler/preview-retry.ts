import { compileGraph } from '../graph/graph.ts';
import type { RunNo } from '../model/ids.ts';
import { isFinished } from '../model/states.ts';
import { type RetrySelection, selectForRetry } from '../planner/retry-selection.ts';
import { isPutOff } from '../planner/waits.ts';
import { makeRunView, worldOf } from '../store/read-run-view.ts';
import type { InstanceView } from '../store/run-view.ts';
import type { RunSnapshot } from '../store/store.ts';
import { noSuchTask } from './nodes-named.ts';
import type { Project } from './project.ts';
import { repinned } from './repinned.ts';
import { requireWhole } from './require-whole.ts';

/** What a retry is to run again. */
export interface RetryChoice {
  readonly select: 'failed' | 'all' | 'tasks';
  readonly tasks: readonly string[];
  readonly upstream: boolean;
  readonly downstream: boolean;
  /** With the newest version of the DAG. */
  readonly latest: boolean;
}

/** What a retry would do. */
export interface RetryPreview {
  readonly instances: readonly InstanceView[];
  /** Whether the run would go on with another version of its DAG. */
  readonly moves: boolean;
}

/** What a retry would run again, chosen by the planner's own rule; nothing is changed. */
export async function previewRetry(
  project: Project,
  runNo: RunNo,
  choice: RetryChoice,
): Promise<RetryPreview> {
  const stored = await project.store.loadRun(runNo);
  if (stored === null) return { instances: [], moves: false };
  requireWhole(stored);
  const moved = choice.latest ? await withNewest(project, stored) : null;
  const then = moved ?? stored;
  const view = makeRunView(then, new Map(), new Map());
  const { select, upstream, downstream } = choice;
  const selection: RetrySelection =
    select === 'tasks'
      ? { select: 'nodes', nodes: nodesNamed(view.tasks, choice.tasks), upstream, downstream }
      : { select };
  const world = worldOf(then);
  const isOver = (node: number): boolean =>
    isFinished(world.state[node] as number) || isPutOff(world.state[node] as number);
  const chosen = new Set<number>(selectForRetry(world, selection).filter(isOver));
  return { instances: view.tasks.filter(({ nodeNo }) => chosen.has(nodeNo)), moves: moved !== null };
}

/** A run as it would be with what its DAG file declares now; `null` if that is the version that it has. */
async function withNewest({ library }: Project, stored: RunSnapshot): Promise<RunSnapshot | null> {
  const { dag, file } = await library.load(stored.run.dagId);
  const { version: has } = stored;
  if (has.graphHash === dag.graphHash && has.codeHash === dag.code.digest) return null;
  const { spec, graphHash, code } = dag;
  const version = { ...has, file, spec, graphHash, codeHash: code.digest };
  const run = repinned(stored.run, compileGraph(has.spec), compileGraph(spec), version);
  return { ...stored, run, version };
}

function nodesNamed(tasks: readonly InstanceView[], names: readonly string[]): number[] {
  return names.flatMap((name, at) => {
    const found = tasks.filter((task) => task.name === name || task.taskId === name);
    if (found.length > 0) return found.map(({ nodeNo }) => nodeNo);
    const all = tasks.map((task) => task.name);
    throw noSuchTask(name, all, `/tasks/${at}`);
  });
}
