import type { Clock } from '../model/clock.ts';
import type { Job } from './job.ts';
import { JobQueue } from './job-queue.ts';
import type { RunnerOptions } from './local-options.ts';
import type { GoneFrame } from './protocol.ts';
import type { RunnerLink } from './runner-link.ts';

/** Attempts in a shared runner at once. */
const SHARED_MAX = 64;
/** Attempts that are shorter gain nothing from one more runner: handing them out is what takes the time. */
const WORTH_MS = 0.25;
/** Runners that are started at once: starting takes a core for a while. */
const STARTING_MAX = 2;
/** Runners that end before they are ready, one after the other, before the waiting orders are given up. */
const FAILED_STARTS_MAX = 3;

export interface PoolOptions {
  readonly clock: Clock;
  readonly shared: boolean;
  readonly runners: Required<RunnerOptions>;
  /** One runner is kept for the next order even when there is nothing to do. */
  readonly keepOne: boolean;
  /** Whether there is a keeper to start runners. */
  readonly mayStart: () => boolean;
  /** Has a runner started. */
  readonly startRunner: () => RunnerLink;
  readonly endRunner: (runner: RunnerLink) => void;
  /** The runner takes the order now. */
  readonly onAssign: (runner: RunnerLink, job: Job) => void;
  /** Runners cannot be started. */
  readonly onGiveUp: (job: Job, detail: string) => void;
}

/** Runners of one kind, and the orders that wait for them, first come first served. */
export class RunnerPool {
  readonly #options: PoolOptions;
  readonly #runners = new Set<RunnerLink>();
  /** The one used last is taken first: its caches are warm, and others get idle enough to go. */
  readonly #idle: RunnerLink[] = [];
  readonly #waiting = new JobQueue();
  /** How long an attempt holds its runner, on average of the last ones. */
  #meanMs = 0;
  #failedStarts = 0;
  #growTimer: NodeJS.Timeout | null = null;
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
    const runner = this.#waiting.first === null ? this.#free() : undefined;
    if (runner) return this.#assign(runner, job);
    this.#waiting.push(job);
    this.#growLater();
  }

  /** Takes an order back that has not been given to a runner; `false` if it is not here. */
  withdraw(job: Job): boolean {
    return this.#waiting.remove(job);
  }

  /** A runner is ready for its first order. */
  ready(runner: RunnerLink): void {
    this.#failedStarts = 0;
    this.available(runner);
  }

  /** A runner has finished an attempt. */
  available(runner: RunnerLink): void {
    if (!runner.ready) return;
    if (runner.assignedMono > 0) {
      this.#meanMs += (this.#options.clock.mono() - runner.assignedMono - this.#meanMs) / 8;
    }
    if (runner.jobs.size === 0 && runner.served >= this.#options.runners.attemptsMax)
      return this.retire(runner);
    for (let next = this.#nextFor(runner); next !== null; next = this.#nextFor(runner))
      this.#assign(runner, next);
    if (runner.jobs.size === 0) this.#rest(runner);
    else if (runner.jobs.size < this.#capacity && !this.#idle.includes(runner)) this.#idle.push(runner);
  }

  /** Ends a runner; another one takes its place if orders wait or one is to be kept. */
  retire(runner: RunnerLink): void {
    if (runner.retired) return;
    runner.retired = true;
    this.#forget(runner);
    this.#options.endRunner(runner);
    this.#replace();
  }

  /** Ends a runner once its attempts are done; it gets no more. */
  drain(runner: RunnerLink): void {
    runner.draining = true;
    const at = this.#idle.indexOf(runner);
    if (at >= 0) this.#idle.splice(at, 1);
    if (runner.jobs.size === 0) this.retire(runner);
  }

  /** A runner is gone, told to or not. */
  gone(runner: RunnerLink, frame: GoneFrame): void {
    const known = this.#runners.has(runner);
    this.#forget(runner);
    if (this.#closed) return;
    if (known && !runner.started) this.#failedStarts += 1;
    if (this.#failedStarts < FAILED_STARTS_MAX) return this.#replace();
    this.#failedStarts = 0;
    const said = frame.stray.trim().split('\n').slice(-20).join('\n');
    const detail = `runners cannot be started: ${said || `exit code ${frame.code}, signal ${frame.signal}`}`;
    for (const job of this.#waiting.drain()) this.#options.onGiveUp(job, detail);
  }

  /** Forgets every runner: their keeper died. Orders wait until `resume`. */
  pause(): void {
    for (const runner of this.#runners) runner.retired = true;
    this.#runners.clear();
    this.#idle.length = 0;
  }

  /** There is a keeper now. */
  resume(): void {
    this.#replace();
  }

  close(): void {
    this.#closed = true;
    if (this.#growTimer) clearTimeout(this.#growTimer);
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#waiting.drain();
  }

  get #capacity(): number {
    return this.#options.shared ? SHARED_MAX : 1;
  }

  #nextFor(runner: RunnerLink): Job | null {
    return runner.jobs.size < this.#capacity ? this.#waiting.shift() : null;
  }

  #free(): RunnerLink | undefined {
    const runner = this.#idle.at(-1);
    if (runner && (!this.#options.shared || runner.jobs.size + 1 >= SHARED_MAX)) this.#idle.pop();
    return runner;
  }

  #assign(runner: RunnerLink, job: Job): void {
    runner.assignedMono = this.#options.clock.mono();
    this.#options.onAssign(runner, job);
  }

  #rest(runner: RunnerLink): void {
    runner.idleSinceMono = this.#options.clock.mono();
    if (!this.#idle.includes(runner)) this.#idle.push(runner);
    this.#shrinkLater();
  }

  #start(): void {
    if (this.#options.mayStart()) this.#runners.add(this.#options.startRunner());
  }

  #forget(runner: RunnerLink): void {
    this.#runners.delete(runner);
    const at = this.#idle.indexOf(runner);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  #replace(): void {
    if (this.#closed) return;
    const wanted = this.#waiting.first !== null || this.#options.keepOne;
    if (wanted && this.#runners.size === 0) this.#start();
    else if (this.#waiting.first !== null) this.#growLater();
  }

  #growLater(): void {
    const { max, growAfterMs } = this.#options.runners;
    if (this.#closed) return;
    if (this.#runners.size === 0) return this.#start();
    if (this.#growTimer || this.#runners.size >= max) return;
    const first = this.#waiting.first;
    this.#growTimer = setTimeout(() => {
      this.#growTimer = null;
      const stuck = first !== null && this.#waiting.first === first;
      const worthIt = this.#waiting.first !== null && this.#meanMs >= WORTH_MS;
      const starting = this.#starting();
      const needed = starting < STARTING_MAX && this.#waiting.size > starting * this.#capacity;
      if (needed && (stuck || worthIt)) this.#start();
      if (this.#waiting.first !== null) this.#growLater();
    }, growAfterMs);
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
