import type { DagSpec, ScheduleSpec, TaskSpec } from '../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../core/model/defaults.ts';
import type { Limits } from '../../core/planner/world.ts';
import type { Random } from '../unit/planner/random.ts';
import { RANDOM_POOLS, RandomDag, randomParams } from '../unit/planner/random-dag.ts';
import { chanceFor } from './chance.ts';
import { serviceDag } from './service-dag.ts';
import { COMMIT_FAULTS, HOOK_FAULTS, type HookFault } from './sim-store.ts';
import { widened } from './wide-dag.ts';
import { WIDE_DEEDS, type WideDeed } from './wide-deeds.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What people do. */
const DEEDS = [
  'trigger',
  'triggerTwice',
  'cancel',
  'kill',
  'pauseRun',
  'resumeRun',
  'retry',
  'retry',
  'markTask',
  'markTask',
  'markRun',
  'pauseDag',
  'unpauseDag',
  'edit',
  'edit',
  'remove',
  'return',
  'markThenRetry',
  'markAll',
  'cancelThenStale',
  'retryThenKill',
  'retryTwice',
  'jumpAndEdit',
] as const;
/** What people do with the past, in the worlds in which they do. */
const LOOKING_BACK = ['backfill', 'backfillThenPause', 'changeBackfill'] as const;
/** What people do to runs as tasks of the queue. */
const QUEUE_DEEDS = ['pauseAttempts', 'pauseAttempts', 'setPriority', 'resumeRun'] as const;
/** What goes wrong. */
export const FAULTS = [
  ...COMMIT_FAULTS,
  'killLeader',
  'midDispatch',
  'outage',
  'loseAttempt',
  'killExecutor',
  'hang',
  'late',
  'twice',
  'jumpForwards',
  'jumpBackwards',
  'oldRead',
] as const;
export type Fault = (typeof FAULTS)[number];
export type Deed =
  | WideDeed
  | (typeof DEEDS)[number]
  | (typeof LOOKING_BACK)[number]
  | (typeof QUEUE_DEEDS)[number];

/** One thing that happens to a world, at a time after its start. */
export interface Happening {
  readonly no: number;
  readonly afterMs: number;
  readonly kind: Deed | Fault | HookFault;
}

/** `plain` worlds have runs and schedules; in `wide` ones tasks also wait without a slot. */
export const WORLD_KINDS = ['plain', 'wide'] as const;
export type WorldKind = (typeof WORLD_KINDS)[number];

/** A world before it is played: everything in it follows from the seed and from what was left out. */
export interface Scenario {
  readonly kind: WorldKind;
  readonly seed: number;
  readonly startAt: number;
  readonly lastsMs: number;
  readonly limits: Limits;
  readonly dags: readonly DagSpec[];
  readonly happenings: readonly Happening[];
}

/** Starts of worlds: plain days, both changes of the clocks, a leap day. */
const STARTS = [
  '2026-01-14T09:58:30Z',
  '2026-03-28T20:00:00Z',
  '2026-10-24T20:00:00Z',
  '2026-03-07T22:00:00Z',
  '2028-02-28T21:30:10Z',
];

/** The world of a seed and a kind. Wide worlds are plain ones with more in them. */
export function scenarioOf(seed: number, kind: WorldKind = 'plain'): Scenario {
  const random = chanceFor(seed, 'scenario');
  const lastsMs = (4 + random.upTo(8)) * HOUR;
  const startAt = Date.parse(random.pick(STARTS)) + random.upTo(3 * HOUR);
  const dags = Array.from({ length: 2 + random.upTo(2) }, (_, at) =>
    dagFor({ kind, seed, startAt }, `dag${at}`, ''),
  );
  const count = 6 + random.upTo(34);
  const happenings: Happening[] = [];
  for (let no = 0; no < count; no++) {
    const one = chanceFor(seed, `happening ${no}`);
    const kind = one.chance(0.55) ? one.pick(FAULTS) : one.pick(DEEDS);
    happenings.push({ no, afterMs: one.upTo(lastsMs), kind });
  }
  happenings.push(...lookingBack(seed, lastsMs));
  if (kind === 'wide') happenings.push(...wideHappenings(seed, lastsMs), ...queueHappenings(seed, lastsMs));
  happenings.sort((a, b) => a.afterMs - b.afterMs || a.no - b.no);
  const defaults = { ...ENGINE_DEFAULTS, lostBudget: random.upTo(3) };
  const limits = { globalSlots: 3 + random.upTo(8), pools: RANDOM_POOLS, defaults };
  return { kind, seed, startAt, lastsMs, limits, dags, happenings };
}

/** What people do with the past of a world; its numbers are beyond those of everything else. */
function lookingBack(seed: number, lastsMs: number): Happening[] {
  const random = chanceFor(seed, 'looking back');
  if (!random.chance(0.3)) return [];
  return Array.from({ length: 1 + random.upTo(4) }, (_, index) => ({
    no: 1_000 + index,
    afterMs: random.upTo(lastsMs),
    kind: index === 0 ? random.pick(['backfill', 'backfillThenPause']) : random.pick(LOOKING_BACK),
  }));
}

/** What happens in wide worlds only; its numbers are beyond those of everything else. */
function wideHappenings(seed: number, lastsMs: number): Happening[] {
  const random = chanceFor(seed, 'wide');
  return Array.from({ length: 8 + random.upTo(20) }, (_, index) => ({
    no: 2_000 + index,
    afterMs: random.upTo(lastsMs),
    kind: random.chance(0.25) ? random.pick(HOOK_FAULTS) : random.pick(WIDE_DEEDS),
  }));
}

/** What is done to runs as tasks of the queue; its numbers are beyond those of everything else. */
function queueHappenings(seed: number, lastsMs: number): Happening[] {
  const random = chanceFor(seed, 'queue');
  if (!random.chance(0.3)) return [];
  return Array.from({ length: 4 + random.upTo(8) }, (_, index) => ({
    no: 3_000 + index,
    afterMs: random.upTo(lastsMs),
    kind: random.pick(QUEUE_DEEDS),
  }));
}

/** A DAG of a world, as it is first declared or, with the name of an edit, as it is after that. */
export function dagFor(
  { kind, seed, startAt }: Pick<Scenario, 'kind' | 'seed' | 'startAt'>,
  id: string,
  edit: string,
): DagSpec {
  const plain = plainDag(seed, id, edit, startAt);
  return kind === 'wide' ? widened(seed, plain, edit) : plain;
}

function plainDag(seed: number, id: string, edit: string, startAt: number): DagSpec {
  const tasks = chanceFor(seed, `tasks ${id} ${chanceFor(seed, edit).chance(0.5) ? edit : ''}`);
  const traits = {
    tasks: 2 + tasks.upTo(5),
    rich: tasks.chance(0.6),
    limits: tasks.chance(0.7),
    critical: tasks.chance(0.5),
  };
  const isService = chanceFor(seed, `service ${id}`).chance(0.25);
  const spec = isService ? serviceDag(tasks, id) : new RandomDag(tasks, traits).build(id);
  // Some edits change nothing but what slots are about: the time since the one before, or their own.
  const turns = edit !== '' && chanceFor(seed, `turns ${edit}`).chance(0.3);
  const random = chanceFor(seed, `schedule ${id} ${turns ? '' : edit}`);
  const properties = Object.fromEntries(
    Object.entries(randomParams(tasks)).map(([name, value]) => [name, { default: value }]),
  );
  const { timeoutMs: _, ...rest } = spec;
  return {
    ...rest,
    params: { type: 'object', properties },
    ...(random.chance(0.2) ? { timeoutMs: 20 * MINUTE } : {}),
    ...(turns ? turned(schedules(random, startAt)) : schedules(random, startAt)),
    tasks: withInputs(tasks, spec.tasks)
      .map((task) => withLongWaits(random, task))
      .map((task) => withPast(chanceFor(seed, `past ${id} ${task.path}`), task)),
  };
}

const CRONS = ['*/20 * * * *', '5 * * * *', '30 2 * * *', '0 1-3 * * *', '15,45 */2 * * *', '0 */3 * * *'];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];

function scheduleOf(random: Random): ScheduleSpec {
  if (random.chance(0.35)) return { kind: 'every', everyMs: random.pick([7, 20, 45, 60]) * MINUTE };
  const interval = random.chance(0.3) ? { interval: true as const } : {};
  return { kind: 'cron', cron: random.pick(CRONS), ...interval };
}

function schedules(random: Random, startAt: number): Partial<DagSpec> {
  if (random.chance(0.1)) return { maxActiveRuns: 1 + random.upTo(1) };
  const schedule = [scheduleOf(random), ...(random.chance(0.2) ? [scheduleOf(random)] : [])];
  const catchup = random.chance(0.4);
  const begins = random.chance(0.3) ? startAt - random.upTo(5 * HOUR) : startAt - 10 * MINUTE;
  return {
    schedule,
    timezone: random.pick(ZONES),
    maxActiveRuns: 1 + random.upTo(2),
    ...(catchup || random.chance(0.3) ? { startAt: new Date(begins).toISOString() } : {}),
    ...(catchup ? { catchup: true as const } : {}),
    ...(catchup && random.chance(0.3) ? { coalesce: true as const } : {}),
    ...(!catchup && random.chance(0.2) ? { onActivate: 'latest' as const } : {}),
    ...(random.chance(0.25) ? { misfireGraceMs: (1 + random.upTo(59)) * MINUTE } : {}),
    ...(random.chance(0.4) ? { overlap: random.pick(['skip', 'cancel_running'] as const) } : {}),
    ...(random.chance(0.25) ? { jitterMs: random.upTo(10 * MINUTE) } : {}),
    ...(random.chance(0.15) ? { pauseAfterFailures: 2 + random.upTo(2) } : {}),
  };
}

function turned(due: Partial<DagSpec>): Partial<DagSpec> {
  const schedule = (due.schedule ?? []).map((one): ScheduleSpec => {
    if (one.kind !== 'cron') return one;
    const { interval, ...rest } = one;
    return interval ? rest : { ...rest, interval: true };
  });
  return due.schedule ? { ...due, schedule } : due;
}

/** Waits between attempts that are long enough for something to happen meanwhile. */
function withLongWaits(random: Random, task: TaskSpec): TaskSpec {
  if (task.retries === undefined || random.chance(0.5)) return task;
  return {
    ...task,
    retries: { ...task.retries, max: 1 + random.upTo(2), delayMs: random.pick([1_500, 60_000, 400_000]) },
  };
}

/** Lets some tasks look at the run of the slot before, or stand back in old slots. */
function withPast(random: Random, task: TaskSpec): TaskSpec {
  const kind = random.upTo(9);
  if (task.teardown || kind > 2) return task;
  if (kind === 2) return { ...task, latestOnly: true };
  return { ...task, dependsOnPast: true, ...(kind === 1 ? { waitForDownstream: true } : {}) };
}

/** Lets some tasks take the output of one that comes before them. */
function withInputs(random: Random, tasks: readonly TaskSpec[]): TaskSpec[] {
  const byPath = new Map(tasks.map((task) => [task.path, task]));
  return tasks.map((task) => {
    const from = (task.after ?? []).find((path) => {
      const source = byPath.get(path);
      return source?.action.kind === 'function' && source.fanOut === task.fanOut;
    });
    if (from === undefined || task.needs || task.action.kind !== 'function' || task.teardown) return task;
    return random.chance(0.7) ? { ...task, needs: { given: from } } : task;
  });
}
