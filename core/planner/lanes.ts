import { taskAt } from '../graph/graph.ts';
import type { Expansion } from './blocks.ts';
import { Branch, Lane, type Ranking } from './ranking.ts';
import type { RunWorld } from './run-world.ts';
import {
  expansionsAround,
  hasRoom,
  isCapped,
  parallelLimit,
  pauseOf,
  poolHasRoom,
  taskLoadOf,
} from './slots.ts';
import type { Turn } from './turn.ts';
import { runLimit, type World } from './world.ts';

/** Puts a ready instance into its lane. */
export function makeReady(world: World, run: RunWorld, node: number, at: number): void {
  world.ranking.add(laneOf(world, run, node), node, at);
}

/** The lane of an instance; made when first asked for. */
export function laneOf(world: World, run: RunWorld, node: number): Lane {
  const template = run.templateOf(node);
  const pool = run.templates.pool[template] as string;
  const slots = run.templates.slots[template] as number;
  const cappedTask = isCapped(run, template) ? template : -1;
  const around = node < run.graph.size ? [] : expansionsAround(run, run.blockOf(node));
  const cappedExpansions = around.filter(
    (expansion) => parallelLimit(run, expansion) !== Number.POSITIVE_INFINITY,
  );
  const id = `${pool}/${slots}/${cappedTask}/${cappedExpansions[0]?.base ?? ''}`;
  const { ranking } = world;
  let lanes = ranking.lanes.get(run);
  if (!lanes) {
    lanes = new Map();
    ranking.lanes.set(run, lanes);
  }
  let lane = lanes.get(id);
  if (!lane) {
    lane = plant(world, { run, pool, slots, cappedTask, cappedExpansions });
    lanes.set(id, lane);
  }
  return lane;
}

/** Makes a lane and the branches that lead to it: pool, DAG, task of all runs, run, fan-outs. */
function plant(
  world: World,
  limits: Pick<Lane, 'run' | 'pool' | 'slots' | 'cappedTask' | 'cappedExpansions'>,
): Lane {
  const { ranking } = world;
  const { run, slots, cappedTask } = limits;
  let at = poolBranch(world, limits.pool, slots);
  at = dagBranch(world, at, run);
  at = taskBranch(world, at, run, cappedTask);
  at = runBranch(world, at, run);
  for (const expansion of [...limits.cappedExpansions].reverse()) {
    at = expansionBranch(ranking, at, run, expansion);
  }
  if (cappedTask < 0) return new Lane(ranking, at, limits, () => true);
  const { maxActivePerRun } = taskAt(run.graph, cappedTask);
  const load = taskLoadOf(run, cappedTask);
  const lane = new Lane(ranking, at, limits, () => hasRoom(load, maxActivePerRun));
  ranking.tie(load, lane);
  return lane;
}

function poolBranch(world: World, name: string, slots: number): Branch {
  const pool = world.pool(name);
  return child(world.ranking, world.ranking.root, `${name}/${slots}`, pool, () => {
    return new Branch(world.ranking.root, 'dags', () => poolHasRoom(pool, slots));
  });
}

function dagBranch(world: World, parent: Branch, run: RunWorld): Branch {
  const load = world.dagLoad(run.record.dagId);
  const limit = run.graph.spec.maxActiveTasksTotal;
  return child(world.ranking, parent, `${load.dagId}/${limit}`, load, () => {
    const weigh = (branch: Branch): void => {
      branch.load = load.active;
    };
    return new Branch(parent, 'runs', () => hasRoom(load, limit), weigh);
  });
}

/** A cap over all runs of a DAG holds for the runs whose version has it. */
function taskBranch(world: World, parent: Branch, run: RunWorld, template: number): Branch {
  if (template < 0) return parent;
  const { path, maxActive } = taskAt(run.graph, template);
  if (maxActive === undefined) return parent;
  const cap = world.taskLoad(run.record.dagId, path);
  cap.isCapped = true;
  return child(world.ranking, parent, `${path}/${maxActive}`, cap, () => {
    return new Branch(parent, 'runs', () => hasRoom(cap, maxActive));
  });
}

function runBranch(world: World, parent: Branch, run: RunWorld): Branch {
  return child(world.ranking, parent, run, run, () => {
    const weigh = (branch: Branch): void => {
      branch.active = run.active;
    };
    const isOpen = (): boolean => pauseOf(world, run) === null && hasRoom(run, runLimit(world, run));
    return new Branch(parent, 'lanes', isOpen, weigh);
  });
}

function expansionBranch(ranking: Ranking, parent: Branch, run: RunWorld, expansion: Expansion): Branch {
  return child(ranking, parent, expansion, expansion, () => {
    return new Branch(parent, 'lanes', () => hasRoom(expansion, parallelLimit(run, expansion)));
  });
}

function child(ranking: Ranking, parent: Branch, id: unknown, owner: object, make: () => Branch): Branch {
  const known = parent.children.get(id);
  if (known) return known;
  const made = make();
  parent.children.set(id, made);
  ranking.tie(owner, made);
  return made;
}

/**
 * Takes the ready instances that may start now, one by one: the highest priority level first (lanes that wait
 * rise with time), within a level fairly over DAGs, then over runs (whoever holds fewer slots goes first),
 * then in the order of the run. Limits are part of the choice, so a full pool never hides work that could run
 * elsewhere.
 */
export function choose(turn: Turn, start: (run: RunWorld, node: number) => void): void {
  const { world, now } = turn;
  while (world.used < world.limits.globalSlots) {
    const lane = world.ranking.next(now.at);
    if (!lane) return;
    start(lane.run, world.ranking.take(lane));
  }
}
