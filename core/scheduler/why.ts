import { type Because, because } from '../model/because.ts';
import type { CacheAsk } from '../model/cache.ts';
import type { NodeNo, RunNo } from '../model/ids.ts';
import type { RunRecord } from '../model/run.ts';
import { isFinished, isRunFinished, S } from '../model/states.ts';
import { type Explanation, explain, explainRun } from '../planner/explain.ts';
import { adoptRun } from '../planner/load.ts';
import { isOfSlot } from '../planner/pasts.ts';
import { isActive, isOfBackfill, World } from '../planner/world.ts';
import type { ActiveRun } from '../store/held-slots.ts';
import { KeptFrames } from '../store/kept-frames.ts';
import { worldOf } from '../store/read-run-view.ts';
import { readFrames } from '../store/state-tables.ts';
import type { Store } from '../store/store.ts';
import { hasLeader } from './door.ts';
import { limitsInForce } from './limits-of.ts';
import { leaderSocket } from './paths.ts';
import type { Project } from './project.ts';
import { readPast } from './read-past.ts';
import { takeBackfills } from './take-backfills.ts';

/** Why a task instance is where it is, computed from the store with the planner's own functions. */
export async function why(project: Project, runNo: RunNo, node: NodeNo): Promise<Explanation> {
  const { store } = project;
  const world = await worldAbout(project, runNo);
  const run = world.runs.get(runNo);
  if (!run) return { because: because('none'), checks: [] };
  if (run.templates.usesPast && isOfSlot(run.record)) {
    // Of the other runs in this world nothing is known but what they hold: the runs before it are read.
    const live = new Map([[run.record.runNo, run]]);
    const read = await readPast(store, run, live);
    world.pasts.take({ ...read, changes: world.pasts.changesOf(run.record.dagId) }, live);
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

/** What holds for all runs, without any of them. */
export async function worldWithoutRuns(project: Project): Promise<World> {
  const { store } = project;
  const world = new World(await limitsInForce(project));
  world.pause = await store.operations.facts.pause();
  await takeBackfills(store, world);
  for (const dagId of await store.pausedDags()) world.dagLoad(dagId).paused = true;
  return world;
}

/**
 * A run as a leader would have it, beside what all others hold: slots and caps are shared by all, and of
 * others nothing else decides about it.
 */
export async function worldAbout(project: Project, runNo: RunNo): Promise<World> {
  const { store } = project;
  const world = await worldWithoutRuns(project);
  const active = await store.overview.activeRuns();
  await adoptHolders(
    store,
    world,
    active.filter((run) => run.runNo !== runNo),
  );
  const stored = await store.loadRun(runNo);
  if (stored) adoptRun(world, worldOf(stored));
  return world;
}

/** Takes runs into a world with nothing but what they hold. */
export async function adoptHolders(store: Store, world: World, runs: readonly ActiveRun[]): Promise<void> {
  const holds = new Map<RunNo, readonly NodeNo[]>();
  for (const run of runs)
    if (run.holds.length > 0) holds.set(run.runNo, run.holds);
    else if (isActive(run) && !isOfBackfill(world, run)) world.dagLoad(run.dagId).runs++;
  const holders = await store.overview.runsOf([...holds.keys()]);
  for (const [no, frame] of await readFrames(store, holders, new KeptFrames())) {
    for (const node of holds.get(no) ?? []) if (node < frame.size) frame.state[node] = S.running;
    adoptRun(world, frame);
  }
}

/** Adds why the success of an earlier run did not stand for an instance. */
function withCache({ because, checks }: Explanation, ask: CacheAsk | undefined): Explanation {
  if (ask === undefined) return { because, checks };
  return { because, checks: [...checks, { name: 'cache', ok: false, because: ask.because }] };
}
