import type { Action } from '../model/action.ts';
import type { AttemptEvent } from '../model/attempt.ts';
import { type AttemptId, parseAttemptId, type RunNo, type RunUid, type VersionNo } from '../model/ids.ts';
import { Agenda, type DagEntry } from '../planner/agenda.ts';
import { bookRun, isRead } from '../planner/load.ts';
import { type Plan, type PlannerEvent, plan, type TidingsEvent } from '../planner/plan.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { RunWorld } from '../planner/run-world.ts';
import type { Instant } from '../planner/turn.ts';
import { World } from '../planner/world.ts';
import type { VersionRecord } from '../store/store.ts';
import { Alarm, SLEEP_MAX_MS } from './alarm.ts';
import { Beat } from './beat.ts';
import { Bell } from './bell.ts';
import { type Committed, commitTick } from './commit.ts';
import type { LeaderOptions } from './leader-options.ts';
import { LeftAlone } from './left-alone.ts';
import { LoopMeter } from './loop-meter.ts';
import { asError, attemptsOf, endedIn, faultText, isNew, note, Quarantine, runOf } from './quarantine.ts';
import { readRun } from './read-run.ts';
import { neverStarted, refusal } from './refusal.ts';
import { spilledText } from './spilled.ts';
import { strayAttempts } from './stray-attempts.ts';
import { takeBackfills } from './take-backfills.ts';
import { takenSlots } from './taken-slots.ts';

/** Ticks in a row that found memory stale, after which this process stops deciding. */
const STALE_MAX = 5;

/**
 * The loop of the one process that decides: takes what happened, asks the planner, stores its actions in one
 * fenced transaction, then hands attempts to the executor. Nothing is started that is not stored.
 */
export class Leader {
  readonly #options: LeaderOptions;
  #world: World;
  /** Every version that a run has had here: they never change, and a process sees few. */
  readonly #versions = new Map<VersionNo, VersionRecord>();
  #events: PlannerEvent[] = [];
  #tick: number;
  #scheduled = false;
  #busy = false;
  #stopped = false;
  readonly #alarm: Alarm;
  readonly #beat: Beat;
  #staleTicks = 0;
  /** Runs of which the last tick found memory stale. */
  #stale: ReadonlySet<RunNo> = new Set();
  /** Runs that were in memory when it was dropped, until all of them are read again. */
  readonly #owed = new Set<RunNo>();
  readonly #leftAlone: LeftAlone;
  readonly #quarantine = new Quarantine();
  /** Runs that slots to come have already, by {@link slotKey}. */
  readonly #taken = new Map<string, RunUid>();
  #generation = 0;
  /** Rings after every turn, and when it stops. */
  readonly turned = new Bell();
  /** How long its turns take, what they store included. */
  readonly loop = new LoopMeter();
  #turns = 0;
  /** Called after every commit. */
  onCommit: () => void = () => {};
  /** Called after every turn that went well, with what was stored. */
  onDecided: (actions: readonly Action[]) => void = () => {};
  /** Called when requests that were not answered yet must be prepared again. */
  onForgotten: () => void = () => {};
  /** Called once when this process must not decide any more. */
  onLost: (why: Error | null) => void = () => {};

  constructor(options: LeaderOptions) {
    this.#options = options;
    this.#world = new World(options.limits, options.eventNo);
    this.#tick = options.tick;
    this.#leftAlone = new LeftAlone(options.log);
    this.#beat = new Beat(options.lease, options.beatMs, options.clock.mono());
    this.#alarm = new Alarm(options.clock, () => this.#wake(), options.pollMs);
    this.#alarm.set(this.#beat.dueAtMono);
    options.executor.onEvent = (event) => this.#onAttempt(event);
    options.dispatcher.onRefused = (id, message) => this.#onRefused(id, message);
    options.dispatcher.onWithdrawn = (id) =>
      this.#push(neverStarted(id, options.clock.now(), { kind: 'stopped' }));
    void options.lease.lost.then(() => this.#lose(null));
  }

  /** The runs in memory. */
  get runs(): ReadonlyMap<number, RunWorld> {
    return this.#world.runs;
  }

  get world(): World {
    return this.#world;
  }

  /** Runs that are set aside after an internal error, with that error: nothing is decided about them here. */
  get setAside(): ReadonlyMap<RunNo, string> {
    return this.#quarantine.runs;
  }

  /** Changes when memory is dropped: a request that was prepared under another one names runs of the past. */
  get generation(): number {
    return this.#generation;
  }

  /** Hands a request to the planner. The version of a run that comes with it must be known from then on. */
  request(request: PlannedRequest, version?: VersionRecord): void {
    if (version) this.#versions.set(version.versionNo, version);
    this.#push({ type: 'request', request: this.#options.foreign?.spare(request) ?? request });
  }

  /** Makes runs for the slots of the DAGs that it is told of, from now on; `paused` holds before that. */
  schedule(nextRunNo: () => RunNo, paused: Iterable<string>): void {
    this.#world.agenda = new Agenda(nextRunNo, this.#taken);
    for (const dagId of paused) this.#world.dagLoad(dagId).paused = true;
  }

  /** A DAG is declared like this now. */
  dagSeen(dag: DagEntry, version: VersionRecord, isRescheduled: boolean): void {
    this.#versions.set(version.versionNo, version);
    if (this.#leftAlone.admits(dag)) this.#push({ type: 'dag.seen', dag, isRescheduled });
  }

  /** Starts nothing new and resolves once nothing runs. */
  async drain(): Promise<void> {
    this.#world.draining = true;
    if (this.#world.heldStill.size > 0) this.#wake();
    await this.#turnWhile(() => this.#world.used > 0 || this.#hasToDo);
  }

  /** Resolves once everything that it was given by now is decided and stored, or it has stopped. */
  async settled(): Promise<void> {
    const last = this.#turns + (this.#busy ? 2 : 1);
    await this.#turnWhile(() => this.#hasToDo && this.#turns < last);
  }

  get #hasToDo(): boolean {
    return this.#busy || this.#events.length > 0;
  }

  async #turnWhile(holds: () => boolean): Promise<void> {
    const ear = this.turned.listen();
    while (!this.#stopped && holds()) await ear.wait(SLEEP_MAX_MS);
    ear.close();
  }

  /** Something else that was read or seen for the planner, with the versions of the runs in it. */
  tell(event: TidingsEvent, versions: readonly VersionRecord[] = []): void {
    for (const version of versions) this.#versions.set(version.versionNo, version);
    this.#push(event);
  }

  /** Stops deciding; events that still come are dropped. */
  stop(): void {
    this.#stopped = true;
    this.#alarm.clear();
    this.#options.foreign?.close();
    this.turned.ring();
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

  #onRefused(id: AttemptId, message: string, name = 'MissingInput'): void {
    this.#push(refusal(id, this.#options.clock.now(), { name, message }));
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
    const begunAt = this.#options.clock.mono();
    const events = this.#quarantine.take(this.#events);
    try {
      await this.#decide(events).catch((error: unknown) => this.#onFault(events, asError(error)));
    } catch (error) {
      this.#lose(asError(error));
    }
    this.#busy = false;
    this.loop.add(this.#options.clock.mono() - begunAt);
    this.#turns++;
    this.turned.ring();
    if (this.#events.length > 0) this.#wake();
  }

  async #decide(events: readonly PlannerEvent[]): Promise<void> {
    const now = this.#now();
    const decided = plan(this.#world, events, now);
    if (decided.actions.length > 0) {
      const committing = commitTick(this.#options, this.#tick, now.at, decided.actions);
      const result = committing instanceof Promise ? await committing : committing;
      this.#tick = result.tick;
      if (result.why === 'fenced') return this.#lose(null);
      if (result.why === 'stale') return this.#onStale(events, result, decided.actions);
    }
    this.#world.left.clear();
    this.#staleTicks = 0;
    this.#stale = new Set();
    this.#leftAlone.written(decided.actions);
    this.#leftAlone.failed(decided.faults);
    this.#quarantine.acquit(events);
    this.#carryOut(decided);
    // Orders are written at the end of this step: runners do not wait for those who are told of the commit.
    if (decided.dispatch.length > 0) await null;
    if (decided.actions.length > 0) this.onCommit();
    this.#beat.turned(now.mono);
    this.#alarm.set(this.#beat.dueAtMono);
    this.#alarm.set(decided.wakeAt, true);
    this.onDecided(decided.actions);
  }

  #carryOut(decided: Plan): void {
    for (const { run, node } of decided.dispatch) {
      this.#handOver(run, this.#versions.get(run.record.versionNo), node);
    }
    for (const { run, node, reason, graceMs } of decided.stops) {
      this.#options.dispatcher.stop(run.attemptOf(node), reason, graceMs);
    }
    const { executor } = this.#options;
    for (const { run, node, still } of decided.holds) executor.holdStill(run.attemptOf(node), still);
  }

  #handOver(run: RunWorld, version: VersionRecord | undefined, node: number): void {
    const { dispatcher, log } = this.#options;
    try {
      if (version === undefined) throw new Error(`version ${run.record.versionNo} is not in memory`);
      dispatcher.dispatch(this.#world, run, version, node);
    } catch (error) {
      const id = run.attemptOf(node);
      log.error({ err: error, attempt: id }, 'an attempt cannot be handed over');
      dispatcher.live.delete(id);
      this.#onRefused(id, `it cannot be handed over: ${faultText(asError(error))}`, 'InternalError');
    }
  }

  #now(): Instant {
    const { clock } = this.#options;
    return { at: clock.now(), mono: clock.mono() };
  }

  /**
   * The store was not as memory had it. A run that is stale twice in a row is set aside; when that does not
   * help either, this process stops deciding.
   */
  async #onStale(
    events: readonly PlannerEvent[],
    { runs: stale, dags }: Committed,
    refused: readonly Action[],
  ): Promise<void> {
    if (++this.#staleTicks > STALE_MAX)
      throw new Error(`runs ${stale.join(', ')} differ from the store again and again`);
    this.#leftAlone.stale(dags);
    this.#options.log.warn({ runs: stale, dags }, 'memory differed from the store; every run is read again');
    for (const [slot, uid] of await takenSlots(this.#options.store, refused)) this.#taken.set(slot, uid);
    const actions: Action[] = [];
    for (const runNo of stale) {
      const known = this.#world.runs.has(runNo) && !isNew(events, runNo);
      if (known) actions.push(note(runNo, 'memory_stale', null));
      if (known && this.#stale.has(runNo))
        actions.push(this.#setAside(runNo, new Error('its rows differ from memory again and again')));
    }
    this.#stale = new Set(stale);
    await this.#readAgain(events, actions, false);
  }

  /**
   * Planning or storing failed. What failed alone is the cause: a request is answered with the error, a run
   * is set aside. Otherwise the cause is looked for, see {@link Quarantine}.
   */
  async #onFault(events: readonly PlannerEvent[], error: Error): Promise<void> {
    if (this.#stopped) return;
    this.#options.log.error({ err: error }, 'a tick failed; every run is read again and planned alone');
    const culprit = this.#quarantine.culpritOf(events);
    const actions: Action[] = [];
    if (culprit === null) this.#quarantine.notFound(error);
    else this.#quarantine.found(culprit);
    if (culprit === null) this.#quarantine.suspect(events);
    else if ('runNo' in culprit) actions.push(this.#setAside(culprit.runNo, error));
    else {
      const message = `orch failed at this request: ${faultText(error)}`;
      const answer = { ok: false, code: 'internal', message } as const;
      actions.push({ type: 'answer', inboxId: culprit.inboxId, answer });
    }
    await this.#readAgain(events, actions, true);
  }

  /** Stops the attempts of a run and decides nothing about it from now on; the note for the journal. */
  #setAside(runNo: RunNo, error: Error): Action {
    const { dispatcher, limits, log } = this.#options;
    const text = faultText(error);
    log.error({ err: error, run: runNo }, 'a run is set aside; the next leader tries it again');
    this.#quarantine.runs.set(runNo, text);
    for (const id of attemptsOf(runNo, dispatcher.live)) {
      dispatcher.stop(id, 'shutdown', limits.defaults.killGraceMs);
      dispatcher.live.delete(id);
    }
    return note(runNo, 'quarantined', { error: text });
  }

  /**
   * Drops memory and reads every run again; nothing is mended. Outcomes of the failed tick are decided anew,
   * requests come again from the inbox. `doubtful`: each run is planned on trial, then in a turn of its own.
   */
  async #readAgain(events: readonly PlannerEvent[], actions: Action[], doubtful: boolean): Promise<void> {
    const arrived = this.#events.splice(0);
    for (const runNo of this.#world.everyRun()) this.#owed.add(runNo as RunNo);
    try {
      await this.#takeIn([...events, ...arrived], actions, doubtful);
      this.#owed.clear();
    } catch (error) {
      this.#events.unshift(...arrived);
      throw error;
    }
  }

  async #takeIn(pending: readonly PlannerEvent[], actions: Action[], doubtful: boolean): Promise<void> {
    const { dispatcher, store } = this.#options;
    const { agenda, dags, eventNo, limits } = this.#world;
    const outcomes = pending.filter((event) => event.type === 'attempt');
    this.#world = new World(limits, eventNo, this.#world);
    // The DAGs come again with `onForgotten`.
    const paused = [...dags.values()].filter((load) => load.paused).map(({ dagId }) => dagId);
    if (agenda !== null) this.schedule(agenda.nextRunNo, paused);
    await takeBackfills(store, this.#world);
    this.#generation++;
    const live = new Set([...dispatcher.live, ...endedIn(outcomes)]);
    const again: PlannerEvent[] = [];
    for (const runNo of new Set([...this.#owed, ...pending.map(runOf)])) {
      // One that was to come into being is there if the error came after the commit.
      if (runNo === null || this.setAside.has(runNo)) continue;
      const ofRun = outcomes.filter((event) => runOf(event) === runNo);
      const led = await readRun(this.#options, runNo, {
        outcomes: doubtful ? ofRun : null,
        live,
        now: () => this.#now(),
        isStopped: () => this.#stopped,
      });
      if (led instanceof Error) {
        actions.push(this.#setAside(runNo, led));
        this.#quarantine.found({ runNo });
        continue;
      }
      for (const id of strayAttempts(runNo, dispatcher.live, led?.run ?? null))
        dispatcher.stop(id, 'shutdown', limits.defaults.killGraceMs);
      if (led) {
        this.#versions.set(led.version.versionNo, led.version);
        bookRun(this.#world, led.run);
        if (doubtful) this.#quarantine.alone(runNo);
        const request: PlannedRequest = { inboxId: null, kind: 'adopt', run: led.run, live };
        again.push({ type: 'request', request }, ...ofRun);
      }
    }
    // Before anything else can fail: whoever reads again after that finds these runs here.
    this.#events = [...again, ...this.#events];
    this.#tick = (await store.counters()).tick;
    if (actions.length > 0) {
      const written = await commitTick(this.#options, this.#tick, this.#options.clock.now(), actions);
      this.#tick = written.tick;
      if (written.why === 'fenced') return this.#lose(null);
    }
    this.#events = this.#events.filter(Quarantine.isKept);
    this.#generation++;
    this.onForgotten();
    this.onCommit();
  }

  #lose(why: Error | null): void {
    if (this.#stopped) return;
    if (why) this.#options.log.error({ err: why }, 'this process stops deciding');
    else this.#options.log.warn('another process leads now');
    this.stop();
    this.onLost(why);
  }
}
