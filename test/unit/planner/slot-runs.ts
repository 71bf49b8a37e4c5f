import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import { selectScope } from '../../../core/graph/select.ts';
import type { Outcome } from '../../../core/model/attempt.ts';
import type { DagSpec } from '../../../core/model/dag.ts';
import { attemptId, type NodeNo, type RunNo, type RunUid, type TryNo } from '../../../core/model/ids.ts';
import type { JsonObject } from '../../../core/model/json.ts';
import type { RunRecord, TriggerKind } from '../../../core/model/run.ts';
import type { RunScope } from '../../../core/model/scope.ts';
import { holdsSlot, TASK_STATES, type TaskState } from '../../../core/model/states.ts';
import { explain } from '../../../core/planner/explain.ts';
import { loadRun } from '../../../core/planner/load.ts';
import { type PlannerEvent, plan } from '../../../core/planner/plan.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { World } from '../../../core/planner/world.ts';
import { NO_LIMITS, SUCCESS } from './simulation.ts';

export const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** When the slot with this number is due. */
export const slotAt = (slot: number): number => START + slot * HOUR;

interface SlotRunOptions {
  readonly trigger?: TriggerKind;
  readonly scope?: RunScope;
  readonly params?: JsonObject;
  /** It is the first slot of its backfill. */
  readonly isFirst?: boolean;
}

/** Runs of the slots of one DAG under a planner, with what a store would know of those that are over. */
export class SlotRuns {
  world = new World(NO_LIMITS);
  /** Runs of all slots, in memory or over, by slot. */
  readonly bySlot = new Map<number, RunWorld>();
  now = slotAt(0);
  /** Tasks that runs before any in `bySlot` had. */
  hadBefore: ReadonlySet<string> = new Set();
  /** Attempts by the name of their instance, as they started. */
  readonly starts: string[] = [];
  readonly #firsts = new Set<number>();
  #runNo = 0;

  /** Makes the run of a slot; `null` for one by hand. */
  start(spec: DagSpec | Graph, slot: number | null, options: SlotRunOptions = {}): RunWorld {
    const graph = 'spec' in spec ? spec : compileGraph(spec);
    const selection = selectScope(graph, options.scope ?? {});
    if (!selection.ok) throw new Error('the scope is wrong');
    const runNo = ++this.#runNo as RunNo;
    const at = slot === null ? null : slotAt(slot);
    const record: RunRecord = {
      runNo,
      uid: `run-${slot ?? 'hand'}` as RunUid,
      dagId: graph.spec.id,
      versionNo: 1 as never,
      state: 'queued',
      trigger: options.trigger ?? (slot === null ? 'manual' : 'schedule'),
      params: options.params ?? {},
      scope: options.scope ?? {},
      maxParallel: null,
      inputsFrom: null,
      logicalAt: at,
      intervalStartAt: at,
      intervalEndAt: at,
      createdAt: this.now,
      startedAt: null,
      endedAt: null,
      because: null,
    };
    const run = loadRun({ run: record, expansions: [], instances: [] }, graph, selection.selected);
    if (slot !== null) this.bySlot.set(slot, run);
    if (options.isFirst) this.#firsts.add(runNo);
    this.ask({ inboxId: null, kind: 'start', run, replaces: null });
    return run;
  }

  /** Reads the runs before all runs that want it, as a leader does. */
  feed(): void {
    for (const { run } of [...this.world.pasts.unread]) {
      const before = [...this.bySlot.values()]
        .filter(({ record }) => (record.logicalAt ?? 0) < (run.record.logicalAt ?? 0))
        .sort((a, b) => (b.record.logicalAt ?? 0) - (a.record.logicalAt ?? 0));
      const whole = before.findIndex(({ record }) => Object.keys(record.scope).length === 0);
      const runs = before.slice(0, whole < 0 ? before.length : whole + 1);
      const changes = this.world.pasts.changesOf(run.record.dagId);
      const isFirst = this.#firsts.has(run.record.runNo);
      const { runNo } = run.record;
      this.tell({ type: 'past', offer: { runNo, changes, runs, hadBefore: this.hadBefore, isFirst } });
    }
  }

  ask(request: PlannedRequest): void {
    this.tell({ type: 'request', request });
  }

  retry(run: RunWorld, ...names: string[]): void {
    const nodes = [...run.existing()]
      .map(({ node }) => node)
      .filter((node) => names.includes(run.nameOf(node)));
    const selection = { select: 'nodes', nodes, upstream: false, downstream: false } as const;
    this.ask({ inboxId: null, kind: 'retry', run, by: 'ann', selection });
    this.feed();
  }

  mark(run: RunWorld, name: string, state: 'success' | 'failed'): void {
    const node = this.nodeOf(run, name);
    this.ask({ inboxId: null, kind: 'markTask', run, by: 'ann', node, state });
  }

  end(run: RunWorld, name: string, outcome: Outcome = SUCCESS): void {
    const node = this.nodeOf(run, name);
    if (!holdsSlot(run.state[node] as number)) throw new Error(`${name} does not run`);
    const id = attemptId(run.record.runNo, node as NodeNo, run.tryNo[node] as TryNo);
    const at = { startedAt: this.now, at: this.now };
    this.tell({ type: 'attempt', event: { type: 'attempt.ended', attemptId: id, ...at, outcome } });
  }

  /** A process that is killed between two ticks: the next one has the unfinished runs. */
  restart(): void {
    const open = [...this.world.runs.values()];
    this.world = new World(NO_LIMITS);
    for (const run of open) run.followers.clear();
    for (const run of open) {
      const live = new Set(
        [...run.existing()]
          .filter(({ node }) => holdsSlot(run.state[node] as number))
          .map(({ node }) => attemptId(run.record.runNo, node as NodeNo, run.tryNo[node] as TryNo)),
      );
      for (const { node } of run.existing()) if (run.state[node] === 1) run.state[node] = 0;
      this.ask({ inboxId: null, kind: 'adopt', run, live });
    }
  }

  tell(...events: PlannerEvent[]): void {
    const { dispatch } = plan(this.world, events, { at: this.now, mono: this.now });
    for (const { run, node } of dispatch) this.starts.push(`${run.record.uid}/${run.nameOf(node)}`);
  }

  state(run: RunWorld, name: string): TaskState {
    return TASK_STATES[run.state[this.nodeOf(run, name)] as number] as TaskState;
  }

  why(run: RunWorld, name: string): { readonly code: string; readonly text: string } {
    return explain(this.world, run, this.nodeOf(run, name), null).because;
  }

  nodeOf(run: RunWorld, name: string): number {
    for (const { node } of run.existing()) if (run.nameOf(node) === name) return node;
    throw new Error(`there is no ${name}`);
  }
}
