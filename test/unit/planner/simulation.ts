import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { Action } from '../../../core/model/action.ts';
import type { AttemptEvent, Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec, PriorityLevel, TaskSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import {
  attemptId,
  type NodeNo,
  type RunNo,
  type RunUid,
  type TryNo,
  type VersionNo,
} from '../../../core/model/ids.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { isRunFinished, TASK_STATES } from '../../../core/model/states.ts';
import { loadRun } from '../../../core/planner/load.ts';
import { type Offer, type Plan, type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { type Limits, World } from '../../../core/planner/world.ts';
import { checkCaps, checkFold } from './same-memory.ts';
import { ShadowStore } from './shadow-store.ts';

/** What a task does when it runs: its outcome, by instance name and attempt number. */
export type Behaviour = (name: string, tryNo: number) => Outcome | 'hang';

export const SUCCESS: Outcome = { kind: 'success' };
export const FAILURE: Outcome = { kind: 'failed', error: { name: 'Error', message: 'no' } };

/** A minimal task of a test DAG. */
export function task(path: string, more: Partial<TaskSpec> = {}): TaskSpec {
  return { path, action: { kind: 'function', ref: `./x.ts#${path}` }, ...more };
}

/** A DAG of the given tasks. */
export function dagOf(tasks: readonly TaskSpec[], more: Partial<DagSpec> = {}): DagSpec {
  return { v: 1, id: 'test', maxActiveTasks: 1_000_000, ...more, tasks };
}

export const NO_LIMITS: Limits = {
  globalSlots: 1_000_000,
  pools: { default: 1_000_000 },
  defaults: ENGINE_DEFAULTS,
};

interface Running {
  readonly run: RunWorld;
  readonly node: number;
  readonly tryNo: number;
  readonly outcome: Outcome | 'hang';
  readonly startedAt: number;
  readonly endAt: number;
}

/**
 * Runs the planner on a virtual clock: attempts end as told, one after the other in the order in which they
 * were dispatched (or as `pick` says, or when their time is over), and time passes only when nothing else can
 * happen.
 */
export class Simulation {
  world: World;
  readonly actions: Action[] = [];
  readonly starts: string[] = [];
  readonly ends: string[] = [];
  readonly stops: { readonly name: string; readonly reason: string; readonly graceMs: number }[] = [];
  /** Attempts that were held still, or went on. */
  readonly holds: [name: string, still: boolean][] = [];
  readonly plans: Plan[] = [];
  /** Attempts that are asked to stop go on until {@link end}. */
  holdStops = false;
  now = 1_000_000;
  behaviour: Behaviour = () => SUCCESS;
  pick: (running: number) => number = () => 0;
  /** How long attempts take; without it they end in the order that `pick` says, and take no time. */
  durationMs: ((name: string, tryNo: number) => number) | null = null;
  /** What the actions give, compared with memory after every turn; `null` for large runs. */
  readonly store: ShadowStore | null;
  #running: Running[] = [];
  #events: PlannerEvent[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #runNo = 0;

  constructor(limits: Partial<Limits> = {}, checked = true) {
    this.world = new World({ ...NO_LIMITS, ...limits });
    this.store = checked ? new ShadowStore() : null;
  }

  /** Names of the instances whose attempts are under way. */
  get running(): string[] {
    return this.#running.map((one) => one.run.nameOf(one.node)).sort();
  }

  /** Asks for a new run of a DAG; it starts with the next turn. */
  trigger(
    spec: DagSpec | Graph,
    options: { scope?: RunScope; params?: JsonObject; maxParallel?: number; priority?: PriorityLevel } = {},
  ): RunWorld {
    const graph = 'spec' in spec ? spec : compileGraph(spec);
    const selection = selectScope(graph, options.scope ?? {});
    if (!selection.ok) throw new Error(`scope: ${JSON.stringify(selection.problems)}`);
    const runNo = ++this.#runNo as RunNo;
    const record: RunRecord = {
      runNo,
      uid: `00000000-0000-7000-8000-${String(runNo).padStart(12, '0')}` as RunUid,
      dagId: graph.spec.id,
      versionNo: 1 as VersionNo,
      state: 'queued',
      trigger: 'manual',
      params: options.params ?? {},
      scope: options.scope ?? {},
      maxParallel: options.maxParallel ?? null,
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      inputsFrom: null,
      logicalAt: null,
      intervalStartAt: null,
      intervalEndAt: null,
      createdAt: this.now,
      startedAt: null,
      endedAt: null,
      because: null,
    };
    const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
    this.request({ kind: 'start', inboxId: null, run, replaces: null });
    return run;
  }

  request(request: PlannedRequest): void {
    this.#events.push({ type: 'request', request });
  }

  /** Tells the planner what was read for it. */
  feed(offer: Offer): void {
    this.#events.push(offer);
  }

  /** One call of the planner with everything that happened. */
  turn(): Plan {
    const events = this.#events;
    this.#events = [];
    const result = plan(this.world, events, { at: this.now, mono: this.now });
    this.plans.push(result);
    for (const action of result.actions) {
      this.actions.push(action);
      this.store?.apply(action);
    }
    this.#wakeAt = result.wakeAt;
    for (const { run, node } of result.dispatch) {
      const name = run.nameOf(node);
      const tryNo = run.tryNo[node] as number;
      this.starts.push(name);
      const endAt = this.now + (this.durationMs?.(name, tryNo) ?? 0);
      this.#running.push({
        run,
        node,
        tryNo,
        outcome: this.behaviour(name, tryNo),
        startedAt: this.now,
        endAt,
      });
    }
    for (const { run, node, still } of result.holds) this.holds.push([run.nameOf(node), still]);
    for (const { run, node, reason, graceMs } of result.stops) {
      const at = this.#running.findIndex((one) => one.run === run && one.node === node);
      this.stops.push({ name: run.nameOf(node), reason, graceMs });
      if (at >= 0 && !this.holdStops)
        this.#end(at, reason === 'timeout' ? { kind: 'timeout' } : { kind: 'stopped' });
    }
    if (this.store) {
      checkFold(this.world, this.store);
      checkCaps(this.world);
    }
    return result;
  }

  #end(at: number, outcome: Outcome): void {
    const [one] = this.#running.splice(at, 1);
    if (!one) return;
    this.ends.push(one.run.nameOf(one.node));
    const id = attemptId(one.run.record.runNo, one.node as NodeNo, one.tryNo as TryNo);
    this.#events.push({
      type: 'attempt',
      event: {
        type: 'attempt.ended',
        attemptId: id,
        startedAt: one.startedAt,
        at: Math.max(this.now, one.startedAt),
        outcome,
      },
    });
  }

  /**
   * Ends the attempt of one instance, in its own way or as told; the planner hears of it with the next turn.
   */
  end(name: string, outcome?: Outcome): void {
    const at = this.#running.findIndex((one) => one.run.nameOf(one.node) === name);
    if (at < 0) throw new Error(`${name} has no attempt under way`);
    const own = (this.#running[at] as Running).outcome;
    this.#end(at, outcome ?? (own === 'hang' ? SUCCESS : own));
  }

  /** Lets something happen to an attempt that the simulation does not know (any more). */
  tell(event: AttemptEvent): void {
    this.#events.push({ type: 'attempt', event });
  }

  /** The leader dies with its attempts; another one goes on from the store. */
  crash(graphs: readonly Graph[]): RunWorld[] {
    if (!this.store) throw new Error('a simulation without a store cannot crash');
    this.#running = [];
    this.#events = [];
    this.world = new World(this.world.limits);
    const loaded: RunWorld[] = [];
    for (const [runNo, { record }] of this.store.runs) {
      if (isRunFinished(record.state)) continue;
      const run = this.store.load(runNo, graphs[runNo - 1] as Graph);
      loaded.push(run);
      this.request({ kind: 'adopt', inboxId: null, run });
    }
    return loaded;
  }

  /** Lets the running attempts report their start, so that deadlines are armed. */
  reportStarts(): void {
    for (const { run, node, tryNo } of this.#running) {
      const id = attemptId(run.record.runNo, node as NodeNo, tryNo as TryNo);
      this.#events.push({ type: 'attempt', event: { type: 'attempt.started', attemptId: id, at: this.now } });
    }
  }

  /** The attempt that ends next, unless a timer of the planner comes before. */
  #next(): Running | undefined {
    const ready = this.#running.filter((one) => one.outcome !== 'hang');
    if (!this.durationMs) return ready.length === 0 ? undefined : ready[this.pick(ready.length)];
    let first: Running | undefined;
    for (const one of ready) if (!first || one.endAt < first.endAt) first = one;
    return first && first.endAt <= this.#wakeAt ? first : undefined;
  }

  /** Goes on until nothing can happen any more; throws if it does not end. */
  run(turnsMax = 1_000_000): void {
    for (let turns = 0; turns < turnsMax; turns++) {
      this.turn();
      if (this.#events.length > 0) continue;
      const next = this.#next();
      if (next) {
        this.now = Math.max(this.now, this.durationMs ? next.endAt : this.now);
        this.#end(this.#running.indexOf(next), next.outcome as Outcome);
      } else if (Number.isFinite(this.#wakeAt)) {
        this.now = Math.max(this.now, this.#wakeAt);
      } else return;
    }
    throw new Error('the simulation does not end');
  }
}

/** The states of a run by instance name; instances outside the scope are `not_selected`. */
export function statesOf(run: RunWorld): { [name: string]: string } {
  const states: { [name: string]: string } = {};
  for (const { node, template, block } of run.existing()) {
    if (!run.isTask(template)) continue;
    const selected = run.isSelected(template, block);
    states[run.nameOf(node)] = selected ? (TASK_STATES[run.state[node] as number] as string) : 'not_selected';
  }
  return states;
}
