import type {
  ApprovalAction,
  DagSpec,
  LoopSpec,
  ScheduleSpec,
  SensorSpec,
  TaskSpec,
} from '../../core/model/dag.ts';
import { DAG_HOOKS, type HookSpec, TASK_HOOKS } from '../../core/model/hook.ts';
import type { Random } from '../unit/planner/random.ts';
import { chanceFor } from './chance.ts';

const MINUTE = 60_000;

/** A DAG of a plain world with what only wide worlds have: tasks that wait without a slot. */
export function widened(seed: number, spec: DagSpec, edit: string): DagSpec {
  const random = chanceFor(seed, `hooks ${spec.id}`);
  const hooks = random.chance(0.6) ? { hooks: hooksOf(random, DAG_HOOKS) } : {};
  const deadline = random.chance(0.6) ? { deadlineMs: random.pick([2, 15, 60]) * MINUTE } : {};
  const tasks = spec.tasks
    .map((task) => withWait(seed, spec.id, task))
    .map((task) => withHooks(seed, spec.id, task))
    .map((task) => withProducts(seed, spec.id, task));
  const schedule = scheduleOf(seed, spec, edit);
  return { ...spec, ...hooks, ...deadline, ...(schedule ? { schedule } : {}), tasks };
}

/** Assets that people report. */
export const OUTSIDE = ['asset:outside/a', 'asset:outside/b'] as const;

/** A DAG waits for assets of those before it, so that none waits for itself, and for what people report. */
function scheduleOf(seed: number, { id, schedule = [] }: DagSpec, edit: string): DagSpec['schedule'] | null {
  const random = chanceFor(seed, `assets ${id} ${chanceFor(seed, `assets ${edit}`).chance(0.4) ? edit : ''}`);
  if (random.chance(0.4)) return null;
  const before = Array.from({ length: Number(id.slice(3)) }, (_, no) => assetsOf(`dag${no}`)).flat();
  const wanted = random.some([...OUTSIDE, ...before], 0.4);
  const assets = wanted.length > 0 ? wanted : [OUTSIDE[0]];
  const own: ScheduleSpec = { kind: 'assets', match: random.pick(['all', 'any']), assets };
  return random.chance(0.5) ? [own] : [...schedule, own];
}

function assetsOf(dagId: string): string[] {
  return [`asset:${dagId}/a`, `asset:${dagId}/b`];
}

function withProducts(seed: number, dagId: string, task: TaskSpec): TaskSpec {
  const random = chanceFor(seed, `produces ${dagId} ${task.path}`);
  if (task.action.kind !== 'function' || !random.chance(0.35)) return task;
  const some = random.some(assetsOf(dagId), 0.5);
  return { ...task, produces: some.length > 0 ? some : assetsOf(dagId) };
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
  const asks = chanceFor(seed, `asks ${dagId} ${task.path}`);
  if (task.tags?.includes('list')) return task;
  if (asks.chance(0.15) && task.shortCircuit === undefined) return { ...task, action: approvalOf(asks) };
  if (random.chance(0.6)) return task;
  return { ...task, sensor: sensorOf(random, isPatient(seed, dagId, task.path)) };
}

/** Whether a task, if it is one that may wait, is done again until its condition holds. */
export function isLoop(seed: number, dagId: string, path: string): boolean {
  return !/(^|\.)list\d+$/.test(path) && chanceFor(seed, `loops ${dagId} ${path}`).chance(0.2);
}

function withHooks(seed: number, dagId: string, task: TaskSpec): TaskSpec {
  const random = chanceFor(seed, `hooks ${dagId} ${task.path}`);
  return random.chance(0.4) ? { ...task, hooks: hooksOf(random, TASK_HOOKS) } : task;
}

/** Hooks for some moments. What a hook does has nothing to do with which one it is. */
function hooksOf<Name extends string>(
  random: Random,
  names: readonly Name[],
): { readonly [Hook in Name]?: readonly HookSpec[] } {
  const chosen = random.some(names, 0.45).map((name) => {
    return [name, Array.from({ length: 1 + random.upTo(1) }, () => hookOf(random))] as const;
  });
  return Object.fromEntries(chosen) as unknown as { readonly [Hook in Name]?: readonly HookSpec[] };
}

function hookOf(random: Random): HookSpec {
  const retries = {
    max: random.upTo(2),
    ...(random.chance(0.5) ? { delayMs: random.pick([500, 90_000]) } : {}),
  };
  return {
    action: { kind: 'function', ref: './x.ts#hook' },
    ...(random.chance(0.6) ? { retries } : {}),
    ...(random.chance(0.2) ? { timeoutMs: 5_000 } : {}),
  };
}

function approvalOf(random: Random): ApprovalAction {
  const options = random.pick([
    ['yes', 'no'],
    ['go', 'hold', 'stop'],
  ]);
  const question = { kind: 'approval', title: 'Is this right?', options } as const;
  if (random.chance(0.35)) return question;
  const answerWithinMs = random.pick([20_000, 10 * MINUTE, 100 * MINUTE]);
  return { ...question, answerWithinMs, ...(random.chance(0.5) ? { onTimeout: random.pick(options) } : {}) };
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
