import { type Because, because } from '../model/because.ts';
import type { CacheAsk } from '../model/cache.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isFinished, isRunFinished } from '../model/states.ts';
import { type Explanation, explain, explainRun } from '../planner/explain.ts';
import { adoptRun } from '../planner/load.ts';
import { isOfSlot } from '../planner/pasts.ts';
import { World } from '../planner/world.ts';
import { worldOf } from '../store/read-run-view.ts';
import { hasLeader } from './door.ts';
import { limitsInForce } from './limits-of.ts';
import { leaderSocket } from './paths.ts';
import type { Project } from './project.ts';
import { readPast } from './read-past.ts';
import { takeBackfills } from './take-backfills.ts';

/**
 * Why a task instance is where it is, computed from the store with the planner's own functions. Reads every
 * unfinished run, since slots are shared by all.
 */
export async function why(project: Project, runNo: RunNo, node: NodeNo): Promise<Explanation> {
  const { store } = project;
  const world = await worldAbout(project, runNo);
  const run = world.runs.get(runNo);
  if (!run) return { because: because('none'), checks: [] };
  if (run.templates.usesPast && isOfSlot(run.record)) {
    const read = await readPast(store, run, world.runs);
    world.pasts.take({ ...read, changes: world.pasts.changesOf(run.record.dagId) }, world.runs);
  }
  const [row] = await store.instances(runNo, [node]);
  const explained = withCache(explain(world, run, node, row?.because ?? null), run.cacheAsks.get(node));
  const waits =
    !isFinished(run.state[node] as number) && run.isSelected(run.templateOf(node), run.blockOf(node));
  if (!waits || (await hasLeader(leaderSocket(project.stateDir)))) return explained;
  return { because: because('no_leader'), checks: explained.checks };
}

/** Why a run is where it is; of one that is not finished: what holds all of it up, if anything does. */
export async function whyRun(project: Project, record: RunRecord): Promise<Because> {
  if (isRunFinished(record.state)) return record.because ?? because('none');
  const world = await worldAbout(project, record.runNo);
  const run = world.runs.get(record.runNo);
  if (!run) return because('none');
  return (await hasLeader(leaderSocket(project.stateDir))) ? explainRun(world, run) : because('no_leader');
}

/** The unfinished runs, and one more if that is given, as a leader would have them. */
export async function worldAbout(project: Project, runNo: RunNo | null): Promise<World> {
  const { store } = project;
  const world = new World(await limitsInForce(project));
  world.pause = await store.operations.facts.pause();
  await takeBackfills(store, world);
  for (const { dagId, paused } of await store.dags()) world.dagLoad(dagId).paused = paused;
  const open = await store.unfinishedRuns();
  const isOpen = runNo === null || open.some((run) => run.runNo === runNo);
  for (const record of isOpen ? open : [...open, { runNo }]) {
    const stored = await store.loadRun(record.runNo);
    if (stored) adoptRun(world, worldOf(stored));
  }
  return world;
}

/** Adds why the success of an earlier run did not stand for an instance. */
function withCache({ because, checks }: Explanation, ask: CacheAsk | undefined): Explanation {
  if (ask === undefined) return { because, checks };
  return { because, checks: [...checks, { name: 'cache', ok: false, because: ask.because }] };
}
