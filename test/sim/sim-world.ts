import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../../core/model/attempt.ts';
import type { DagSpec } from '../../core/model/dag.ts';
import { SqliteStore } from '../../core/store/sqlite/sqlite-store.ts';
import type { Lease, Store, Tick } from '../../core/store/store.ts';
import type { Random } from '../unit/planner/random.ts';
import { chanceFor } from './chance.ts';
import type { HookSave, SimHistory, Struck, Waiting, Witness, Written } from './history.ts';
import { OldView } from './old-view.ts';
import { overdue } from './overdue.ts';
import { People } from './people.ts';
import { readHistory } from './read-history.ts';
import { dagFor, type Happening, type Scenario } from './scenario.ts';
import { type Machine, type OutcomeFault, SimExecutor } from './sim-executor.ts';
import { SimLeadership } from './sim-leadership.ts';
import { COMMIT_FAULTS, type CommitFault, HOOK_FAULTS, type HookFault, simStore } from './sim-store.ts';
import { unwoken } from './unwoken.ts';
import type { VirtualTime } from './virtual-time.ts';
import { waitingIn } from './waiting-in.ts';

const MINUTE = 60_000;
/** Actions of which the store compares what was there before. */
const COMPARED: readonly string[] = ['instance', 'run.change', 'dag.change'];
/** How long a store that lags behind does so. */
const LAGS_MS = 1_000;
/** How long the world goes on without anything happening, so that all that is due is done. */
const CALM_MS = 3 * 60 * MINUTE;
/** How long the runs may take that are under way when no DAG is declared any more. */
const END_WITHIN_MS = 48 * 60 * MINUTE;

/** Kinds of happenings that are made of several. */
type Together = 'oldRead' | 'cancelThenStale' | 'retryTwice' | 'retryThenKill';

/** One process that leads, or did. */
interface Process {
  readonly store: SqliteStore;
  readonly executor: SimExecutor;
  readonly lease: Lease;
  isDead: boolean;
  leadership: SimLeadership | null;
}

/** Plays a scenario: real leaders on a real store, one after the other, in virtual time. */
export class SimWorld {
  readonly #scenario: Scenario;
  readonly #dir: string;
  readonly #time: VirtualTime;
  readonly #declared = new Map<string, DagSpec>();
  readonly #withdrawn = new Map<string, DagSpec>();
  readonly #witness: Witness[] = [];
  readonly #written: Written[] = [];
  readonly #struck: Struck[] = [];
  readonly #unwoken: Waiting[] = [];
  readonly #overdue: SimHistory['overdue'][number][] = [];
  readonly #idle: { seq: number; waiting: Waiting[] }[] = [];
  readonly #seen: SimHistory['seen'][number][] = [];
  readonly #defects: string[] = [];
  readonly #stale: SimHistory['stale'][number][] = [];
  readonly #processes: Process[] = [];
  readonly #armed: CommitFault[] = [];
  readonly #armedOutcomes: OutcomeFault[] = [];
  readonly #hookWitness: Witness[] = [];
  readonly #hookSaves: HookSave[] = [];
  readonly #armedHooks: HookFault[] = [];
  readonly #machine: Machine;
  #client: Store | null = null;
  #people: People | null = null;
  #now: Process | null = null;
  #leads = 0;
  #seq = 0;
  #dispatchesLeft = Number.POSITIVE_INFINITY;
  /** The next leader first sees what held a moment ago. */
  #lags = false;
  #isCalm = false;
  #failure: string | null = null;

  constructor(scenario: Scenario, dir: string, time: VirtualTime) {
    this.#scenario = scenario;
    this.#dir = dir;
    this.#time = time;
    this.#machine = {
      kind: scenario.kind,
      seed: scenario.seed,
      time,
      witness: this.#witness,
      hookWitness: this.#hookWitness,
      leads: () => this.#leads,
      seq: () => this.#seq,
      takeFault: (outcome) => this.#takeOutcomeFault(outcome),
    };
    for (const spec of scenario.dags) this.#declared.set(spec.id, spec);
  }

  /** Plays the world to its end; everything that is known of it. */
  async play(): Promise<SimHistory> {
    const { lastsMs, happenings, limits, seed } = this.#scenario;
    this.#client = this.#open();
    await this.#client.migrate();
    this.#people = new People(this.#client, this.#time, seed);
    this.#people.onAsked = () => this.#poke();
    await this.#lead();
    const startMono = this.#time.mono();
    for (const happening of happenings) {
      await this.#time.advanceTo(startMono + happening.afterMs);
      await this.#happen(happening);
      await this.#time.settle();
      this.#lookIdle();
    }
    await this.#time.advanceTo(startMono + lastsMs);
    const [calmAtMono, calmAt] = [this.#time.mono(), this.#time.now()];
    const calm = await this.#calmDown();
    const known = {
      seed,
      limits,
      witness: this.#witness,
      hookWitness: this.#hookWitness,
      hookSaves: this.#hookSaves,
      written: this.#written,
      struck: this.#struck,
      idle: this.#idle,
      unwoken: this.#unwoken,
      overdue: this.#overdue,
      calmAtMono,
      calmAt,
      calm,
      seen: this.#seen,
      givenUp: this.#failure,
      defects: this.#defects,
      stale: this.#stale,
    };
    return readHistory(this.#client, known, this.#people.asked);
  }

  async close(): Promise<void> {
    for (const { store, executor } of this.#processes) {
      executor.killAll();
      await store.close().catch(() => {});
    }
    await this.#client?.close();
  }

  /** No more faults: what is paused goes on, and after a while every DAG goes, so that all can end. */
  async #calmDown(): Promise<SimHistory['calm']> {
    this.#isCalm = true;
    this.#armed.length = 0;
    this.#armedOutcomes.length = 0;
    this.#dispatchesLeft = Number.POSITIVE_INFINITY;
    // Only the next leader tries again what was set aside.
    if (this.#now?.leadership?.leader.setAside.size) this.#die(this.#now);
    await this.#lead();
    for (const [dagId, spec] of this.#withdrawn) {
      const returns = chanceFor(this.#scenario.seed, `returns ${dagId}`).chance(0.5);
      if (returns && !this.#declared.has(dagId)) this.#declared.set(dagId, spec);
    }
    this.#now?.leadership?.lookAtFiles();
    await this.#people?.unpauseAll(this.#ids());
    this.#poke();
    for (let part = 0; part < 12; part++) {
      await this.#time.advanceTo(this.#time.mono() + CALM_MS / 12);
      await this.#lead();
      await this.#people?.unpauseAll(this.#ids());
      await this.#people?.passPasts();
      if (this.#scenario.kind === 'wide') await this.#people?.answerAll();
      this.#poke();
      await this.#time.settle();
      this.#lookIdle();
    }
    const calm = await this.#lookCalm();
    this.#declared.clear();
    this.#now?.leadership?.lookAtFiles();
    const giveUpAt = this.#time.mono() + END_WITHIN_MS;
    while ((await this.#isUnfinished()) && this.#time.mono() < giveUpAt) {
      await this.#time.advanceTo(this.#time.mono() + 30 * MINUTE);
      await this.#lead();
      await this.#people?.unpauseAll(this.#ids());
      await this.#people?.passPasts();
      if (this.#scenario.kind === 'wide') await this.#people?.answerAll();
      this.#poke();
      await this.#time.settle();
      this.#lookIdle();
    }
    await this.#time.advanceTo(this.#time.mono() + 2 * MINUTE);
    return calm;
  }

  /** Whether there are runs or hooks that are not over. */
  async #isUnfinished(): Promise<boolean> {
    const runs = (await this.#client?.unfinishedRuns()) ?? [];
    const hooks = this.#scenario.kind === 'wide' ? ((await this.#client?.openHooks()) ?? []) : [];
    return runs.length + hooks.length > 0;
  }

  /** Every DAG, also those that no file declares. */
  #ids(): string[] {
    return this.#scenario.dags.map(({ id }) => id);
  }

  async #lookCalm(): Promise<SimHistory['calm']> {
    const faults = this.#now?.leadership?.faults ?? [];
    const dags = (await this.#client?.dags()) ?? [];
    return {
      at: this.#time.now(),
      ticks: this.#written.length,
      dags,
      faults,
      declared: [...this.#declared.keys()],
    };
  }

  #open(): SqliteStore {
    return SqliteStore.open({ path: join(this.#dir, 'orch.db'), durability: 'full', clock: this.#time });
  }

  /** Somebody leads, unless somebody does. */
  async #lead(): Promise<void> {
    if (this.#now !== null && !this.#now.isDead) return;
    // Whoever led is stopped for good or for a while: on another machine its lock would have run out.
    rmSync(join(this.#dir, 'leader.lock'), { force: true });
    for (const { executor } of this.#processes) executor.killAll();
    const store = this.#open();
    const lease = await store.tryLead();
    if (lease === null) throw new Error('nobody leads, and nobody can');
    this.#leads = lease.epoch;
    const executor = new SimExecutor(this.#machine, lease.epoch);
    executor.mayStart = () => this.#mayStart();
    const process: Process = { store, executor, lease, isDead: false, leadership: null };
    this.#processes.push(process);
    this.#now = process;
    let old = this.#lags ? new OldView(this.#written, this.#people?.asked ?? []) : null;
    this.#lags = false;
    this.#time.after(LAGS_MS, () => {
      old = null;
    });
    process.leadership = await SimLeadership.start({
      store: simStore(store, {
        take: (tick) => this.#takeCommitFault(tick),
        die: () => this.#die(process),
        freeze: () => this.#freeze(process),
        written: (by, tick) => this.#onWritten(by, tick),
        takeHookFault: () => this.#takeHookFault(),
        hookSaved: ({ epoch }, job) =>
          this.#hookSaves.push({ job, epoch, at: this.#time.now(), atMono: this.#time.mono() }),
        busyTimes: () => 1 + chanceFor(this.#scenario.seed, `busy ${this.#seq}`).upTo(17),
        refused: () => {
          old = null;
        },
        shown: (name, read) => (old === null ? read : old.shown(name, read)),
        isDead: () => process.isDead,
      }),
      lease,
      clock: {
        now: () => this.#time.now(),
        mono: () => this.#time.mono() + lease.epoch * 1_000_003,
      },
      executor,
      limits: this.#scenario.limits,
      kind: this.#scenario.kind,
      declared: this.#declared,
      onSeen: (dagId, versionNo, isRescheduled) => {
        const [afterTicks, at] = [this.#written.length, this.#time.now()];
        this.#seen.push({ dagId, versionNo, afterTicks, at, isRescheduled });
      },
      onDefect: (text) => this.#defects.push(text),
      onStale: (runs, dags) => this.#stale.push({ atMono: this.#time.mono(), runs, dags }),
      onLost: (why) => {
        // One that met a fault too often stops deciding, and another one leads.
        const isFault = why?.message.includes('the simulation') ?? false;
        const isLed = !process.isDead && this.#now === process && !isFault;
        if (isLed) this.#failure ??= `the leader gave up: ${why?.message ?? 'nobody else leads'}`;
        this.#die(process);
      },
    });
    await this.#time.settle();
  }

  #mayStart(): boolean {
    if (this.#dispatchesLeft === Number.POSITIVE_INFINITY) return true;
    if (this.#dispatchesLeft-- > 0) return true;
    this.#dispatchesLeft = Number.POSITIVE_INFINITY;
    this.#strike('midDispatch');
    if (this.#now) this.#die(this.#now);
    return false;
  }

  #die(process: Process): void {
    if (process.isDead) return;
    process.isDead = true;
    process.executor.killAll();
    const random = chanceFor(this.#scenario.seed, `takeover ${process.lease.epoch}`);
    this.#time.after(10 + random.upTo(20_000), () => void this.#lead());
  }

  /** Stands still in the middle of a commit, and goes on once another process leads. */
  #freeze(process: Process): Promise<void> {
    this.#time.after(20_000, () => {
      if (this.#now === process) this.#now = null;
      void this.#lead();
    });
    return new Promise((resolve) => void this.#time.after(30_000, () => resolve()));
  }

  #onWritten({ epoch }: Lease, { no, at, actions }: Tick): void {
    this.#written.push({ tick: no, epoch, leads: this.#leads, at, atMono: this.#time.mono(), actions });
    this.#seq = this.#written.length;
  }

  #strike(kind: string): void {
    this.#struck.push({ kind, atMono: this.#time.mono(), at: this.#time.now() });
  }

  #takeCommitFault(tick: Tick): CommitFault | null {
    if (this.#isCalm || tick.actions.length === 0) return null;
    // What no row is compared for is never stale.
    if (this.#armed[0] === 'stale' && !tick.actions.some(({ type }) => COMPARED.includes(type))) return null;
    const fault = this.#armed.shift() ?? null;
    if (fault !== null && fault !== 'pass') this.#strike(fault);
    return fault;
  }

  #takeOutcomeFault({ kind }: Outcome): OutcomeFault | null {
    if (this.#isCalm) return null;
    // The end of an attempt that is told again matters where another one follows.
    if (this.#armedOutcomes[0] === 'twice' && kind !== 'failed') return null;
    const fault = this.#armedOutcomes.shift() ?? null;
    if (fault !== null) this.#strike(fault);
    return fault;
  }

  #takeHookFault(): HookFault | null {
    const fault = this.#isCalm ? null : (this.#armedHooks.shift() ?? null);
    if (fault !== null) this.#strike(fault);
    return fault;
  }

  #poke(): void {
    this.#now?.leadership?.lookIntoInbox();
  }

  async #happen(happening: Happening): Promise<void> {
    const { kind, no } = happening;
    const random = chanceFor(this.#scenario.seed, `happens ${no}`);
    if ((COMMIT_FAULTS as readonly string[]).includes(kind)) {
      this.#armed.push(kind as CommitFault);
      return;
    }
    if ((HOOK_FAULTS as readonly string[]).includes(kind)) {
      this.#armedHooks.push(kind as HookFault);
      return;
    }
    switch (kind) {
      case 'hang':
      case 'late':
      case 'twice':
        this.#armedOutcomes.push(kind);
        return;
      case 'midDispatch':
        this.#dispatchesLeft = random.upTo(2);
        return;
      case 'killLeader':
        this.#strike(kind);
        if (this.#now) this.#die(this.#now);
        return;
      case 'oldRead':
      case 'cancelThenStale':
      case 'retryThenKill':
      case 'retryTwice':
        this.#strike(kind);
        return this.#together(kind, random);
      case 'outage':
        this.#strike(kind);
        return this.#outage(random.upTo(3 * 60) * MINUTE);
      case 'loseAttempt':
      case 'killExecutor': {
        const live = this.#now?.executor.live ?? [];
        const lost = kind === 'killExecutor' ? live : live.slice(0, 1);
        if (lost.length > 0) this.#strike(kind);
        for (const id of lost) this.#now?.executor.lose(id);
        return;
      }
      case 'jumpForwards':
      case 'jumpBackwards':
        this.#strike(kind);
        this.#time.jump((kind === 'jumpForwards' ? 1 : -1) * random.pick([1_500, 4 * MINUTE, 65 * MINUTE]));
        return;
      case 'jumpAndEdit':
        this.#strike('jumpBackwards');
        this.#time.jump(-65 * MINUTE);
        this.#strike('edit');
        this.#changeFile('edit', random.pick(this.#scenario.dags).id, no);
        return;
      case 'edit':
      case 'remove':
      case 'return':
        this.#strike(kind);
        this.#changeFile(kind, random.pick(this.#scenario.dags).id, no);
        return;
      default:
        this.#strike(kind);
        await this.#people?.does(kind, random, this.#ids());
        this.#poke();
    }
  }

  /** Things that matter when they come together. */
  async #together(kind: Together, random: Random): Promise<void> {
    const ids = this.#ids();
    switch (kind) {
      case 'oldRead':
        this.#lags = true;
        if (this.#now) this.#die(this.#now);
        return this.#people?.does(random.pick(['pauseDag', 'unpauseDag']), random, ids);
      case 'cancelThenStale':
        this.#armed.push('pass', random.pick(['stale', 'throw', 'lostAnswer']));
        await this.#people?.does('cancel', random, ids);
        return this.#poke();
      case 'retryTwice':
        // What is asked while a store is busy waits, and is prepared together.
        this.#armed.unshift('retry');
        await this.#people?.does('trigger', random, ids);
        this.#poke();
        await this.#time.settle();
        await this.#people?.does(kind, random, ids);
        return this.#poke();
      case 'retryThenKill':
        await this.#people?.does('retryOver', random, ids);
        this.#poke();
        await this.#time.settle();
        if (this.#now) this.#die(this.#now);
    }
  }

  /** Nobody leads for a while. */
  async #outage(lastsMs: number): Promise<void> {
    const process = this.#now;
    if (process === null) return;
    process.isDead = true;
    process.executor.killAll();
    this.#time.after(lastsMs, () => void this.#lead());
  }

  #changeFile(kind: 'edit' | 'remove' | 'return', dagId: string, no: number): void {
    const declared = this.#declared.get(dagId);
    if (kind === 'edit' && declared) this.#declared.set(dagId, dagFor(this.#scenario, dagId, `edit ${no}`));
    else if (kind === 'remove' && declared) {
      this.#withdrawn.set(dagId, declared);
      this.#declared.delete(dagId);
    } else if (kind === 'return' && !declared) {
      const before = this.#withdrawn.get(dagId);
      if (before) this.#declared.set(dagId, before);
    }
    this.#now?.leadership?.lookAtFiles();
  }

  /** Notes what is ready and waits although nothing happens. */
  #lookIdle(): void {
    const leader = this.#now?.isDead ? null : this.#now?.leadership?.leader;
    if (!leader || this.#armed.length > 0 || leader.world.draining) return;
    const waiting = waitingIn(leader);
    this.#unwoken.push(...unwoken(leader.world));
    const atMono = this.#time.mono();
    for (const one of overdue(leader.world, this.#time.now())) this.#overdue.push({ ...one, atMono });
    if (waiting.length > 0) this.#idle.push({ seq: this.#written.length, waiting });
  }
}

/** An empty folder for a world. */
export function freshDir(dir: string): string {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return dir;
}
