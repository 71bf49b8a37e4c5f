import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { Executor } from '../executors/executor.ts';
import { createLocalExecutor } from '../executors/local.ts';
import type { RunnerOptions } from '../executors/local-options.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { AppError } from '../model/errors.ts';
import type { RunNo } from '../model/ids.ts';
import type { Limits } from '../planner/world.ts';
import type { InboxRecord, Lease } from '../store/store.ts';
import { AssetFeed } from './asset-feed.ts';
import { BackfillFeed } from './backfill-feed.ts';
import { DagSync } from './dag-sync.ts';
import { Dispatcher } from './dispatcher.ts';
import { LeaderDoor } from './door.ts';
import { FileFeed } from './file-feed.ts';
import { InputReader } from './inputs.ts';
import { Janitor } from './janitor.ts';
import { Leader } from './leader.ts';
import { leaderSocket, logFile } from './paths.ts';
import type { Project } from './project.ts';
import { asError, faultText } from './quarantine.ts';
import { isThere } from './read-run.ts';
import { type Prepared, RequestDesk } from './request-desk.ts';
import { takeBackfills } from './take-backfills.ts';
import { VersionKeeper } from './version-keeper.ts';

/**
 * How far the heap may grow between full collections, in percent. What a task leaves behind lives just long
 * enough to reach the old heap; by its own rules V8 lets several times the live memory gather there.
 */
const HEAP_GROWING_PERCENT = 30;

/** A process that leads: its loop, its executor, its door and its way through the inbox. */
export class Leadership {
  readonly leader: Leader;
  /** Resolves if attempts cannot be run here. */
  readonly failed: Promise<Error>;
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
  #feed: BackfillFeed | null = null;
  #events: AssetFeed | null = null;
  #files: FileFeed | null = null;
  #janitor: Janitor | null = null;
  #door: LeaderDoor | null = null;
  #reading: Promise<void> | null = null;
  #readAgain = false;
  /** Requests given to the planner whose answer is not stored yet. */
  readonly #prepared = new Set<number>();
  #closed = false;

  private constructor(
    project: Project,
    lease: Lease,
    executor: Executor,
    counters: { runNo: RunNo; tick: number; eventNo: number },
  ) {
    this.#project = project;
    this.#lease = lease;
    this.#executor = executor;
    const bindings = { part: 'scheduler', epoch: lease.epoch };
    const { level, maxBytes, keep } = project.config.log;
    const to = { path: logFile(project.stateDir), maxBytes, keep, clock: project.clock };
    this.#log = createLogger({ level, to, bindings });
    const { store, stateDir, config, clock, library, dir } = project;
    const inputs = new InputReader(store, stateDir);
    const dispatcher = new Dispatcher({
      executor,
      inputs,
      stateDir,
      memoryMb: config.runners.memoryMb,
      canSpin: availableParallelism() > 1,
    });
    const limits = limitsOf(project);
    const reload = (runNo: RunNo) =>
      this.#desk.load(runNo).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    this.leader = new Leader({
      store,
      lease,
      clock,
      executor,
      dispatcher,
      limits,
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
      versions: this.#versions,
      led: () => this.leader.runs,
      setAside: () => this.leader.setAside,
      nextRunNo: this.#nextRunNo,
      maxActiveRuns: config.defaults.maxActiveRuns,
      stateDir,
      inputs,
    });
    this.leader.onForgotten = () => {
      this.#prepared.clear();
      this.lookIntoInbox();
      this.#sync?.forget();
    };
    this.failed = new Promise((resolve) => {
      executor.onFailed = resolve;
    });
  }

  /**
   * Starts to lead: ends what earlier processes left alive, opens the door, reads the inbox. Then its
   * owner says when to look into the inbox again. With `warm` a runner is kept ready for the first function
   * or operator.
   */
  static async start(
    project: Project,
    lease: Lease,
    warm: boolean,
    onCommit: () => void,
  ): Promise<Leadership> {
    const { config, clock, dir, stateDir } = project;
    setFlagsFromString(`--heap-growing-percent=${HEAP_GROWING_PERCENT}`);
    const executor = createLocalExecutor({
      projectDir: dir,
      stateDir,
      clock,
      epoch: lease.epoch,
      runners: { ...runnerOptions(config), keepOne: warm },
      limits: { logBytes: config.log.maxBytesPerAttempt },
    });
    const { store } = project;
    const counters = { ...(await store.counters()), eventNo: await store.lastEventNo() };
    const leadership = new Leadership(project, lease, executor, counters);
    await executor.start();
    leadership.#door = await LeaderDoor.open(leaderSocket(stateDir), () => leadership.lookIntoInbox());
    leadership.leader.onCommit = () => {
      leadership.#door?.tell();
      onCommit();
    };
    leadership.#log.info('this process leads');
    leadership.lookIntoInbox();
    return leadership;
  }

  /**
   * Leads as a scheduler: goes on with every run that is not finished, and makes runs for the slots of all
   * DAGs from now on. Resolves once every DAG file was looked at.
   */
  async schedule(): Promise<void> {
    const { store, library, clock, dir } = this.#project;
    const dags = await store.dags();
    const paused = dags.filter((dag) => dag.paused).map(({ dagId }) => dagId);
    this.leader.schedule(this.#nextRunNo, paused);
    await takeBackfills(store, this.leader.world);
    const load = (runNo: RunNo) => this.#desk.load(runNo);
    this.#feed = new BackfillFeed({ store, leader: this.leader, load, log: this.#log });
    this.#events = new AssetFeed({ store, leader: this.leader, log: this.#log });
    this.#files = new FileFeed({ projectDir: dir, store, leader: this.leader, clock, log: this.#log });
    this.leader.onDecided = () => {
      this.#feed?.look();
      this.#events?.look();
      this.#files?.look();
    };
    for (const { runNo } of await store.unfinishedRuns()) await this.#adopt(runNo);
    this.#sync = new DagSync({
      projectDir: dir,
      store,
      lease: this.#lease,
      library,
      versions: this.#versions,
      clock,
      log: this.#log,
      onSeen: (dag, version, isRescheduled) => this.leader.dagSeen(dag, version, isRescheduled),
      onGone: (dagId, state) => this.leader.tell({ type: 'dag.gone', dagId, state }),
    });
    await this.#sync.start();
    const { stateDir, config } = this.#project;
    const { retention } = config;
    this.#janitor = new Janitor({ store, lease: this.#lease, clock, stateDir, retention, log: this.#log });
    this.#janitor.start();
  }

  async #adopt(runNo: RunNo): Promise<void> {
    try {
      const { run, version } = await this.#desk.load(runNo);
      this.leader.request({ inboxId: null, kind: 'adopt', run }, version);
    } catch (error) {
      if (isAway(error)) throw error;
      this.#log.error({ err: error, run: runNo }, 'an unfinished run cannot be gone on with');
    }
  }

  /** Takes requests without an answer to the planner, in order, one after the other. */
  lookIntoInbox(): void {
    if (this.#closed) return;
    if (this.#reading !== null) {
      this.#readAgain = true;
      return;
    }
    this.#reading = this.#readInbox()
      .catch(async (error: unknown) => {
        if (!isAway(error) && (await isThere(this.#project.store))) return this.leader.onLost(asError(error));
        this.#log.warn({ err: error }, 'the inbox cannot be read now; it is looked into again');
      })
      .finally(() => {
        this.#reading = null;
        if (!this.#readAgain) return;
        this.#readAgain = false;
        this.lookIntoInbox();
      });
  }

  async #readInbox(): Promise<void> {
    for (const record of await this.#project.store.pendingRequests()) {
      if (this.#prepared.has(record.inboxId) || this.#closed) continue;
      // A leader that ends takes nothing over any more: the next one does.
      const { request } = record;
      if (this.leader.world.draining && request.type === 'adopt' && request.takeOver !== undefined) continue;
      const { generation } = this.leader;
      const prepared = await this.#prepare(record);
      if (generation !== this.leader.generation) {
        this.#readAgain = true;
        return;
      }
      this.#prepared.add(record.inboxId);
      if (prepared.adopt) {
        const { run, version, repin } = prepared.adopt;
        this.leader.request({ inboxId: null, kind: 'adopt', run, ...(repin ? { repin } : {}) }, version);
      }
      this.leader.request(prepared.request, prepared.version);
      if (prepared.request.kind === 'handOver' && this.leader.world.agenda === null) this.onHandOver();
    }
  }

  /** A request that cannot even be prepared is answered with the error and keeps nobody else waiting. */
  async #prepare(record: InboxRecord): Promise<Prepared> {
    try {
      return await this.#desk.prepare(record);
    } catch (error) {
      if (isAway(error) || !(await isThere(this.#project.store))) throw error;
      this.#log.error({ err: error, request: record.inboxId }, 'a request cannot be prepared');
      const message = `orch failed at this request: ${faultText(asError(error))}`;
      return { request: { inboxId: record.inboxId, kind: 'refuse', code: 'internal', message } };
    }
  }

  /**
   * Gives the lead back. Attempts under way end by themselves unless the lead is lost already; nothing new
   * starts.
   */
  async close(how: 'drain' | 'now'): Promise<void> {
    if (this.#closed) return;
    this.#feed?.close();
    this.#events?.close();
    await this.#files?.close();
    await this.#sync?.close();
    await this.#janitor?.close();
    if (how === 'drain') await this.leader.drain();
    this.#closed = true;
    this.leader.stop();
    await this.#reading;
    await this.#executor.close();
    await this.#lease.release();
    this.#log.info('this process gave the lead back');
    await this.#door?.close();
  }
}

/** The store was away, or another process leads: no error of a request, even if the store is back by now. */
function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}

function runnerOptions({ runners }: Project['config']): RunnerOptions {
  const { max, idleMs, maxAttempts, memoryMb } = runners;
  return { max, idleMs, attemptsMax: maxAttempts, ...(memoryMb === null ? {} : { memoryMb }) };
}

/** The limits that the config of a project sets. */
export function limitsOf(project: Project): Limits {
  const { config } = project;
  const pools = Object.fromEntries(Object.entries(config.pools).map(([name, pool]) => [name, pool.slots]));
  return { globalSlots: config.scheduler.maxActive, pools, defaults: config.defaults };
}
