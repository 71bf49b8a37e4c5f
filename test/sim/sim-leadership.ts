import type { Logger } from '../../core/log/logger.ts';
import type { Clock } from '../../core/model/clock.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { AppError } from '../../core/model/errors.ts';
import type { RunNo } from '../../core/model/ids.ts';
import { AgendaSpecs } from '../../core/planner/agenda-spec.ts';
import type { Limits } from '../../core/planner/world.ts';
import { AssetFeed } from '../../core/scheduler/asset-feed.ts';
import { BackfillFeed } from '../../core/scheduler/backfill-feed.ts';
import { entryOf, failuresOf } from '../../core/scheduler/dag-entry.ts';
import { Dispatcher } from '../../core/scheduler/dispatcher.ts';
import { Feeds } from '../../core/scheduler/feeds.ts';
import { HookDesk } from '../../core/scheduler/hook-desk.ts';
import { InboxReader } from '../../core/scheduler/inbox-reader.ts';
import { InputReader } from '../../core/scheduler/inputs.ts';
import { Leader } from '../../core/scheduler/leader.ts';
import { PastFeed } from '../../core/scheduler/past-feed.ts';
import { RequestDesk } from '../../core/scheduler/request-desk.ts';
import { isScheduledAnew } from '../../core/scheduler/rescheduled.ts';
import { takeBackfills } from '../../core/scheduler/take-backfills.ts';
import { takeUpRuns } from '../../core/scheduler/take-up.ts';
import type { VersionKeeper } from '../../core/scheduler/version-keeper.ts';
import type { Lease, Store, VersionRecord } from '../../core/store/store.ts';
import { type Ears, faultLog } from './fault-log.ts';
import type { WorldKind } from './scenario.ts';
import type { SimExecutor } from './sim-executor.ts';

export interface SimLeadershipOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly clock: Clock;
  readonly executor: SimExecutor;
  readonly limits: Limits;
  readonly kind: WorldKind;
  /** What the DAG files declare now. */
  readonly declared: ReadonlyMap<string, DagSpec>;
  readonly onSeen: (dagId: string, versionNo: number, isRescheduled: boolean) => void;
  /** An error inside of it that the simulation did not make. */
  readonly onDefect: (text: string) => void;
  /** Memory differed from the store. */
  readonly onStale: Ears['onStale'];
  readonly onLost: (why: Error | null) => void;
}

/**
 * A scheduler as `Leadership` puts it together, from the same parts, but for the executor, the parser and the
 * door: those belong to the simulation.
 */
export class SimLeadership {
  readonly leader: Leader;
  /** DAGs whose slots cannot be decided, and why. */
  readonly faults: string[] = [];
  readonly #options: SimLeadershipOptions;
  readonly #desk: RequestDesk;
  /** `null` in plain worlds, which have no hooks. */
  readonly #hooks: HookDesk | null;
  readonly #told = new Map<string, string>();
  readonly #agendaSpecs = new AgendaSpecs();
  readonly #inbox: InboxReader;
  readonly #nextRunNo: () => RunNo;
  #looking: Promise<void> = Promise.resolve();
  #looks = 0;

  private constructor(
    options: SimLeadershipOptions,
    counters: { runNo: RunNo; tick: number; eventNo: number },
  ) {
    this.#options = options;
    const { store, lease, clock, executor, limits } = options;
    const stateDir = '/nowhere';
    const inputs = new InputReader(store, stateDir);
    const values = { find: async () => [] };
    const parts = { executor, inputs, values, stateDir };
    const dispatcher = new Dispatcher({ ...parts, memoryMb: null, traced: false, canSpin: false });
    let last = counters.runNo as number;
    this.#nextRunNo = () => ++last as RunNo;
    const versions = { current: (dagId: string) => this.#version(dagId) } as unknown as VersionKeeper;
    this.#desk = new RequestDesk({
      operate: () => Promise.reject(new Error('nobody operates this leader')),
      store,
      lease,
      versions,
      leader: () => this.leader,
      nextRunNo: this.#nextRunNo,
      stateDir,
      maxActiveRuns: limits.defaults.maxActiveRuns,
      inputs,
    });
    const reload = (runNo: RunNo) =>
      this.#desk.load(runNo).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'not_found') return null;
        throw error;
      });
    const { tick, eventNo } = counters;
    const log = faultLog({ ...options, onFault: (text) => this.faults.push(text) });
    this.leader = new Leader({
      store,
      lease,
      clock,
      executor,
      dispatcher,
      limits,
      stateDir,
      tick,
      eventNo,
      reload,
      log,
    });
    this.#inbox = new InboxReader({
      store,
      leader: this.leader,
      prepare: (record) => this.#desk.prepare(record),
      onError: (error) => options.onLost(error as Error),
      isReady: ({ request }) => request.type !== 'pauseDag' || this.#isLookedAt(request.dagId),
    });
    this.leader.onForgotten = () => {
      this.#inbox.again();
      this.#told.clear();
      this.lookAtFiles();
    };
    this.leader.onLost = options.onLost;
    this.#hooks = options.kind === 'wide' ? this.#openHooks(log) : null;
    const feeds = new Feeds(this.leader, log);
    const load = (runNo: RunNo) => this.#desk.load(runNo);
    if (options.kind === 'wide') feeds.add(new AssetFeed(store, this.leader));
    feeds.add(new PastFeed(store, this.leader), new BackfillFeed({ store, leader: this.leader, load }));
    this.leader.onDecided = () => {
      this.#hooks?.look();
      feeds.look();
      this.#inbox.lookAtHeld();
    };
  }

  #openHooks(log: Logger): HookDesk {
    const { store, lease, clock, executor } = this.#options;
    const { leader } = this;
    const given = {
      store,
      lease,
      leader,
      executor,
      clock,
      log,
      stateDir: '/nowhere',
      memoryMb: null,
      traced: false,
    };
    const desk = new HookDesk({ ...given, onChange: () => {} });
    const toLeader = executor.onEvent;
    executor.onEvent = (event) => {
      if (!desk.takes(event)) toLeader(event);
    };
    return desk;
  }

  #isLookedAt(dagId: string): boolean {
    return this.leader.world.agenda?.dags.has(dagId) === true || this.#looks === 0;
  }

  /** Leads: goes on with every unfinished run, then looks at the files and into the inbox. */
  static async start(options: SimLeadershipOptions): Promise<SimLeadership> {
    const { store } = options;
    const counters = { ...(await store.counters()), eventNo: await store.lastEventNo() };
    const leadership = new SimLeadership(options, counters);
    await leadership.#hooks?.open();
    const paused = (await store.dags()).filter((dag) => dag.paused).map(({ dagId }) => dagId);
    leadership.leader.schedule(leadership.#nextRunNo, paused);
    await takeBackfills(store, leadership.leader.world);
    await takeUpRuns(leadership.leader, {
      store,
      load: (runNo) => leadership.#desk.load(runNo),
      onFault: (_, error) => options.onLost(error as Error),
      ready: () => undefined,
    });
    leadership.lookAtFiles();
    leadership.#inbox.open();
    return leadership;
  }

  /** Tells the leader what the files declare, as far as it does not know. */
  lookAtFiles(): void {
    this.#looks++;
    this.#looking = this.#looking
      .then(() => this.#look())
      .catch((error: Error) => this.#options.onLost(error))
      .finally(() => {
        this.#looks--;
        this.#inbox.lookAtHeld();
      });
  }

  async #look(): Promise<void> {
    const { store, declared } = this.#options;
    for (const [dagId, spec] of declared) {
      const told = JSON.stringify(spec);
      if (this.#told.get(dagId) === told) continue;
      const version = await this.#version(dagId);
      const record = await store.dag(dagId);
      if (record === null) continue;
      const failures = await failuresOf(store, version, record);
      this.#told.set(dagId, told);
      const isOther = await isScheduledAnew(store, version, record);
      this.#options.onSeen(dagId, version.versionNo, isOther && record.sinceAt !== null);
      const entry = entryOf(version, record, failures, this.#agendaSpecs.of(version.spec));
      this.leader.dagSeen(entry, version, isOther);
    }
    for (const record of await store.dags()) {
      if (declared.has(record.dagId)) continue;
      if (this.#told.delete(record.dagId) || record.present)
        this.leader.tell({ type: 'dag.gone', dagId: record.dagId, state: record });
    }
  }

  async #version(dagId: string): Promise<VersionRecord> {
    const { store, lease, clock, declared } = this.#options;
    const spec = declared.get(dagId);
    if (spec === undefined) throw new AppError('not_found', `there is no DAG ${dagId}`);
    const graphHash = JSON.stringify(spec);
    const at = { file: `dags/${dagId}.ts`, spec, createdAt: clock.now() };
    const version = { dagId, graphHash, codeHash: 'c1', ...at };
    return { ...version, versionNo: await store.saveVersion(lease, version) };
  }

  /** Looks for requests without an answer. */
  lookIntoInbox(): void {
    this.#inbox.look();
  }
}
