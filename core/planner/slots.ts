import { fanOutAt, nodePath, TASK, taskAt } from '../graph/graph.ts';
import type { Because } from '../model/because.ts';
import { because } from '../model/because.ts';
import { FAN_OUT_DEFAULTS } from '../model/dag.ts';
import type { SchedulerPause } from '../model/scheduler-report.ts';
import { backfillOf } from './backfill-world.ts';
import type { Block, Expansion, Load } from './blocks.ts';
import type { Lane } from './ranking.ts';
import type { RunWorld } from './run-world.ts';
import { type Pool, runLimit, type World } from './world.ts';

/** Books the slots of an instance that becomes active. */
export function acquire(world: World, run: RunWorld, node: number): void {
  book(world, run, node, 1);
}

/** Gives the slots of an instance back. */
export function release(world: World, run: RunWorld, node: number): void {
  book(world, run, node, -1);
}

function book(world: World, run: RunWorld, node: number, by: 1 | -1): void {
  const template = run.templateOf(node);
  world.used += by;
  count(world, run, by);
  const { dagId } = run.record;
  count(world, world.dagLoad(dagId), by);
  const pool = world.pool(run.templates.pool[template] as string);
  pool.used += by * (run.templates.slots[template] as number);
  world.ranking.touch(pool);
  if (isCapped(run, template)) count(world, taskLoadOf(run, template), by);
  if (run.graph.kind[template] === TASK) bookTask(world, dagId, taskAt(run.graph, template).path, by);
  if (node >= run.graph.size)
    for (const expansion of expansionsAround(run, run.blockOf(node))) count(world, expansion, by);
}

/** Another version of the DAG may cap a task that this one does not. */
function bookTask(world: World, dagId: string, path: string, by: 1 | -1): void {
  const load = world.taskLoad(dagId, path);
  count(world, load, by);
  if (load.active === 0 && !load.isCapped) world.dagLoad(dagId).tasks.delete(path);
}

function count(world: World, load: Load, by: 1 | -1): void {
  load.active += by;
  world.ranking.touch(load);
}

/** What a run uses of a task with a cap of its own; made when first asked for. */
export function taskLoadOf(run: RunWorld, template: number): Load {
  let load = run.activeOfTask.get(template);
  if (!load) {
    load = { active: 0 };
    run.activeOfTask.set(template, load);
  }
  return load;
}

/** The expansions whose blocks a block lies in, innermost first. */
export function expansionsAround(run: RunWorld, block: Block): Expansion[] {
  const found: Expansion[] = [];
  for (let at: Block | null = block; at?.parent; at = at.parent) {
    const scope = run.graph.scopes[at.scope];
    const expansion = scope && at.parent.expansions.get(scope.fanOut);
    if (expansion) found.push(expansion);
  }
  return found;
}

/** Whether a task has a cap of its own. */
export function isCapped(run: RunWorld, template: number): boolean {
  if (run.graph.kind[template] !== TASK) return false;
  const task = taskAt(run.graph, template);
  return task.maxActive !== undefined || task.maxActivePerRun !== undefined;
}

/** The limit of instances of a fan-out that may be active at once. */
export function parallelLimit(run: RunWorld, expansion: Expansion): number {
  const gate = run.graph.gateOf[expansion.fanOut] as number;
  return fanOutAt(run.graph, gate).maxParallel ?? Number.POSITIVE_INFINITY;
}

/** The most keys a fan-out may have. */
export function keysLimit(run: RunWorld, fanOut: number): number {
  return fanOutAt(run.graph, run.graph.gateOf[fanOut] as number).maxKeys ?? FAN_OUT_DEFAULTS.maxKeys;
}

/** Whether one more may be active under a limit. */
export function hasRoom(load: Load, limit = Number.POSITIVE_INFINITY): boolean {
  return load.active < limit;
}

/** Whether a pool exists and has this many slots free. */
export function poolHasRoom(pool: Pool, slots: number): boolean {
  return pool.slots !== null && pool.used + slots <= pool.slots;
}

type Pause = 'run_paused' | 'run_queued' | 'dag_paused' | 'backfill_paused';

/** Why a run starts nothing at all, or `null`. A paused run that is being ended goes on: teardowns. */
export function pauseOf(world: World, run: RunWorld): Pause | null {
  if (run.record.state === 'paused' && !run.abort) return 'run_paused';
  if (run.record.state === 'queued') return 'run_queued';
  if (run.abort) return null;
  const backfill = backfillOf(world, run);
  if (backfill !== null) return backfill.record.state === 'paused' ? 'backfill_paused' : null;
  const { dagId, trigger } = run.record;
  const isOwn = trigger === 'schedule' || trigger === 'asset';
  return isOwn && world.dagLoad(dagId).paused ? 'dag_paused' : null;
}

/** What {@link pauseOf} says, as a reason. */
export function pauseReason(world: World, run: RunWorld): Because | null {
  const pause = pauseOf(world, run);
  if (pause === 'run_paused') return because(pause);
  if (pause === 'backfill_paused') return because(pause, { backfill: run.record.backfillNo ?? 0 });
  if (pause === 'dag_paused') return because(pause, { dag: run.record.dagId });
  if (pause === 'run_queued') return because(pause, { dag: run.record.dagId, active: 0, limit: 0 });
  return null;
}

/** That nothing is started anywhere, as a reason. */
export function schedulerPaused({ by, at }: SchedulerPause): Because {
  return because('scheduler_paused', { by, since: new Date(at).toISOString() });
}

/**
 * Why nothing of a lane may start now, or `null` if its first instance may. It asks what the choice asks, so
 * that explanation and decision cannot differ.
 */
export function refusal(world: World, lane: Lane): Because | null {
  const { run } = lane;
  if (world.pause !== null) return schedulerPaused(world.pause);
  const pause = pauseReason(world, run);
  if (pause !== null) return pause;
  if (world.used >= world.limits.globalSlots)
    return because('global_cap', { limit: world.limits.globalSlots });
  const pool = world.pool(lane.pool);
  if (pool.slots === null) return because('pool_unknown', { pool: lane.pool });
  if (lane.slots > pool.slots) {
    return because('pool_too_small', { pool: pool.name, needed: lane.slots, slots: pool.slots });
  }
  if (!poolHasRoom(pool, lane.slots)) {
    return because('pool_full', { pool: pool.name, used: pool.used, slots: pool.slots });
  }
  return capRefusal(world, lane);
}

function capRefusal(world: World, lane: Lane): Because | null {
  const { run } = lane;
  const { spec } = run.graph;
  const load = world.dagLoad(spec.id);
  if (!hasRoom(load, spec.maxActiveTasksTotal)) {
    return because('dag_cap', { dag: spec.id, active: load.active, limit: spec.maxActiveTasksTotal ?? 0 });
  }
  const limit = runLimit(world, run);
  if (!hasRoom(run, limit)) return because('run_cap', { active: run.active, limit });
  for (const expansion of lane.cappedExpansions) {
    const most = parallelLimit(run, expansion);
    if (hasRoom(expansion, most)) continue;
    const fanOut = nodePath(run.graph, run.graph.gateOf[expansion.fanOut] as number);
    return because('fan_out_cap', { fanOut, active: expansion.active, limit: most });
  }
  return lane.cappedTask < 0 ? null : taskRefusal(world, run, lane.cappedTask);
}

function taskRefusal(world: World, run: RunWorld, template: number): Because | null {
  const { path, maxActive, maxActivePerRun } = taskAt(run.graph, template);
  const { tasks } = world.dagLoad(run.record.dagId);
  const rows: [Load | undefined, number | undefined][] = [
    [taskLoadOf(run, template), maxActivePerRun],
    [tasks.get(path), maxActive],
  ];
  for (const [load, limit] of rows) {
    if (load && !hasRoom(load, limit)) return because('task_cap', { active: load.active, limit: limit ?? 0 });
  }
  return null;
}
