import { S } from '../model/states.ts';
import { Heap } from './heap.ts';
import type { RunWorld } from './run-world.ts';
import { expansionsAround, isCapped, parallelLimit, refusal } from './slots.ts';
import type { Turn } from './turn.ts';
import type { Lane, World } from './world.ts';

/** A lane that has waited this long counts one priority level higher, again and again. */
const AGING_MS = 600_000;

/** Puts a ready instance into its lane. */
export function makeReady(world: World, run: RunWorld, node: number, at: number): void {
  const lane = laneOf(world, run, node);
  if (lane.ready.size === 0) lane.waitingSince = at;
  lane.ready.push(node);
}

/** The lane of an instance; made when first asked for. */
export function laneOf(world: World, run: RunWorld, node: number): Lane {
  const template = run.templateOf(node);
  const pool = run.templates.pool[template] as string;
  const slots = run.templates.slots[template] as number;
  const cappedTask = isCapped(run, template) ? template : -1;
  const around = node < run.graph.size ? [] : expansionsAround(run, run.blockOf(node));
  const capped = around.filter((expansion) => parallelLimit(run, expansion) !== Number.POSITIVE_INFINITY);
  const id = `${pool}/${slots}/${cappedTask}/${capped[0]?.record.base ?? ''}`;
  let lanes = world.lanes.get(run);
  if (!lanes) {
    lanes = new Map();
    world.lanes.set(run, lanes);
  }
  let lane = lanes.get(id);
  if (!lane) {
    const ready = new Heap((a, b) => goesFirst(run, a, b));
    lane = { run, pool, slots, cappedTask, cappedExpansions: capped, ready, waitingSince: 0 };
    lanes.set(id, lane);
  }
  return lane;
}

/**
 * The order within a run: level, then weight, then node number. Blocks of a fan-out are numbered one after
 * the other, so that a key runs through its stages before the next key starts.
 */
function goesFirst(run: RunWorld, a: number, b: number): boolean {
  const { level, weight } = run.templates;
  const one = run.templateOf(a);
  const other = run.templateOf(b);
  if (level[one] !== level[other]) return (level[one] as number) > (level[other] as number);
  if (weight[one] !== weight[other]) return (weight[one] as number) > (weight[other] as number);
  return a < b;
}

/**
 * Takes the ready instances that may start now, one by one: the highest priority level first (lanes that wait
 * rise with time), within a level fairly over DAGs, then over runs (whoever holds fewer slots goes first),
 * then in the order of the run. Limits are part of the choice, so a full pool never hides work that could run
 * elsewhere.
 */
export function choose(turn: Turn, start: (run: RunWorld, node: number) => void): void {
  const { world } = turn;
  const held = new Set<Lane>();
  while (world.used < world.limits.globalSlots) {
    const lane = bestLane(world, held, turn.now.at);
    if (!lane) return;
    if (refusal(world, lane)) {
      held.add(lane);
      continue;
    }
    lane.waitingSince = turn.now.at;
    start(lane.run, lane.ready.pop() as number);
  }
}

function bestLane(world: World, held: ReadonlySet<Lane>, at: number): Lane | null {
  let best: Lane | null = null;
  let bestLevel = 0;
  for (const lanes of world.lanes.values()) {
    for (const lane of lanes.values()) {
      if (held.has(lane) || isEmpty(lane)) continue;
      const level = effectiveLevel(lane, at);
      if (best === null || level > bestLevel || (level === bestLevel && isFairer(world, lane, best))) {
        best = lane;
        bestLevel = level;
      }
    }
  }
  return best;
}

/** Drops instances that were settled while they waited, and tells whether any is left. */
function isEmpty(lane: Lane): boolean {
  for (let top = lane.ready.peek(); top !== undefined; top = lane.ready.peek()) {
    if (lane.run.state[top] === S.scheduled) return false;
    lane.ready.pop();
  }
  return true;
}

function effectiveLevel(lane: Lane, at: number): number {
  const top = lane.run.templateOf(lane.ready.peek() as number);
  const aged = Math.max(0, Math.floor((at - lane.waitingSince) / AGING_MS));
  return (lane.run.templates.level[top] as number) + aged;
}

function isFairer(world: World, lane: Lane, than: Lane): boolean {
  if (lane.run === than.run)
    return goesFirst(lane.run, lane.ready.peek() as number, than.ready.peek() as number);
  const load = world.dagLoad(lane.run.record.dagId).tasks;
  const otherLoad = world.dagLoad(than.run.record.dagId).tasks;
  if (load !== otherLoad) return load < otherLoad;
  if (lane.run.active !== than.run.active) return lane.run.active < than.run.active;
  return lane.run.record.runNo < than.run.record.runNo;
}
