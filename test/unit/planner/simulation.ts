import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { Action } from '../../../core/model/action.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import { ENGINE_DEFAULTS } from '../../../core/model/defaults.ts';
import { attemptId, type NodeNo, type RunNo, type RunUid, type TryNo, type VersionNo } from '../../../core/model/ids.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { RunRecord } from '../../../core/model/run.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { TASK_STATES } from '../../../core/model/states.ts';
import { loadRun } from '../../../core/planner/load.ts';
import { type Plan, plan, type PlannerEvent } from '../../../core/planner/plan.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { type Limits, World } from '../../../core/planner/world.ts';

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

const NO_LIMITS: Limits = { globalSlots: 1_000_000, pools: { default: 1_000_000 }, defaults: ENGINE_DEFAULTS };

/**
 * Runs the planner on a virtual clock: attempts end as told, one after the other in the order in which they were
 * dispatched (or as `pick` says), and time passes only when nothing else can happen.
 */
export class Simulation {
  readonly world: World;
  readonly actions: Action[] = [];
  readonly starts: string[] = [];
  readonly ends: string[] = [];
  readonly plans: Plan[] = [];
  now = 1_000_000;
  behaviour: Behaviour = () => SUCCESS;
  pick: (running: number) => number = () => 0;
  #running: { run: RunWorld; node: number; tryNo: number; outcome: Outcome | 'hang' }[] = [];
  #events: PlannerEvent[] = [];
  #wakeAt = Number.POSITIVE_INFINITY;
  #runNo = 0;

  constructor(limits: Partial<Limits> = {}) {
    this.world = new World({ ...NO_LIMITS, ...limits });
  }

  /** Asks for a new run of a DAG; it starts with the next turn. */
  trigger(spec: DagSpec | Graph, options: { scope?: RunScope; params?: JsonObject; maxParallel?: number } = {}): RunWorld {
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

  /** One call of the planner with everything that happened. */
  turn(): Plan {
    const events = this.#events;
    this.#events = [];
    const result = plan(this.world, events, { at: this.now, mono: this.now });
    this.plans.push(result);
    this.actions.push(...result.actions);
    this.#wakeAt = result.wakeAt;
    for (const { run, node } of result.dispatch) {
      const name = run.nameOf(node);
      const tryNo = run.tryNo[node] as number;
      this.starts.push(name);
      this.#running.push({ run, node, tryNo, outcome: this.behaviour(name, tryNo) });
    }
    for (const { run, node, reason } of result.stops) {
      const at = this.#running.findIndex((one) => one.run === run && one.node === node);
      if (at >= 0) this.#end(at, reason === 'timeout' ? { kind: 'timeout' } : { kind: 'stopped' });
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
      event: { type: 'attempt.ended', attemptId: id, startedAt: this.now, at: this.now, outcome },
    });
  }

  /** Lets the running attempts report their start, so that deadlines are armed. */
  reportStarts(): void {
    for (const { run, node, tryNo } of this.#running) {
      const id = attemptId(run.record.runNo, node as NodeNo, tryNo as TryNo);
      this.#events.push({ type: 'attempt', event: { type: 'attempt.started', attemptId: id, at: this.now } });
    }
  }

  /** Goes on until nothing can happen any more; throws if it does not end. */
  run(turnsMax = 1_000_000): void {
    for (let turns = 0; turns < turnsMax; turns++) {
      this.turn();
      if (this.#events.length > 0) continue;
      const ready = this.#running.filter((one) => one.outcome !== 'hang');
      if (ready.length > 0) {
        const one = ready[this.pick(ready.length)] as (typeof ready)[number];
        this.#end(this.#running.indexOf(one), one.outcome as Outcome);
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
