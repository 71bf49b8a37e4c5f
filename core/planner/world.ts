import type { DagSpec } from '../model/dag.ts';
import type { EngineDefaults } from '../model/defaults.ts';
import type { HookJob } from '../model/hook.ts';
import type { RunRecord } from '../model/run.ts';
import type { SchedulerPause } from '../model/scheduler-report.ts';
import { isRunFinished } from '../model/states.ts';
import type { Agenda } from './agenda.ts';
import type { BackfillWorld } from './backfill-world.ts';
import type { Load } from './blocks.ts';
import { CacheLookups } from './cache-lookups.ts';
import type { DurationHistory } from './forecast.ts';
import { Heap } from './heap.ts';
import { Pasts } from './pasts.ts';
import { Ranking } from './ranking.ts';
import { nextLookAt } from './run-timer.ts';
import type { RunWorld } from './run-world.ts';

/** Limits from the configuration. */
export interface Limits {
  /** Attempts at once over everything. */
  readonly globalSlots: number;
  /** Slots by pool; `default` is always there. */
  readonly pools: { readonly [name: string]: number };
  readonly defaults: EngineDefaults;
  /** Somebody reads the cache for the planner; otherwise every task runs. */
  readonly readsCache?: boolean;
}

/** Slots of a pool and how many are held. */
export interface Pool {
  readonly name: string;
  /** `null`: there is no such pool, and what names it waits. */
  slots: number | null;
  used: number;
}

/** What the active runs of one DAG use together. */
export interface DagLoad {
  readonly dagId: string;
  /** Runs that have started and are not finished. */
  runs: number;
  /** Instances that hold a slot. */
  active: number;
  /** Ready tasks of its scheduled runs wait. */
  paused: boolean;
  /** Runs that were made for its slots here so far. */
  slotRuns: number;
  /** Its runs in memory, by number, in the order in which they came. */
  readonly inMemory: Map<number, RunWorld>;
  /** Instances that hold a slot by path: for tasks that are under way, and those that a version caps. */
  readonly tasks: Map<string, TaskLoad>;
}

/** What all runs of a DAG use of a task, whether their versions cap it or not. */
export interface TaskLoad extends Load {
  /** Somebody waits for it: it stays when nothing of it is under way. */
  isCapped: boolean;
}

/** A timer of the planner, by the monotonic clock. */
export interface Due {
  readonly atMono: number;
  readonly run: RunWorld;
  readonly node: number;
  readonly tryNo: number;
}

/** Everything the leader has in mind: its active runs and what they use. Changed by the planner only. */
export class World {
  limits: Limits;
  readonly runs = new Map<number, RunWorld>();
  /** Those of them whose DAG has a timeout or a deadline for runs. */
  readonly timed = new Map<number, RunWorld>();
  /** None of them has to be looked at before this, in wall time. */
  nextTimerAt = Number.POSITIVE_INFINITY;
  /** Those that have not started, as they came; one that is paused before its start keeps its place. */
  readonly queued = new Map<number, RunWorld>();
  /** Those of them of which something has changed since it was last asked which are over. */
  readonly changed = new Set<RunWorld>();
  /** Runs that left since what was decided was last stored. */
  readonly left = new Set<number>();
  readonly dags = new Map<string, DagLoad>();
  /** Backfills that a scheduler works on, and those that have an unfinished run. */
  readonly backfills = new Map<number, BackfillWorld>();
  /** Those that there are, and those that something in memory names. */
  readonly pools = new Map<string, Pool>();
  readonly pasts = new Pasts();
  readonly lookups = new CacheLookups();
  /** Hooks that have become due; whoever runs them takes them from here once they are stored. */
  readonly dueHooks: HookJob[] = [];
  /** How long the tasks of DAGs with a deadline took before, as far as it was read. */
  readonly histories = new Map<string, DurationHistory>();
  /** What is ready, in the order in which it starts. */
  readonly ranking = new Ranking();
  /** Instances that hold a slot. */
  used = 0;
  /** The number of the last event of an asset. */
  eventNo: number;
  /** Nothing new is started: the leader is about to give the lead away. */
  draining = false;
  /** Nothing new is started until somebody ends that, whoever leads. */
  pause: SchedulerPause | null = null;
  /** What a scheduler runs by itself; `null` for a leader that makes only the runs that it is asked for. */
  agenda: Agenda | null = null;
  /** Attempts under way with a deadline. */
  readonly deadlines = new Map<string, Due>();
  /** No deadline is before this. */
  nextDeadlineAt = Number.POSITIVE_INFINITY;
  /** Attempts that started and whose `running` is not stored yet. */
  readonly unwritten = new Map<string, Due>();
  /** Retries that wait. */
  readonly retries: Due[] = [];
  readonly retryOrder = new Heap((a, b) => this.dueBefore(a, b));

  /** Attempts that are held still, and what is left of their time in ms. */
  readonly heldStill = new Map<string, number>();

  /** Deadlines of attempts that this process knew before its memory was dropped, in monotonic time. */
  readonly knownDeadlines = new Map<string, number>();

  /** A world in the place of `before`, whose runs are to be read again. */
  constructor(limits: Limits, eventNo = 0, before: World | null = null) {
    this.limits = limits;
    this.eventNo = eventNo;
    if (before !== null) {
      this.draining = before.draining;
      this.pause = before.pause;
      for (const [id, leftMs] of before.heldStill) this.heldStill.set(id, leftMs);
      for (const [id, at] of before.knownDeadlines) this.knownDeadlines.set(id, at);
      for (const [id, { atMono }] of before.deadlines) this.knownDeadlines.set(id, atMono);
    }
    this.pool('default').slots = 128;
    for (const [name, slots] of Object.entries(limits.pools)) this.pool(name).slots = slots;
  }

  /** The pool of a name; made when first asked for, as one that does not exist yet. */
  pool(name: string): Pool {
    let pool = this.pools.get(name);
    if (!pool) {
      pool = { name, slots: null, used: 0 };
      this.pools.set(name, pool);
    }
    return pool;
  }

  private dueBefore(a: number, b: number): boolean {
    return (this.retries[a] as Due).atMono < (this.retries[b] as Due).atMono;
  }

  /** Wakes the planner for a retry. */
  addRetry(due: Due): void {
    this.retryOrder.push(this.retries.push(due) - 1);
  }

  /** Takes the next retry that is due. */
  takeRetry(mono: number): Due | null {
    const index = this.retryOrder.peek();
    if (index === undefined) {
      this.retries.length = 0;
      return null;
    }
    const due = this.retries[index] as Due;
    if (due.atMono > mono) return null;
    this.retryOrder.pop();
    return due;
  }

  /** When the next retry is due by the monotonic clock. */
  nextRetryAt(): number {
    const index = this.retryOrder.peek();
    return index === undefined ? Number.POSITIVE_INFINITY : (this.retries[index] as Due).atMono;
  }

  /** The load of a DAG; made when first asked for. */
  dagLoad(dagId: string): DagLoad {
    let load = this.dags.get(dagId);
    if (!load) {
      load = { dagId, runs: 0, active: 0, paused: false, slotRuns: 0, inMemory: new Map(), tasks: new Map() };
      this.dags.set(dagId, load);
    }
    return load;
  }

  /** What all runs of a DAG use of a task; made when first asked for. */
  taskLoad(dagId: string, path: string): TaskLoad {
    const { tasks } = this.dagLoad(dagId);
    let load = tasks.get(path);
    if (!load) {
      load = { active: 0, isCapped: false };
      tasks.set(path, load);
    }
    return load;
  }

  /** The runs that the store may have as unfinished: those in memory, and those that have just left it. */
  everyRun(): number[] {
    return [...this.runs.keys(), ...this.left];
  }

  /** Takes a run in, in the place of one with the same number. */
  add(run: RunWorld): void {
    const { runNo, dagId } = run.record;
    this.runs.set(runNo, run);
    const { timeoutMs, deadlineMs } = run.graph.spec;
    if (timeoutMs !== undefined || deadlineMs !== undefined) this.timed.set(runNo, run);
    this.dagLoad(dagId).inMemory.set(runNo, run);
    this.pasts.add(run);
    this.noteChange(run);
  }

  /** Something of a run has changed: it may be over, or wait for its start, or not any more. */
  noteChange(run: RunWorld): void {
    const { runNo } = run.record;
    this.changed.add(run);
    if (isActive(run.record) || isRunFinished(run.record.state)) this.queued.delete(runNo);
    else if (this.runs.get(runNo) === run) this.queued.set(runNo, run);
    this.setTimer(run);
  }

  /** The timeout or the deadline of a run may be nearer than it was. */
  setTimer(run: RunWorld): void {
    if (this.timed.has(run.record.runNo)) this.nextTimerAt = Math.min(this.nextTimerAt, nextLookAt(run));
  }

  /** Every run with a timeout or a deadline was looked at: what is next is known exactly again. */
  resetTimers(): void {
    this.nextTimerAt = Number.POSITIVE_INFINITY;
    for (const run of this.timed.values()) this.setTimer(run);
  }

  /** Forgets a run and all that it uses. */
  drop(run: RunWorld): void {
    this.runs.delete(run.record.runNo);
    this.timed.delete(run.record.runNo);
    this.queued.delete(run.record.runNo);
    this.changed.delete(run);
    this.dagLoad(run.record.dagId).inMemory.delete(run.record.runNo);
    this.left.add(run.record.runNo);
    this.pasts.drop(run);
    this.lookups.forget(run);
    this.ranking.drop(run);
    for (const held of [this.deadlines, this.unwritten]) {
      for (const [id, due] of held) if (due.run === run) held.delete(id);
    }
  }
}

/** Whether a run counts towards `maxActiveRuns`: it is under way, paused or not. */
export function isActive(record: Pick<RunRecord, 'state' | 'startedAt'>): boolean {
  return record.state === 'running' || (record.state === 'paused' && record.startedAt !== null);
}

/** Whether a run counts towards the limit of a backfill instead of that of its DAG. */
export function isOfBackfill(world: World, { backfillNo }: Pick<RunRecord, 'backfillNo'>): boolean {
  return backfillNo !== undefined && world.backfills.has(backfillNo);
}

/** Attempts at once in a run: its own limit, or the DAG's, or the configured one. */
export function runLimit(world: World, run: RunWorld): number {
  return run.record.maxParallel ?? run.graph.spec.maxActiveTasks ?? world.limits.defaults.maxActiveTasks;
}

/** Runs at once of a DAG. */
export function runsLimit(world: World, spec: Pick<DagSpec, 'maxActiveRuns'>): number {
  return spec.maxActiveRuns ?? world.limits.defaults.maxActiveRuns;
}
