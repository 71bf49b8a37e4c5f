import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { AttemptEvent } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import {
  type AttemptId,
  attemptId,
  type NodeNo,
  parseAttemptId,
  type RunNo,
  type TryNo,
} from '../model/ids.ts';
import { isRead } from '../planner/load.ts';
import { type Plan, type PlannerEvent, plan } from '../planner/plan.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { RunWorld } from '../planner/run-world.ts';
import { type Limits, World } from '../planner/world.ts';
import type { Lease, Store, VersionRecord } from '../store/store.ts';
import { Bell } from './bell.ts';
import { commitTick } from './commit.ts';
import type { Dispatcher } from './dispatcher.ts';
import { spilledText } from './spilled.ts';

/** The longest sleep of a loop that has nothing to wait for; timers of Node hold 31 bits. */
const SLEEP_MAX_MS = 60_000;

/** A run that the leader has in memory, with the version that its attempts execute. */
export interface LedRun {
  readonly run: RunWorld;
  readonly version: VersionRecord;
}

export interface LeaderOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly executor: Executor;
  readonly dispatcher: Dispatcher;
  readonly limits: Limits;
  readonly stateDir: string;
  readonly log: Logger;
  /** Number of the last tick that is stored. */
  readonly tick: number;
  /** Reads a run again when memory turned out to be stale. */
  readonly reload: (runNo: RunNo) => Promise<LedRun | null>;
}

/**
 * The loop of the one process that decides: takes what happened, asks the planner, stores its actions in one
 * fenced transaction, then hands attempts to the executor. Nothing is started that is not stored.
 */
export class Leader {
  readonly #options: LeaderOptions;
  #world: World;
  readonly #versions = new Map<RunNo, VersionRecord>();
  #events: PlannerEvent[] = [];
  #tick: number;
  #scheduled = false;
  #busy = false;
  #stopped = false;
  #timer: NodeJS.Timeout | null = null;
  #timerAtMono = 0;
  #staleTicks = 0;
  /** Rings after every commit. */
  readonly committed = new Bell();
  /** Called after every commit. */
  onCommit: () => void = () => {};
  /** Called when requests that were not answered yet must be prepared again. */
  onForgotten: () => void = () => {};
  /** Called once when this process must not decide any more. */
  onLost: (why: Error | null) => void = () => {};

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#world = new World(options.limits);
    this.#tick = options.tick;
    options.executor.onEvent = (event) => this.#onAttempt(event);
    options.dispatcher.onRefused = (id, message) => this.#onRefused(id, message);
    void options.lease.lost.then(() => this.#lose(null));
  }

  /** The runs in memory. */
  get runs(): ReadonlyMap<number, RunWorld> {
    return this.#world.runs;
  }

  get world(): World {
    return this.#world;
  }

  /** Hands a request to the planner. The version of a run that comes with it must be known from then on. */
  request(request: PlannedRequest, version?: VersionRecord): void {
    if (version && 'run' in request) this.#versions.set(request.run.record.runNo, version);
    this.#push({ type: 'request', request });
  }

  /** Starts nothing new and resolves once nothing runs. */
  async drain(): Promise<void> {
    this.#world.draining = true;
    const ear = this.committed.listen();
    while (!this.#stopped && (this.#world.used > 0 || this.#events.length > 0 || this.#busy)) {
      await ear.wait(SLEEP_MAX_MS);
    }
    ear.close();
  }

  /** Stops deciding; events that still come are dropped. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.committed.ring();
  }

  #onAttempt(event: AttemptEvent): void {
    if (event.type === 'attempt.ended') this.#options.dispatcher.live.delete(event.attemptId);
    this.#push({ type: 'attempt', event: this.#withText(event) });
  }

  /** Gives the planner the text of a spilled output that its expressions read. */
  #withText(event: AttemptEvent): AttemptEvent {
    if (event.type !== 'attempt.ended' || event.outcome.kind !== 'success') return event;
    const { spilled } = event.outcome;
    const id = spilled ? parseAttemptId(event.attemptId) : null;
    const run = id ? this.#world.runs.get(id.run) : undefined;
    if (!spilled || !id || !run || !isRead(run, id.node)) return event;
    const output = spilledText(this.#options.stateDir, spilled);
    return { ...event, outcome: { ...event.outcome, output } };
  }

  #onRefused(id: AttemptId, message: string): void {
    const at = this.#options.clock.now();
    const error = { name: 'MissingInput', message };
    this.#push({
      type: 'attempt',
      event: {
        type: 'attempt.ended',
        attemptId: id,
        startedAt: at,
        at,
        outcome: { kind: 'failed', error, final: true },
      },
    });
  }

  #push(event: PlannerEvent): void {
    if (this.#stopped) return;
    this.#events.push(event);
    this.#wake();
  }

  /** The executor tells all that ended in a turn of the event loop in one go; it becomes one tick. */
  #wake(): void {
    if (this.#scheduled || this.#busy || this.#stopped) return;
    this.#scheduled = true;
    queueMicrotask(() => void this.#turn());
  }

  async #turn(): Promise<void> {
    this.#scheduled = false;
    if (this.#busy || this.#stopped) return;
    this.#busy = true;
    try {
      await this.#decide();
    } catch (error) {
      this.#lose(error instanceof Error ? error : new Error(String(error)));
    }
    this.#busy = false;
    if (this.#events.length > 0) this.#wake();
  }

  async #decide(): Promise<void> {
    const events = this.#events;
    this.#events = [];
    const { clock } = this.#options;
    const now = { at: clock.now(), mono: clock.mono() };
    const decided = plan(this.#world, events, now);
    if (decided.actions.length > 0) {
      const committing = commitTick(this.#options, this.#tick, now.at, decided.actions);
      const result = committing instanceof Promise ? await committing : committing;
      this.#tick = result.tick;
      if (result.why === 'fenced') return this.#lose(null);
      if (result.why === 'stale') return this.#recover(events, result.runs);
    }
    this.#staleTicks = 0;
    this.#carryOut(decided);
    if (decided.actions.length > 0) {
      this.committed.ring();
      this.onCommit();
    }
    this.#sleepUntil(decided.wakeAt);
  }

  #carryOut(decided: Plan): void {
    const { executor, dispatcher } = this.#options;
    for (const { run, node } of decided.dispatch) {
      const version = this.#versions.get(run.record.runNo);
      if (version) dispatcher.dispatch(this.#world, run, version, node);
    }
    for (const { run, node, reason, graceMs } of decided.stops) {
      const id = attemptId(run.record.runNo, node as NodeNo, run.tryNo[node] as TryNo);
      executor.stop(id, reason, graceMs);
    }
    for (const run of decided.ended) this.#versions.delete(run.record.runNo);
  }

  /** A timer that is due earlier stays: waking for nothing now and then costs less than a timer a tick. */
  #sleepUntil(wakeAtMono: number): void {
    if (this.#timer && this.#timerAtMono <= wakeAtMono) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!Number.isFinite(wakeAtMono)) return;
    const ms = Math.ceil(wakeAtMono - this.#options.clock.mono());
    this.#timerAtMono = wakeAtMono;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#wake();
      },
      Math.min(Math.max(0, ms), SLEEP_MAX_MS),
    );
  }

  /**
   * The store was not as memory had it. Memory is dropped, not repaired: every run is read again, the
   * outcomes of the failed tick are decided anew, requests come again from the inbox. A second miss in a row
   * means a defect: this process stops deciding.
   */
  async #recover(events: readonly PlannerEvent[], stale: readonly RunNo[]): Promise<void> {
    if (++this.#staleTicks > 1)
      throw new Error(`runs ${stale.join(', ')} differ from the store again and again`);
    const { limits, dispatcher, reload, log } = this.#options;
    const runNos = [...this.#world.runs.keys()] as RunNo[];
    const isNew = (runNo: RunNo): boolean =>
      events.some(
        (event) =>
          event.type === 'request' &&
          event.request.kind === 'start' &&
          event.request.run.record.runNo === runNo,
      );
    log.warn({ runs: stale }, 'memory differed from the store; every run is read again');
    this.#world = new World(limits);
    const reloaded: PlannerEvent[] = [];
    for (const runNo of runNos) {
      if (isNew(runNo)) continue;
      const led = await reload(runNo);
      if (!led) continue;
      this.#versions.set(runNo, led.version);
      const request: PlannedRequest = { inboxId: null, kind: 'adopt', run: led.run, live: dispatcher.live };
      reloaded.push({ type: 'request', request });
    }
    const outcomes = [...events, ...this.#events].filter((event) => event.type === 'attempt');
    this.#events = [...reloaded, ...outcomes];
    this.onForgotten();
    this.#wake();
  }

  #lose(why: Error | null): void {
    if (this.#stopped) return;
    if (why) this.#options.log.error({ err: why }, 'this process stops deciding');
    else this.#options.log.warn('another process leads now');
    this.stop();
    this.onLost(why);
  }
}
