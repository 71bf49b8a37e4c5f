import type { Answer } from '../model/action.ts';
import { AppError } from '../model/errors.ts';
import type { RunNo } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import type { RunRecord } from '../model/run.ts';
import { isRunFinished } from '../model/states.ts';
import type { InstanceView, RunView } from '../store/run-view.ts';
import type { JournalRecord, Lease, Listening, MetricRecord, Store } from '../store/store.ts';
import { Bell } from './bell.ts';
import { connectToLeader, type Knocker } from './door.ts';
import type { Leadership } from './lead.ts';
import { leaderSocket } from './paths.ts';
import { isAway, patientStore } from './patient-store.ts';
import type { Project } from './project.ts';
import type { SessionOptions } from './session-options.ts';
import type { AttemptStart } from './start-leading.ts';
import type { SchedulerTidings } from './tidings.ts';

export type { SessionOptions };

import { watchRun } from './watch.ts';

/** What a follower of a run is told, in order. */
export type RunUpdate =
  /** A journal line; `instance` is the state after it, `null` for a line about the run itself. */
  | { readonly type: 'change'; readonly record: JournalRecord; readonly instance: InstanceView | null }
  | { readonly type: 'metric'; readonly instance: InstanceView; readonly metric: MetricRecord }
  | { readonly type: 'progress'; readonly instance: InstanceView }
  /** The last one: the run is finished. */
  | { readonly type: 'ended'; readonly view: RunView };

/** Waits between tries to lead or to reach a leader that is just coming or going. */
const TRY_AGAIN_MS = 20;
/** How long a leader may take to answer at its door before this process follows through the store alone. */
const REACH_MS = 1_000;
/** A lead whose holder cannot be reached is tried for this often; a leader that ends says so earlier. */
const TRY_LEAD_EVERY_MS = 5_000;
/** A scheduler that stands by tries this often, also while it reaches the leader: that may be stopped. */
const STAND_BY_EVERY_MS = 500;
/** Looks again after this long even if nothing rang. */
const LOOK_EVERY_MS = 5_000;

/**
 * A process's way to have requests decided: it leads the store if nobody does (session mode: only the runs
 * that it was asked for), otherwise it asks the leader, and takes the lead over when that one goes away.
 */
export class Session {
  readonly #project: Project;
  /** What is followed is read from it. */
  readonly #reads: Store;
  readonly #attempts: AttemptStart;
  readonly #schedules: boolean;
  readonly #onlyAsks: boolean;
  readonly #onLead: () => void;
  readonly #onStandBy: () => void;
  readonly #onStopAsked: () => void;
  readonly #onTidings: (tidings: SchedulerTidings) => void;
  /** Rings whenever something may have been written, by this process or by another one. */
  readonly bell = new Bell();
  /** Somebody here follows an unfinished run: a new leader has to lead it. */
  readonly #followers = new Set<{ readonly uid: string }>();
  #leadership: Leadership | null = null;
  #knocker: Knocker | null = null;
  #listening: Listening | null = null;
  #joining: Promise<void> | null = null;
  /** The place that this process had or was about to have went away while it joined. */
  #joinAgain = false;
  #later: NodeJS.Timeout | undefined;
  #failure: Error | null = null;
  /** Epoch of the leader that was last asked to hand over to this scheduler. */
  #askedEpoch = 0;
  /** The lead was given to somebody else, who is to have it: it is not tried for at once. */
  #yields = false;
  readonly #failed = Promise.withResolvers<Error>();
  #closed = false;

  private constructor(project: Project, options: SessionOptions) {
    this.#project = project;
    const isOver = (): boolean => this.#closed || this.#failure !== null;
    this.#reads = patientStore(project.store, project.clock, isOver);
    this.#attempts = { warm: options.warm ?? true, keeper: options.keeper ?? null };
    this.#schedules = options.schedules ?? false;
    this.#onlyAsks = options.onlyAsks ?? false;
    this.#onLead = options.onLead ?? (() => {});
    this.#onStandBy = options.onStandBy ?? (() => {});
    this.#onStopAsked = options.onStopAsked ?? (() => void this.close());
    this.#onTidings = options.onTidings ?? (() => {});
  }

  /** Joins a project: as its leader, or as a follower of the process that leads. */
  static async open(project: Project, options: SessionOptions = {}): Promise<Session> {
    const session = new Session(project, options);
    const end = (): void => void session.close().catch((error: Error) => session.#fail(error));
    options.signal?.addEventListener('abort', end, { once: true });
    try {
      await session.#join();
      if (!session.#closed) session.#listen();
      return session;
    } catch (error) {
      await session.close('now');
      throw error;
    } finally {
      options.signal?.removeEventListener('abort', end);
    }
  }

  /** Whether this process leads now. */
  get leading(): boolean {
    return this.#leadership !== null;
  }

  /** Resolves if this process can take no part any more. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Puts the request into the inbox and resolves with the leader's answer. */
  async ask(request: Request): Promise<Answer> {
    const { store, clock } = this.#project;
    return this.answered(await store.ask(request, clock.now()));
  }

  /**
   * Resolves with the leader's answer to a request that is in the inbox, whoever put it there.
   * @throws what the signal aborts with: the request stays where it is.
   */
  async answered(inboxId: number, signal?: AbortSignal): Promise<Answer> {
    const ear = this.bell.listen();
    const wake = (): void => this.bell.ring();
    signal?.addEventListener('abort', wake, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        this.#knock();
        if (this.#failure) throw this.#failure;
        const answer = await this.#reads.answer(inboxId);
        if (answer) return answer;
        await ear.wait(LOOK_EVERY_MS);
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      ear.close();
    }
  }

  /** Resolves once a run is finished; reads nothing in between when this process leads it. */
  async finished(runNo: RunNo): Promise<RunRecord> {
    const leave = await this.#follow(runNo);
    const ear = this.bell.listen();
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const leader = this.#leadership?.leader;
        const fault = leader?.setAside.get(runNo);
        if (fault !== undefined) throw new AppError('internal', `run ${runNo} was set aside: ${fault}`);
        const isLed = leader?.runs.has(runNo) === true;
        const run = isLed ? null : await this.#reads.run(runNo);
        if (run && isRunFinished(run.state)) return run;
        await ear.wait(LOOK_EVERY_MS);
      }
    } finally {
      leave();
      ear.close();
    }
  }

  /** Everything that happens in a run, from its beginning, until it is finished or the signal aborts. */
  async *watch(runNo: RunNo, signal?: AbortSignal): AsyncGenerator<RunUpdate> {
    const leave = await this.#follow(runNo);
    try {
      for await (const update of watchRun(this.#reads, runNo, this.bell, signal)) {
        if (this.#failure) throw this.#failure;
        yield update;
      }
    } finally {
      leave();
    }
  }

  /** Sees to it that this process leads a run whenever it leads at all, until what is returned is called. */
  async #follow(runNo: RunNo): Promise<() => void> {
    const run = this.#leadership?.leader.runs.get(runNo)?.record ?? (await this.#reads.run(runNo));
    if (run === null || isRunFinished(run.state)) return () => {};
    const follower = { uid: run.uid };
    const leave = (): void => void this.#followers.delete(follower);
    this.#followers.add(follower);
    try {
      // This process may have begun to lead before it was said that somebody here follows the run.
      if (this.#leadership?.leader.runs.has(runNo) === false) await this.#adopt(run.uid);
      return leave;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /**
   * Leaves. A leader lets running attempts finish, starts nothing new, and gives the lead to whoever waits;
   * with `now` it ends them instead.
   */
  async close(how: 'drain' | 'now' = 'drain'): Promise<void> {
    this.#closed = true;
    // Who still begins to lead is not waited for.
    if (this.#joining !== null) await this.#leadership?.close(how);
    await this.#joining?.catch(() => {});
    clearTimeout(this.#later);
    this.#knocker?.close();
    try {
      await this.#leadership?.close(how);
    } finally {
      this.#leadership = null;
      await this.#listening?.close();
      this.bell.ring();
    }
  }

  /** Hears what processes do that share nothing with this one but the store. */
  #listen(): void {
    this.#listening = this.#project.store.listen({
      asked: () => this.#leadership?.lookIntoInbox(),
      written: () => {
        if (!this.#leadership) this.bell.ring();
      },
      freed: () => {
        if (!this.#leadership && !this.#knocker) this.#onGone();
      },
    });
  }

  #knock(): void {
    this.#leadership?.lookIntoInbox();
    this.#knocker?.knock();
  }

  #join(patienceMs = REACH_MS): Promise<void> {
    this.#joinAgain = this.#joining !== null;
    this.#joining ??= this.#takePart(patienceMs).finally(() => {
      this.#joining = null;
    });
    return this.#joining;
  }

  /** It outlasts a store that is away, for however long; others have somebody who waits for them. */
  get #lasts(): boolean {
    return this.#schedules || this.#onlyAsks;
  }

  async #rejoin(patienceMs = REACH_MS): Promise<void> {
    await this.#join(patienceMs).catch((error: Error) => {
      if (this.#lasts && isAway(error)) this.#tryLater();
      else this.#fail(error);
    });
  }

  /** Afterwards this process leads, has reached the leader, or will try again by itself. */
  async #takePart(patienceMs: number): Promise<void> {
    do {
      this.#joinAgain = false;
      await this.#seek(patienceMs).catch((error: unknown) => {
        if (!this.#joinAgain && !this.#closed) throw error;
      });
      this.bell.ring();
      for (const uid of new Set([...this.#followers].map((one) => one.uid))) await this.#adopt(uid);
    } while (this.#joinAgain && !this.#closed);
    if (this.#seeks()) this.#tryLater();
  }

  /** Tries to lead or to reach the leader until it does, or for so long. */
  async #seek(patienceMs: number): Promise<void> {
    const giveUpAt = this.#project.clock.mono() + patienceMs;
    while (!this.#closed && this.#leadership === null && !(await this.#tryPart())) {
      if (this.#project.clock.mono() >= giveUpAt) {
        this.#yields = false;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  /** Leads, or reaches the process that does. */
  async #tryPart(): Promise<boolean> {
    const { store, stateDir } = this.#project;
    const lease = this.#yields || this.#onlyAsks ? null : await store.tryLead();
    if (lease) {
      await this.#lead(lease);
      return true;
    }
    const told = (): void => this.bell.ring();
    this.#knocker ??= await connectToLeader(leaderSocket(stateDir), { told, gone: () => this.#onGone() });
    if (this.#knocker) this.#yields = false;
    if (this.#schedules) await this.#askToLead();
    return this.#knocker !== null;
  }

  /** Leads, or gives the lead back: whoever has it and does nothing keeps everybody else from it. */
  async #lead(lease: Lease): Promise<void> {
    this.#knocker?.close();
    this.#knocker = null;
    const { startLeading } = await import('./start-leading.ts');
    const leadership = await startLeading(this.#project, lease, this.#attempts, () => this.#onCommit());
    this.#leadership = leadership;
    leadership.onTidings = this.#onTidings;
    leadership.onHandOver = () => void this.#handOver(leadership, true);
    leadership.onStopAsked = (how) => {
      if (how === 'restart') void this.#handOver(leadership, false);
      else this.#onStopAsked();
    };
    void leadership.lost.then((why) => this.#onLost(leadership, why));
    try {
      if (this.#closed) return;
      if (this.#schedules) await leadership.schedule();
      else leadership.takeRequests();
    } catch (error) {
      // Whoever closes this session closes that too, in its own way.
      if (this.#closed) throw error;
      if (this.#leadership === leadership) this.#leadership = null;
      await leadership.close('now').catch(() => {});
      throw error;
    }
    if (this.#leadership === leadership && !this.#closed) this.#onLead();
  }

  async #askToLead(): Promise<void> {
    const { store, clock } = this.#project;
    const epoch = (await store.leader())?.epoch ?? this.#askedEpoch;
    if (epoch === this.#askedEpoch) return;
    this.#askedEpoch = epoch;
    await store.ask({ type: 'handOver', by: 'scheduler' }, clock.now());
    this.#knock();
  }

  /** Lets attempts under way end and gives the lead back: to whoever asked for it, or to whoever is first. */
  async #handOver(leadership: Leadership, yields: boolean): Promise<void> {
    await leadership.close('drain').catch((error: Error) => this.#fail(error));
    if (this.#leadership !== leadership || this.#closed) return;
    this.#leadership = null;
    this.#yields = yields;
    await this.#rejoin();
  }

  /** Whether this process should try to lead or to reach the leader, now and then: nobody may tell it to. */
  #seeks(): boolean {
    if (this.#closed || this.#failure !== null || this.#leadership !== null) return false;
    return this.#schedules || this.#knocker === null;
  }

  /** Tries to lead once, later: the leader cannot be reached from here, or may have stopped. */
  #tryLater(): void {
    const ms = this.#lasts ? STAND_BY_EVERY_MS : TRY_LEAD_EVERY_MS;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => {
      if (this.#joining === null && this.#seeks()) void this.#rejoin(0);
    }, ms);
  }

  /** A run that is followed here must go on under the leader of now. */
  async #adopt(uid: string): Promise<void> {
    const { store, clock } = this.#project;
    await store.ask({ type: 'adopt', runUid: uid }, clock.now());
    this.#knock();
  }

  #onCommit(): void {
    this.#listening?.tell();
    this.bell.ring();
  }

  #onGone(): void {
    if (this.#leadership) return;
    this.#knocker = null;
    if (!this.#closed) void this.#rejoin();
  }

  async #onLost(lost: Leadership, why: Error | null): Promise<void> {
    if (this.#leadership !== lost) return;
    this.#leadership = null;
    this.#joinAgain = this.#joining !== null;
    await lost.close('now').catch(() => {});
    if (why) return this.#fail(why);
    if (!this.#closed) this.#onStandBy();
    if (!this.#closed) await this.#rejoin();
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#failed.resolve(error);
    this.bell.ring();
  }
}

/** Joins a project; see {@link Session}. */
export function openSession(project: Project, options: SessionOptions = {}): Promise<Session> {
  return Session.open(project, options);
}
