import { fanOutAt, nodePath, TASK, taskAt } from '../graph/graph.ts';
import type { Because } from '../model/because.ts';
import { because } from '../model/because.ts';
import { FAN_OUT_DEFAULTS } from '../model/dag.ts';
import type { Block, Expansion, RunWorld } from './run-world.ts';
import { type Lane, runLimit, type World } from './world.ts';

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
  run.active += by;
  world.dagLoad(run.record.dagId).tasks += by;
  const pool = world.pools.get(run.templates.pool[template] as string);
  if (pool) pool.used += by * (run.templates.slots[template] as number);
  if (isCapped(run, template)) run.activeOfTask.set(template, (run.activeOfTask.get(template) ?? 0) + by);
  if (node >= run.graph.size)
    for (const expansion of expansionsAround(run, run.blockOf(node))) expansion.active += by;
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
  const gate = run.graph.gateOf[expansion.record.fanOut] as number;
  return fanOutAt(run.graph, gate).maxParallel ?? Number.POSITIVE_INFINITY;
}

/** The most keys a fan-out may have. */
export function keysLimit(run: RunWorld, fanOut: number): number {
  return fanOutAt(run.graph, run.graph.gateOf[fanOut] as number).maxKeys ?? FAN_OUT_DEFAULTS.maxKeys;
}

/**
 * Why nothing of a lane may start now, or `null` if its first instance may. The same function decides and
 * explains.
 */
export function refusal(world: World, lane: Lane): Because | null {
  const { run } = lane;
  if (run.record.state === 'paused' && !run.abort) return because('run_paused');
  if (run.record.state === 'queued')
    return because('run_queued', { dag: run.record.dagId, active: 0, limit: 0 });
  if (world.used >= world.limits.globalSlots)
    return because('global_cap', { limit: world.limits.globalSlots });
  const pool = world.pools.get(lane.pool);
  if (!pool) return because('pool_unknown', { pool: lane.pool });
  if (lane.slots > pool.slots) {
    return because('pool_too_small', { pool: pool.name, needed: lane.slots, slots: pool.slots });
  }
  if (pool.used + lane.slots > pool.slots) {
    return because('pool_full', { pool: pool.name, used: pool.used, slots: pool.slots });
  }
  return capRefusal(world, lane);
}

function capRefusal(world: World, lane: Lane): Because | null {
  const { run } = lane;
  const { spec } = run.graph;
  const load = world.dagLoad(spec.id);
  if (spec.maxActiveTasksTotal !== undefined && load.tasks >= spec.maxActiveTasksTotal) {
    return because('dag_cap', { dag: spec.id, active: load.tasks, limit: spec.maxActiveTasksTotal });
  }
  const limit = runLimit(world, run);
  if (run.active >= limit) return because('run_cap', { active: run.active, limit });
  for (const expansion of lane.cappedExpansions) {
    const most = parallelLimit(run, expansion);
    if (expansion.active < most) continue;
    const fanOut = nodePath(run.graph, run.graph.gateOf[expansion.record.fanOut] as number);
    return because('fan_out_cap', { fanOut, active: expansion.active, limit: most });
  }
  return lane.cappedTask < 0 ? null : taskRefusal(world, run, lane.cappedTask);
}

function taskRefusal(world: World, run: RunWorld, template: number): Because | null {
  const task = taskAt(run.graph, template);
  const here = run.activeOfTask.get(template) ?? 0;
  if (task.maxActivePerRun !== undefined && here >= task.maxActivePerRun) {
    return because('task_cap', { active: here, limit: task.maxActivePerRun });
  }
  if (task.maxActive === undefined) return null;
  let everywhere = 0;
  for (const other of world.runs.values()) {
    if (other.record.dagId !== run.record.dagId) continue;
    const same = other.graph.nodeOfPath.get(task.path);
    if (same !== undefined) everywhere += other.activeOfTask.get(same) ?? 0;
  }
  return everywhere < task.maxActive
    ? null
    : because('task_cap', { active: everywhere, limit: task.maxActive });
}
