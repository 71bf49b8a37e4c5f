import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Config } from '../config/config.ts';
import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { Action } from '../model/action.ts';
import { AppError } from '../model/errors.ts';
import type { RunNo } from '../model/ids.ts';
import type { StoredPool } from '../model/pool.ts';
import type { PlannedRequest } from '../planner/requests.ts';
import type { InboxRecord, Lease } from '../store/store.ts';
import { AssetFeed } from './asset-feed.ts';
import { BackfillFeed } from './backfill-feed.ts';
import { CacheFeed } from './cache-feed.ts';
import type { DagSync } from './dag-sync.ts';
import { Dispatcher } from './dispatcher.ts';
import { LeaderDoor } from './door.ts';
import { Feeds } from './feeds.ts';
import { FileFeed } from './file-feed.ts';
import { ForeignAttempts } from './foreign-attempts.ts';
import { BEAT_MS } from './health.ts';
import { HistoryFeed } from './history-feed.ts';
import { HookDesk } from './hook-desk.ts';
import { InboxReader } from './inbox-reader.ts';
import { InputReader } from './inputs.ts';
import type { Janitor } from './janitor.ts';
import { Leader } from './leader.ts';
import { leaderLog } from './leader-log.ts';
import { limitsOf } from './limits-of.ts';
import { Onlookers } from './onlookers.ts';
import { Operating } from './operating.ts';
import { PastFeed } from './past-feed.ts';
import { leaderSocket } from './paths.ts';
import { isAway } from './patient-store.ts';
import { type Project, valuesOf } from './project.ts';
import { asError, faultText } from './quarantine.ts';
import { isThere } from './read-run.ts';
import { type Prepared, RequestDesk } from './request-desk.ts';
import type { StartedExecutor } from './start-leading.ts';
import { takeBackfills } from './take-backfills.ts';
import { takeUpRuns } from './take-up.ts';
import { type SchedulerTidings, tidingsIn } from './tidings.ts';
import { VersionKeeper } from './version-keeper.ts';

/**
 * How far the heap may grow between full collections, in percent. What a task leaves behind lives just long
 * enough to reach the old heap; by its own rules V8 lets several times the live memory gather there.
 */
const HEAP_GROWING_PERCENT = 30;

/** By so much timers may be late. */
const POLL_MS = 2;

/** A process that leads: its loop, its executor, its door and its way through the inbox. */
export class Leadership {
  readonly leader: Leader;
  /** Resolves with the cause, or `null` if another process leads, once this one must not decide any more. */
  readonly lost: Promise<Error | null>;
  readonly #project: Project;
  readonly #lease: Lease;
  readonly #executor: Executor;
  readonly #desk: RequestDesk;
  readonly #log: Logger;
  readonly #nextRunNo: () => RunNo;
  readonly #versions: VersionKeeper;
  /** What a scheduler watches; `null` for a leader that makes only the runs that it is asked for. */
  #sync: DagSync | null = null;
  /** A scheduler wants to lead, and this process is none: from now on it starts nothing. */
  onHandOver: () => void = () => {};
  /** This scheduler is to end, or to take the lead anew. */
  onStopAsked: (how: 'stop' | 'restart') => void = () => {};
  /** Told what people should know of this scheduler. */
  onTidings: (tidings: SchedulerTidings) => void = () => {};
  readonly #feeds: Feeds;
  #files: FileFeed | null = null;
  readonly #hooks: HookDesk;
  readonly #operating: Operating;
  #janitor: Janitor | null = null;
  #onlookers: Onlookers | null = null;
  #door: LeaderDoor | null = null;
  readonly #inbox: InboxReader;
  #isEnding = false;
  #closed = false;

  private constructor(
    project: Project,
    lease: Lease,
    { executor, failed }: StartedExecutor,
    counters: { runNo: RunNo; tick: number; eventNo: number; pools: readonly StoredPool[] },
  ) {
    this.#project = project;
    this.#lease = lease;
    this.#executor = executor;
    this.#log = leaderLog(project, lease, (message) => this.#onlookers?.noteError(message));
    const { store, stateDir, config, clock, library, dir } = project;
    const { memoryMb } = config.runners;
    const inputs = new InputReader(store, stateDir);
    const canSpin = availableParallelism() > 1;
    const traced = config.telemetry.traces !== null;
    const given = { executor, inputs, values: valuesOf(project), stateDir };
    const dispatcher = new Dispatcher({ ...given, memoryMb, canSpin, traced });
    const reload = (runNo: RunNo) =>
      this.#desk.load(runNo).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    const foreign = new ForeignAttempts(lease.heldOverMs, {
      clock,
      live: dispatcher.live,
      tell: (event) => executor.onEvent(event),
    });
    this.leader = new Leader({
      store,
      lease,
      clock,
      executor,
      dispatcher,
      foreign,
      beatMs: BEAT_MS,
      pollMs: canSpin ? POLL_MS : 0,
      limits: limitsOf(project, counters.pools),
      stateDir,
      tick: counters.tick,
      eventNo: counters.eventNo,
      reload,
      log: this.#log,
    });
    this.#versions = new VersionKeeper({ store, lease, library, clock, projectDir: dir, stateDir });
    let last = counters.runNo as number;
    this.#nextRunNo = () => ++last as RunNo;
    this.#desk = new RequestDesk({
      store,
      lease,
      versions: this.#versions,
      leader: () => this.leader,
      nextRunNo: this.#nextRunNo,
      maxActiveRuns: config.defaults.maxActiveRuns,
      stateDir,
      inputs,
      operate: (request, askedAt) => this.#operating.prepare(request, askedAt),
    });
    this.#operating = this.#openOperating(lease, counters.pools);
    this.#inbox = this.#openInbox();
    this.#hooks = this.#openHooks(memoryMb);
    this.#feeds = this.#openFeeds(inputs);
    this.leader.onDecided = (actions) => this.#onDecided(actions);
    this.leader.onForgotten = () => this.#onForgotten();
    this.lost = new Promise((resolve) => {
      this.leader.onLost = resolve;
      void failed.then(resolve);
    });
  }

  #onForgotten(): void {
    this.#sync?.forget();
    this.#inbox.again();
  }

  #openOperating(lease: Lease, pools: readonly StoredPool[]): Operating {
    const onAsked = (): void => this.lookIntoInbox();
    const common = { project: this.#project, leader: this.leader, executor: this.#executor, log: this.#log };
    const onAlerts = (alerts: Config['alerts']) => void this.#onlookers?.holdAlerts(alerts);
    return new Operating({ ...common, lease, pools, onAsked, onAlerts });
  }

  #openInbox(): InboxReader {
    return new InboxReader({
      store: this.#project.store,
      leader: this.leader,
      prepare: (record) => this.#prepare(record),
      onError: (error) => this.#onInboxError(error),
      isReady: ({ request }) => request.type !== 'pauseDag' || this.#isLookedAt(request.dagId),
      onTaken: ({ request }) => this.#onTaken(request),
    });
  }

  #onTaken(request: PlannedRequest): void {
    if (request.kind === 'handOver' && this.leader.world.agenda === null) this.onHandOver();
    else if (request.kind === 'operate' && request.stop !== undefined) this.onStopAsked(request.stop);
  }

  #openHooks(memoryMb: number | null): HookDesk {
    const { store, stateDir, clock } = this.#project;
    const desk = new HookDesk({
      store,
      lease: this.#lease,
      leader: this.leader,
      executor: this.#executor,
      clock,
      stateDir,
      memoryMb,
      traced: this.#project.config.telemetry.traces !== null,
      log: this.#log,
      onChange: () => this.leader.onCommit(),
    });
    const toLeader = this.#executor.onEvent;
    this.#executor.onEvent = (event) => {
      if (!desk.takes(event)) toLeader(event);
    };
    return desk;
  }

  /** What every leader reads for its planner. */
  #openFeeds(inputs: InputReader): Feeds {
    const { leader } = this;
    const { store, clock, stateDir } = this.#project;
    const values = valuesOf(this.#project);
    const feeds = new Feeds(leader, this.#log);
    feeds.add(new PastFeed(store, leader), new CacheFeed({ store, leader, clock, stateDir, inputs, values }));
    feeds.add(new HistoryFeed(store, leader));
    return feeds;
  }

  #onDecided(actions: readonly Action[]): void {
    for (const tidings of tidingsIn(actions)) this.onTidings(tidings);
    this.#hooks.look();
    if (actions.length > 0) this.#onlookers?.look();
    this.#feeds.look();
    this.#files?.look();
    this.#inbox.lookAtHeld();
    this.#operating.onDecided(actions);
  }

  /**
   * Whether a scheduler knows the schedule of a DAG as it is declared now. Before that, a DAG that is
   * unpaused would be judged by a schedule of which nobody has decided yet from when on it holds.
   */
  #isLookedAt(dagId: string): boolean {
    const { agenda } = this.leader.world;
    return agenda === null || agenda.dags.has(dagId) || this.#sync?.isLooking === false;
  }

  /**
   * Opens the door of a process that has what runs attempts. Then its owner says what it leads for:
   * {@link takeRequests} or {@link schedule}.
   */
  static async start(
    project: Project,
    lease: Lease,
    started: StartedExecutor,
    onCommit: () => void,
  ): Promise<Leadership> {
    const { store } = project;
    const pools = await store.operations.facts.pools();
    const counters = { ...(await store.counters()), eventNo: await store.lastEventNo(), pools };
    const leadership = new Leadership(project, lease, started, counters);
    try {
      await leadership.#open(onCommit);
      return leadership;
    } catch (error) {
      // What keeps going, as its loop does, would keep a process that has failed from ending.
      await leadership.close('now').catch(() => {});
      throw error;
    }
  }

  async #open(onCommit: () => void): Promise<void> {
    this.#door = await LeaderDoor.open(leaderSocket(this.#project.stateDir), () => this.lookIntoInbox());
    this.leader.onCommit = () => {
      this.#door?.tell();
      onCommit();
    };
    await this.#hooks.open();
    const watched = { project: this.#project, lease: this.#lease, leader: this.leader };
    this.#onlookers = await Onlookers.open({ ...watched, executor: this.#executor, log: this.#log });
    this.leader.world.pause = await this.#project.store.operations.facts.pause();
    this.#log.info('this process leads');
  }

  /** Does what it is asked for, from now on; its owner says when to look into the inbox again. */
  takeRequests(): void {
    this.#inbox.open();
    tightenHeap();
  }

  /**
   * Leads as a scheduler: goes on with every run that is not finished, takes requests, and makes runs for the
   * slots of all DAGs from now on. Resolves once every DAG file was looked at.
   */
  async schedule(): Promise<void> {
    const { store, library, clock, dir } = this.#project;
    const paused = await store.pausedDags();
    this.#requireLead();
    this.leader.schedule(this.#nextRunNo, paused);
    await takeBackfills(store, this.leader.world);
    this.#requireLead();
    const load = (runNo: RunNo) => this.#desk.load(runNo);
    const { leader } = this;
    this.#feeds.add(new BackfillFeed({ store, leader, load }), new AssetFeed(store, leader));
    this.#files = new FileFeed({ store, leader, projectDir: dir, clock, log: this.#log });
    await takeUpRuns(this.leader, {
      store,
      // In between the keeper is heard, which says that it is up: a runner starts while the rest is read.
      load: async (runNo) => {
        const led = await load(runNo);
        await nextTurn();
        this.#requireLead();
        return led;
      },
      onFault: (runNo, error) => this.#onLoadFault(runNo, error),
      ready: () => this.#executor.ready?.(),
    });
    const [{ DagSync }, { Janitor }] = await Promise.all([import('./dag-sync.ts'), import('./janitor.ts')]);
    this.#requireLead();
    this.#inbox.open();
    this.#sync = new DagSync({
      projectDir: dir,
      store,
      lease: this.#lease,
      library,
      index: library.index(clock),
      versions: this.#versions,
      clock,
      log: this.#log,
      onSeen: (dag, version, isRescheduled) => this.leader.dagSeen(dag, version, isRescheduled),
      onTidings: (tidings) => this.onTidings(tidings),
      onGone: (dagId, state) => this.leader.tell({ type: 'dag.gone', dagId, state }),
      onConfig: () => this.#operating.onConfigChange(),
      onLooked: () => this.#inbox.lookAtHeld(),
    });
    await this.#sync.start();
    this.#requireLead();
    const { stateDir, config } = this.#project;
    const { retention } = config;
    this.#janitor = new Janitor({ store, lease: this.#lease, clock, stateDir, retention, log: this.#log });
    this.#janitor.start();
    await this.#operating.open();
    this.#requireLead();
    tightenHeap();
  }

  /**
   * Whoever ends while it begins as a scheduler begins nothing more: that would be left behind.
   * @throws AppError `unavailable`
   */
  #requireLead(): void {
    if (this.#isEnding) throw new AppError('unavailable', 'this process does not lead any more');
  }

  #onLoadFault(runNo: RunNo, error: unknown): void {
    if (isAway(error)) throw error;
    this.#log.error({ err: error, run: runNo }, 'an unfinished run cannot be gone on with');
  }

  /** Looks for requests without an answer. */
  lookIntoInbox(): void {
    this.#inbox.look();
  }

  async #onInboxError(error: unknown): Promise<void> {
    if (!isAway(error) && (await isThere(this.#project.store))) return this.leader.onLost(asError(error));
    this.#log.warn({ err: error }, 'the inbox cannot be read now; it is looked into again');
  }

  /** A request that cannot even be prepared is answered with the error and keeps nobody else waiting. */
  async #prepare(record: InboxRecord): Promise<Prepared> {
    try {
      return await this.#desk.prepare(record);
    } catch (error) {
      if (isAway(error) || !(await isThere(this.#project.store))) throw error;
      this.#log.error({ err: error, request: record.inboxId }, 'a request cannot be prepared');
      const message = `orch failed at this request: ${faultText(asError(error))}`;
      return { request: { inboxId: record.inboxId, kind: 'refuse', refusal: { code: 'internal', message } } };
    }
  }

  /**
   * Gives the lead back. Attempts under way end by themselves unless the lead is lost already; nothing new
   * starts.
   */
  async close(how: 'drain' | 'now'): Promise<void> {
    if (this.#closed) return;
    this.#isEnding = true;
    this.#feeds.close();
    await this.#files?.close();
    await this.#sync?.close();
    await this.#janitor?.close();
    await this.#operating.close();
    if (how === 'drain') for (const one of [this.leader, this.#hooks, this.#onlookers]) await one?.drain();
    this.#hooks.close();
    await this.#onlookers?.close();
    this.#closed = true;
    this.leader.stop();
    await this.#inbox.close();
    try {
      await this.#executor.close();
    } finally {
      // What it could not end the next leader finds too, and starts nothing beside it.
      await this.#lease.release().finally(() => this.#door?.close());
    }
    this.#log.info('this process gave the lead back');
  }
}

/** Not before everything that stays is read: a heap that grows in so small steps is gone through often. */
function tightenHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
}
