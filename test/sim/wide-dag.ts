import type { DagSpec, LoopSpec, SensorSpec, TaskSpec } from '../../core/model/dag.ts';
import type { Random } from '../unit/planner/random.ts';
import { chanceFor } from './chance.ts';

const MINUTE = 60_000;

/** A DAG of a plain world with what only wide worlds have: tasks that wait without a slot. */
export function widened(seed: number, spec: DagSpec): DagSpec {
  return { ...spec, tasks: spec.tasks.map((task) => withWait(seed, spec.id, task)) };
}

/** Whether a sensor looks for as long as there is no word of its own: such a one finds something in time. */
export function isPatient(seed: number, dagId: string, path: string): boolean {
  return chanceFor(seed, `patient ${dagId} ${path}`).chance(0.3);
}

/** Lets some tasks look again and again, or be done until something holds. */
function withWait(seed: number, dagId: string, task: TaskSpec): TaskSpec {
  const random = chanceFor(seed, `waits ${dagId} ${task.path}`);
  if (task.action.kind !== 'function' || task.teardown) return task;
  if (isLoop(seed, dagId, task.path)) return { ...task, loop: loopOf(random) };
  if (random.chance(0.6) || task.tags?.includes('list')) return task;
  return { ...task, sensor: sensorOf(random, isPatient(seed, dagId, task.path)) };
}

/** Whether a task, if it is one that may wait, is done again until its condition holds. */
export function isLoop(seed: number, dagId: string, path: string): boolean {
  return !/(^|\.)list\d+$/.test(path) && chanceFor(seed, `loops ${dagId} ${path}`).chance(0.2);
}

function sensorOf(random: Random, isPatientOne: boolean): SensorSpec {
  const everyMs = random.pick([2_000, 45_000, 10 * MINUTE]);
  if (isPatientOne) return { everyMs };
  const giveUpMs = random.pick([30_000, 5 * MINUTE, 90 * MINUTE]);
  return { everyMs, giveUpMs, ...(random.chance(0.4) ? { softFail: true as const } : {}) };
}

function loopOf(random: Random): LoopSpec {
  return {
    until: 'output.ok',
    ...(random.chance(0.8) ? { maxIterations: 1 + random.upTo(3) } : {}),
    ...(random.chance(0.7) ? { delayMs: random.pick([1_500, 3 * MINUTE]) } : {}),
  };
}
