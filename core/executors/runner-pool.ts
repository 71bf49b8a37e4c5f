import type { Clock } from '../model/clock.ts';
import { FailedStarts } from './failed-starts.ts';
import type { Job } from './job.ts';
import { JobQueue } from './job-queue.ts';
import type { RunnerOptions } from './local-options.ts';
import { Pace } from './pace.ts';
import type { GoneFrame } from './protocol.ts';
import type { RunnerLink } from './runner-link.ts';

/** Attempts in a shared runner at once. */
const SHARED_MAX = 64;
/** Attempts that are shorter gain nothing from one more runner: handing them out is what takes the time. */
const WORTH_MS = 0.25;
/** Orders in one runner at most. */
const AHEAD_MAX = 16;
/**
 * While no core is free, a runner more only fills the moments between two attempts and shares the cores more
 * evenly. That is worth its start once orders have waited for so long in all since the last start.
 */
const BUSY_WAIT_MS = 500;
/** While every core computes, each look for a free one comes twice as late as the last, up to this. */
const LOOK_EVERY_MAX_MS = 40;
/** Runners that are started at once: starting takes a core for a while. */
const STARTING_MAX = 2;

export interface PoolOptions {
  readonly clock: Clock;
  readonly shared: boolean;
  readonly runners: Required<RunnerOptions>;
  /** One runner is kept for the next order even when there is nothing to do. */
  readonly keepOne: boolean;
  /** Whether this machine has a core that nobody wants now. */
  readonly hasFreeCore: () => boolean;
  /** Whether there is a keeper to start runners. */
  readonly mayStart: () => boolean;
  /** Has a runner started. */
  readonly startRunner: () => RunnerLink;
  readonly endRunner: (runner: RunnerLink) => void;
  /** The runner gets the order, behind those that it has. */
  readonly onAssign: (runner: RunnerLink, job: Job) => void;
  /** Another order of the runner comes first than before. */
  readonly onHead: (runner: RunnerLink) => void;
  /** Runners cannot be started. */
  readonly onGiveUp: (job: Job, detail: string) => void;
}

/**
 * Runners of one kind, and the orders that wait for them, first come first served. Orders that are known to
 * be short are sent ahead to a runner that is busy, so that neither side waits for the other between them.
 */
export class RunnerPool {
  readonly #options: PoolOptions;
  readonly #runners = new Set<RunnerLink>();
  /** The one used last is taken first: its caches are warm, and others get idle enough to go. */
  readonly #idle: RunnerLink[] = [];
  readonly #waiting = new JobQueue();
  readonly #pace = new Pace();
  #last: RunnerLink | null = null;
  #takeBackTimer: NodeJS.Timeout | null = null;
  readonly #failedStarts = new FailedStarts();
  #startTimer: NodeJS.Timeout | null = null;
  #growTimer: NodeJS.Timeout | null = null;
  #looksInVain = 0;
  /** For how long orders have waited for a core since the last start. */
  #busyWaitMs = 0;
  #idleTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#runners.size;
  }

  /** Whether orders wait for a runner. */
  get hasWaiting(): boolean {
    return this.#waiting.first !== null;
  }

  submit(job: Job): void {
    const runner = this.#waiting.first === null ? this.#free(job) : undefined;
    if (runner) return this.#assign(runner, job);
    this.#waiting.push(job);
    this.#growLater();
  }

  /** Takes an order back that no runner has started; `false` if it is not here. */
  withdraw(job: Job): boolean {
    if (job.turn === null) return this.#waiting.remove(job);
    for (const runner of this.#runners) {
      if (!runner.jobs.has(job.order.attemptId)) continue;
      const taken = this.#takeBack(runner, [job]);
      if (runner.jobs.size > 0) this.#options.onHead(runner);
      else this.available(runner);
      return taken.length > 0;
    }
    return false;
  }

  /** Takes back what was sent ahead behind an attempt; whether all of it could be. */
  clearBehind(runner: RunnerLink, job: Job): boolean {
    const jobs = [...runner.jobs.values()];
    const ahead = jobs.slice(jobs.indexOf(job) + 1);
    const taken = this.#takeBack(runner, ahead);
    this.requeue(taken);
    return taken.length === ahead.length;
  }

  /** Puts orders that were never started before all that wait. */
  requeue(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    this.#waiting.unshift(jobs);
    for (let runner = this.#idle.pop(); runner; runner = this.#idle.pop()) {
      const next = this.#waiting.shift();
      if (next === null) return void this.#idle.push(runner);
      this.#assign(runner, next);
    }
    this.#growLater();
  }

  /** An attempt has ended after so many milliseconds. */
  measured(job: Job, ms: number): void {
    this.#pace.saw(job.order.definition, ms);
  }

  /** A runner is ready for its first order. */
  ready(runner: RunnerLink): void {
    this.#failedStarts.clear();
    this.available(runner);
  }

  /** A runner has finished an attempt. */
  available(runner: RunnerLink): void {
    if (!runner.ready) return;
    if (runner.jobs.size === 0 && runner.served >= this.#options.runners.attemptsMax)
      return this.retire(runner);
    for (let next = this.#nextFor(runner); next !== null; next = this.#nextFor(runner))
      this.#assign(runner, next);
    if (runner.jobs.size === 0) this.#rest(runner);
    else if (this.#options.shared && runner.jobs.size < SHARED_MAX && !this.#idle.includes(runner))
      this.#idle.push(runner);
  }

  /** Ends a runner; another one takes its place if orders wait or one is to be kept. */
  retire(runner: RunnerLink): void {
    if (runner.retired) return;
    runner.retired = true;
    this.#forget(runner);
    this.#options.endRunner(runner);
    this.#waiting.unshift(this.#takeBack(runner, [...runner.jobs.values()]));
    this.#replace();
  }

  /**
   * A runner is told to end, and its attempt has its grace: another one takes its place meanwhile, so that
   * nobody waits for the end of the grace, the kill and the start of a process one after the other.
   */
  leaving(runner: RunnerLink): void {
    runner.draining = true;
    this.#forget(runner);
    this.#replace();
  }

  /** Ends a runner once its attempts are done; it gets no more. */
  drain(runner: RunnerLink): void {
    runner.draining = true;
    const at = this.#idle.indexOf(runner);
    if (at >= 0) this.#idle.splice(at, 1);
    if (runner.jobs.size === 0) this.retire(runner);
  }

  /** A runner is gone, told to or not; these of its orders were not started. */
  gone(runner: RunnerLink, frame: GoneFrame, unstarted: readonly Job[]): void {
    const known = this.#runners.has(runner);
    this.#forget(runner);
    if (this.#closed) return;
    this.#waiting.unshift(unstarted);
    if (known && !runner.started) this.#failedStarts.add(frame);
    if (!this.#failedStarts.isHopeless) return this.#replace();
    this.#failedStarts.clear();
    const said = frame.stray.trim().split('\n').slice(-20).join('\n');
    const detail = `runners cannot be started: ${said || `exit code ${frame.code}, signal ${frame.signal}`}`;
    for (const job of this.#waiting.drain()) this.#options.onGiveUp(job, detail);
  }

  /** Forgets every runner: their keeper died. Orders wait until `resume`. */
  pause(): void {
    for (const runner of this.#runners) runner.retired = true;
    this.#runners.clear();
    this.#idle.length = 0;
    this.#last = null;
  }

  /** There is a keeper now. */
  resume(): void {
    this.#replace();
  }

  close(): void {
    this.#closed = true;
    if (this.#growTimer) clearTimeout(this.#growTimer);
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#startTimer) clearTimeout(this.#startTimer);
    if (this.#takeBackTimer) clearTimeout(this.#takeBackTimer);
    this.#waiting.drain();
  }

  #nextFor(runner: RunnerLink): Job | null {
    const { first } = this.#waiting;
    return first !== null && this.#hasRoom(runner, first) ? this.#waiting.shift() : null;
  }

  #hasRoom(runner: RunnerLink, job: Job): boolean {
    const { size } = runner.jobs;
    if (size === 0) return true;
    return this.#options.shared ? size < SHARED_MAX : this.#maySendAhead(runner, job);
  }

  /** Whether a runner that is busy gets one more order: all that it has, and this one, are short. */
  #maySendAhead(runner: RunnerLink, job: Job): boolean {
    const { clock, runners } = this.#options;
    if (!runner.ready || runner.jobs.size >= AHEAD_MAX || runner.served >= runners.attemptsMax) return false;
    let expectedMs = this.#pace.of(job.order.definition);
    for (const one of runner.jobs.values()) expectedMs += this.#pace.of(one.order.definition);
    return expectedMs <= runners.aheadMs && clock.mono() - runner.headSinceMono < runners.takeBackMs;
  }

  #free(job: Job): RunnerLink | undefined {
    if (this.#options.shared) {
      const runner = this.#idle.at(-1);
      if (runner && runner.jobs.size + 1 >= SHARED_MAX) this.#idle.pop();
      return runner;
    }
    const last = this.#last;
    if (last && last.jobs.size > 0 && this.#maySendAhead(last, job)) return last;
    return this.#idle.pop();
  }

  #assign(runner: RunnerLink, job: Job): void {
    if (runner.jobs.size === 0) runner.headSinceMono = this.#options.clock.mono();
    this.#last = runner;
    this.#options.onAssign(runner, job);
    if (job.turn !== null) this.#takeBackLater();
  }

  /** Takes back what the runner has not started; if that cannot be decided, the runner is ended. */
  #takeBack(runner: RunnerLink, jobs: readonly Job[]): Job[] {
    try {
      return jobs.filter((job) => runner.takeBack(job));
    } catch {
      this.#options.endRunner(runner);
      return [];
    }
  }

  #takeBackLater(): void {
    // What runners have told by now is read before it is judged.
    const look = (): void => void setImmediate(() => this.#takeBackFromBehind());
    this.#takeBackTimer ??= setTimeout(look, this.#options.runners.takeBackMs);
  }

  #takeBackFromBehind(): void {
    this.#takeBackTimer = null;
    if (this.#closed) return;
    const { clock, runners } = this.#options;
    let isAhead = false;
    for (const runner of this.#runners) {
      if (runner.jobs.size < 2) continue;
      const { head } = runner;
      const ranMs = clock.mono() - runner.headSinceMono;
      if (ranMs < runners.takeBackMs || !head) isAhead = true;
      else this.clearBehind(runner, head);
    }
    if (isAhead) this.#takeBackLater();
  }

  #rest(runner: RunnerLink): void {
    runner.idleSinceMono = this.#options.clock.mono();
    if (!this.#idle.includes(runner)) this.#idle.push(runner);
    this.#shrinkLater();
  }

  #start(): void {
    if (!this.#options.mayStart() || this.#startTimer) return;
    const { waitMs } = this.#failedStarts;
    if (waitMs === 0) return void this.#runners.add(this.#options.startRunner());
    this.#startTimer = setTimeout(() => {
      this.#startTimer = null;
      if (this.#isWanted && this.#options.mayStart()) this.#runners.add(this.#options.startRunner());
    }, waitMs);
  }

  /** Whether there is use for a first runner. */
  get #isWanted(): boolean {
    return this.#waiting.first !== null || this.#options.keepOne;
  }

  #forget(runner: RunnerLink): void {
    this.#runners.delete(runner);
    if (this.#last === runner) this.#last = null;
    const at = this.#idle.indexOf(runner);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #replace(): void {
    if (this.#closed) return;
    if (this.#isWanted && this.#runners.size === 0) this.#start();
    if (this.#waiting.first !== null && this.#runners.size > 0) this.#growLater();
  }

  #growLater(): void {
    const { max, growAfterMs } = this.#options.runners;
    if (this.#closed) return;
    if (this.#runners.size === 0) return this.#start();
    if (this.#growTimer || this.#runners.size >= max) return;
    const first = this.#waiting.first;
    const afterMs = Math.min(growAfterMs * 2 ** this.#looksInVain, Math.max(growAfterMs, LOOK_EVERY_MAX_MS));
    this.#growTimer = setTimeout(() => {
      this.#growTimer = null;
      this.#grow(first, afterMs);
      if (this.#waiting.first !== null) this.#growLater();
    }, afterMs);
  }

  /** Starts a runner if orders wait that gain from it; `first` was the first of them so long ago. */
  #grow(first: Job | null, agoMs: number): void {
    const isStuck = first !== null && this.#waiting.first === first;
    const starting = this.#starting();
    const capacity = this.#options.shared ? SHARED_MAX : 1;
    const isNeeded = starting < STARTING_MAX && this.#waiting.size > starting * capacity;
    const isWanted = isNeeded && (isStuck || this.#isWorthARunner(this.#waiting.first));
    const gains = isWanted && this.#gains(agoMs);
    this.#looksInVain = isWanted && !gains ? this.#looksInVain + 1 : 0;
    if (gains) this.#start();
  }

  /** Whether a runner more is worth its start. */
  #gains(waitedMs: number): boolean {
    if (!this.#options.hasFreeCore()) {
      this.#busyWaitMs += waitedMs;
      if (this.#busyWaitMs < BUSY_WAIT_MS) return false;
    }
    this.#busyWaitMs = 0;
    return true;
  }

  #isWorthARunner(job: Job | null): boolean {
    const ms = job === null ? Number.POSITIVE_INFINITY : this.#pace.of(job.order.definition);
    return Number.isFinite(ms) && ms >= WORTH_MS;
  }

  #starting(): number {
    let count = 0;
    for (const runner of this.#runners) if (!runner.started) count += 1;
    return count;
  }

  #shrinkLater(): void {
    const { idleMs } = this.#options.runners;
    const kept = this.#options.keepOne ? 1 : 0;
    if (this.#idleTimer || this.#closed || this.#runners.size <= kept) return;
    this.#idleTimer = setTimeout(() => {
      this.#idleTimer = null;
      const longest = this.#idle[0];
      const idleFor = longest ? this.#options.clock.mono() - longest.idleSinceMono : 0;
      if (longest && longest.jobs.size === 0 && idleFor >= idleMs && this.#runners.size > kept)
        this.retire(longest);
      if (this.#idle.length > 0) this.#shrinkLater();
    }, idleMs);
    this.#idleTimer.unref();
  }
}
