import type { Action, Repin } from '../model/action.ts';
import type { LogRange, StopReason } from '../model/attempt.ts';
import { type BecauseCode, becauseNumber, type Facts } from '../model/because.ts';
import type { NodeNo, RunNo, TryNo } from '../model/ids.ts';
import type { JsonText } from '../model/json.ts';
import {
  holdsSlot,
  isFinished,
  isRunFinished,
  REASONS,
  type Reason,
  type RunState,
  S,
} from '../model/states.ts';
import { closeDeadline } from './deadline.ts';
import { fireRunHooks, fireTaskHooks } from './hooks.ts';
import { HAS_ROW, type RunWorld, STOPPING, UNWRITTEN } from './run-world.ts';
import { acquire, release } from './slots.ts';
import { CRITICAL } from './templates.ts';
import { isActive, isOfBackfill, type World } from './world.ts';

/** The instant of a turn by both clocks, in milliseconds. */
export interface Instant {
  readonly at: number;
  readonly mono: number;
}

/** Fields of a transition that most transitions leave empty. */
export interface ChangeDetails {
  readonly reason?: Reason;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly dueAt?: number;
  /** A `TaskError` as JSON. */
  readonly error?: JsonText;
  readonly log?: LogRange;
}

/**
 * One call of the planner: what it may look at, and what it has decided so far. `change` is the only way in
 * which the state of an instance changes, so that memory and actions cannot differ.
 */
export class Turn {
  readonly world: World;
  readonly now: Instant;
  readonly actions: Action[] = [];
  readonly dispatch: { readonly run: RunWorld; readonly node: number }[] = [];
  readonly stops: {
    readonly run: RunWorld;
    readonly node: number;
    readonly reason: StopReason;
    readonly graceMs: number;
  }[] = [];
  /** Attempts whose processes are held still, or go on. */
  readonly holds: { readonly run: RunWorld; readonly node: number; readonly still: boolean }[] = [];
  /** Finished nodes whose downstreams have not been told. */
  readonly settled: { readonly run: RunWorld; readonly node: number }[] = [];
  /** Gates that are ready to expand. */
  readonly gates: { readonly run: RunWorld; readonly node: number }[] = [];
  /** Critical instances that failed for good: their runs are to be aborted. */
  readonly fatal: { readonly run: RunWorld; readonly node: number }[] = [];
  /** DAGs of whose slots nothing could be decided, and what went wrong. */
  readonly faults: { readonly dagId: string; readonly message: string }[] = [];
  /** Runs with keys in their scope of which a gate finished. */
  readonly expanded = new Set<RunWorld>();

  constructor(world: World, now: Instant) {
    this.world = world;
    this.now = now;
  }

  /** Moves an instance to a state and records it. */
  change(
    run: RunWorld,
    node: number,
    to: number,
    code: BecauseCode,
    facts: Facts | null,
    details: ChangeDetails = {},
  ): void {
    const from = run.state[node] as number;
    run.state[node] = to;
    this.#account(run, node, from, to);
    const flags = run.flags[node] as number;
    const tryNo = run.tryNo[node] as number;
    if (to === S.queued) run.queuedAt[node] = this.now.at;
    if (details.startedAt !== undefined) run.startedAt[node] = details.startedAt;
    fireTaskHooks(this, run, node, { from, to, code, facts, reason: details.reason ?? null });
    const endedAt = details.endedAt ?? (isFinished(to) ? this.now.at : null);
    run.endedAt[node] = endedAt ?? 0;
    this.actions.push({
      type: 'instance',
      runNo: run.record.runNo,
      nodeNo: node as NodeNo,
      fresh: (flags & HAS_ROW) === 0,
      from: run.stored[node] as number,
      fromTry: run.storedTry[node] as number,
      to,
      tryNo,
      tryBase: run.tryBase[node] as number,
      lost: run.lost[node] as number,
      reason: details.reason === undefined ? 0 : REASONS.indexOf(details.reason) + 1,
      because: becauseNumber(code),
      facts: facts === null ? null : JSON.stringify(facts),
      queuedAt: run.queuedAt[node] || null,
      startedAt: details.startedAt ?? (to === S.queued ? null : run.startedAt[node] || null),
      endedAt,
      dueAt: details.dueAt ?? null,
      error: details.error ?? null,
      log: details.log ?? null,
    });
    run.flags[node] = (flags | HAS_ROW) & ~UNWRITTEN & (holdsSlot(to) ? -1 : ~STOPPING);
    run.stored[node] = to;
    run.storedTry[node] = tryNo;
  }

  /** Moves an instance to a state that is not worth a row: `scheduled`, or `running` until the next write. */
  assume(run: RunWorld, node: number, to: number): void {
    const from = run.state[node] as number;
    run.state[node] = to;
    this.#account(run, node, from, to);
  }

  #account(run: RunWorld, node: number, from: number, to: number): void {
    this.world.changed.add(run);
    const held = holdsSlot(from);
    if (held !== holdsSlot(to)) {
      if (held) release(this.world, run, node);
      else acquire(this.world, run, node);
    }
    if (to === S.failed && from !== to && (run.templates.traits[run.templateOf(node)] as number) & CRITICAL) {
      this.fatal.push({ run, node });
    }
    if (isFinished(from) || !isFinished(to)) return;
    run.open--;
    this.settled.push({ run, node });
  }

  /** Moves a run to a state and records it. */
  changeRun(
    run: RunWorld,
    to: RunState,
    code: BecauseCode,
    facts: Facts | null,
    details: {
      startedAt?: number | null;
      endedAt?: number | null;
      counts?: { [state: string]: number };
      repin?: Repin;
    } = {},
  ): void {
    const from = run.record.state;
    const load = this.world.dagLoad(run.record.dagId);
    const counts = !isOfBackfill(this.world, run.record);
    load.runs -= counts && isActive(run.record) ? 1 : 0;
    run.record = {
      ...run.record,
      state: to,
      ...(details.startedAt === undefined ? {} : { startedAt: details.startedAt }),
      ...(details.endedAt === undefined ? {} : { endedAt: details.endedAt }),
    };
    load.runs += counts && isActive(run.record) ? 1 : 0;
    this.world.noteChange(run);
    this.world.ranking.touch(run);
    fireRunHooks(this, run, from, to, code, facts);
    if (isRunFinished(from) && !isRunFinished(to)) closeDeadline(this, run);
    this.actions.push({ type: 'run.change', runNo: run.record.runNo, from, to, code, facts, ...details });
  }

  /** Records a fact that changes no state. */
  note(run: RunWorld | null, node: number | null, code: BecauseCode, facts: Facts | null): void {
    this.actions.push({
      type: 'note',
      runNo: run ? run.record.runNo : (null as RunNo | null),
      nodeNo: node as NodeNo | null,
      tryNo: run && node !== null ? (run.tryNo[node] as TryNo) : null,
      code,
      facts,
    });
  }

  /** Asks the executor to end the attempt of an instance, once. */
  stop(run: RunWorld, node: number, reason: StopReason, graceMs: number): void {
    const flags = run.flags[node] as number;
    if (flags & STOPPING && graceMs > 0) return;
    run.flags[node] = flags | STOPPING;
    this.stops.push({ run, node, reason, graceMs });
  }
}
