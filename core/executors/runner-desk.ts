import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { RunnerUse } from '../model/scheduler-report.ts';
import type { DeskParts } from './desk.ts';
import { outcomeOfGone } from './ended-outcome.ts';
import type { Job } from './job.ts';
import { KeysTold } from './keys-told.ts';
import { leftRemarks } from './process-group.ts';
import type { EndFrame, GoneFrame, RunnerSettings } from './protocol.ts';
import { runnableThreads } from './runnable-threads.ts';
import { type RunnerHandlers, RunnerLink } from './runner-link.ts';
import { RunnerPool } from './runner-pool.ts';
import { RunnerServer } from './runner-server.ts';
import { sealedLog } from './sealed-log.ts';
import { Spin } from './spin.ts';
import { SpinGate } from './spin-gate.ts';

/** A second one takes over while the first is ended. */
const SHARED_RUNNERS = 2;

/** Hands functions and operators to runners: to one pool for each way of isolation and memory cap. */
export class RunnerDesk {
  readonly #parts: DeskParts;
  readonly #server: RunnerServer;
  readonly #runners = new Map<string, RunnerLink>();
  readonly #pools = new Map<string, RunnerPool>();
  /** Runners of a keeper that died. */
  readonly #dead: RunnerLink[] = [];
  readonly #handlers: RunnerHandlers;
  readonly #firstReady = Promise.withResolvers<void>();
  readonly #spin = new Spin();
  readonly #spinGate: SpinGate;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#spinGate = new SpinGate(parts.settings.clock);
    this.#server = new RunnerServer(parts.settings.stateDir, (group) => this.#runners.get(group));
    this.#handlers = {
      onReady: (runner) => {
        this.#poolOf(runner).ready(runner);
        this.#firstReady.resolve();
      },
      onReport: parts.onReport,
      onEnd: (runner, frame) => this.#ended(runner, frame),
      onGone: (runner, frame) => this.#gone(runner, frame),
    };
  }

  async open(): Promise<void> {
    await this.#server.open();
  }

  /** The runners that are up. */
  get use(): RunnerUse[] {
    return [...this.#runners.values()].flatMap(({ pid, jobs, served }) =>
      pid === null ? [] : [{ pid, attempts: jobs.size, served }],
    );
  }

  /** Resolves once a runner has taken what waited for the first one, or nothing is run any more. */
  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  submit(job: Job): void {
    this.#poolFor(job).submit(job);
  }

  withdraw(job: Job): boolean {
    return this.#poolFor(job).withdraw(job);
  }

  /** Tells a running attempt to end; alone in its process, everything there is ended after the grace. */
  stop(job: Job, graceMs: number): void {
    const runner = this.#holder(job);
    if (!runner) return;
    runner.cancel(job.order.attemptId, job.stop ?? 'user');
    if (runner.shared) return void setTimeout(() => this.#endShared(runner, job), graceMs);
    // Whoever has started behind it shows that it has ended already: its processes are not its own any more.
    const pool = this.#poolOf(runner);
    if (!pool.clearBehind(runner, job)) return;
    job.killed = true;
    this.#parts.keeper()?.send({ t: 'stop', g: runner.group, graceMs });
    pool.leaving(runner);
  }

  /**
   * Holds the process of an attempt still, or lets it go on; `false` if it is not alone there, or has ended.
   * Orders behind it go to other runners.
   */
  holdStill(job: Job, still: boolean): boolean {
    const runner = this.#holder(job);
    if (!runner || runner.shared || (still && !this.#poolOf(runner).clearBehind(runner, job))) return false;
    this.#setStill(runner, still);
    return true;
  }

  #setStill(runner: RunnerLink, still: boolean): void {
    runner.still = still;
    this.#parts.keeper()?.send({ t: 'still', g: runner.group, on: still });
  }

  spawned(group: string, pid: number): void {
    this.#runners.get(group)?.onSpawned(pid);
  }

  gone(frame: GoneFrame): void {
    this.#runners.get(frame.g)?.onGone(frame);
  }

  /** The keeper died, and every runner with it: orders wait until `resume`. */
  pause(): void {
    this.#dead.push(...this.#runners.values());
    this.#runners.clear();
    for (const pool of this.#pools.values()) pool.pause();
  }

  /** Nothing of the runners lives: what they had not started waits again, the rest counts as started. */
  settleDead(): void {
    for (const runner of this.#dead.splice(0)) this.#poolOf(runner).requeue(this.#unstarted(runner));
  }

  /** A keeper has died that never was up, and no runner of it was: orders wait until `resume`. */
  forget(): void {
    this.pause();
    this.settleDead();
  }

  /** There is a keeper now. Starts the first runner before anybody asks for it, if one is to be kept. */
  resume(): void {
    const { keepOne, memoryMb } = this.#parts.settings.runners;
    if (keepOne) this.#pool(false, memoryMb);
    for (const pool of this.#pools.values()) pool.resume();
  }

  close(): void {
    this.#firstReady.resolve();
    for (const pool of this.#pools.values()) pool.close();
  }

  async closeServer(): Promise<void> {
    await this.#server.close();
  }

  #poolFor(job: Job): RunnerPool {
    const { isolation, memoryMb } = job.order.definition;
    return this.#pool(isolation === 'shared', memoryMb ?? this.#parts.settings.runners.memoryMb);
  }

  #poolOf(runner: RunnerLink): RunnerPool {
    return this.#pool(runner.shared, runner.memoryMb);
  }

  #pool(shared: boolean, memoryMb: number): RunnerPool {
    const name = `${shared}/${memoryMb}`;
    const known = this.#pools.get(name);
    if (known) return known;
    const { settings } = this.#parts;
    const pool = new RunnerPool({
      clock: settings.clock,
      shared,
      runners: shared ? { ...settings.runners, max: SHARED_RUNNERS } : settings.runners,
      keepOne: settings.runners.keepOne && !shared && memoryMb === settings.runners.memoryMb,
      hasFreeCore: () => runnableThreads() <= availableParallelism(),
      mayStart: () => this.#parts.keeper() !== null,
      startRunner: () => this.#startRunner(shared, memoryMb),
      endRunner: (runner) => this.#parts.keeper()?.send({ t: 'kill', g: runner.group }),
      onAssign: (runner, job) => {
        const { runNo, spinUs: wishedUs } = job.order;
        job.lane = shared ? runner.lanes.take(runNo) : runner.lanes.only(runNo);
        const spinUs = this.#spinGate.allowed(wishedUs);
        runner.run(job, spinUs);
        if (job.turn === null) this.#parts.onStarted(job);
        // With orders in the queue this process has work: only the runner polls for its next one.
        if (spinUs > 0 && !pool.hasWaiting) this.#spin.start(spinUs);
      },
      onHead: (runner) => this.#headStarts(runner),
      onGiveUp: (job, detail) => this.#parts.onEnded(job, { kind: 'lost', detail }, null),
    });
    this.#pools.set(name, pool);
    return pool;
  }

  #startRunner(shared: boolean, memoryMb: number): RunnerLink {
    const { projectDir, stateDir, limits } = this.#parts.settings;
    const group = this.#parts.nextGroup();
    const turnstile = join(stateDir, 'tmp', `${group}.turns`);
    const { numbers, settings: own } = this.#parts;
    const keys = new KeysTold(own.keyOf);
    const runner = new RunnerLink(group, shared, memoryMb, numbers, turnstile, keys, this.#handlers);
    this.#runners.set(group, runner);
    const settings: RunnerSettings = {
      socket: this.#server.path,
      token: runner.token,
      g: group,
      turnstile,
      shared,
      projectDir,
      stateDir,
      logCapBytes: limits.logBytes,
      outputInlineBytes: limits.outputInlineBytes,
      outputMaxBytes: limits.outputBytes,
    };
    this.#parts.keeper()?.send({ t: 'runner', g: group, memoryMb, settings });
    return runner;
  }

  #holder(job: Job): RunnerLink | undefined {
    for (const runner of this.#runners.values()) {
      if (runner.jobs.has(job.order.attemptId)) return runner;
    }
    return undefined;
  }

  #endShared(runner: RunnerLink, job: Job): void {
    if (runner.jobs.has(job.order.attemptId)) this.#poolOf(runner).retire(runner);
  }

  #ended(runner: RunnerLink, frame: EndFrame): void {
    const job = runner.jobs.get(frame.id);
    if (!job) return;
    // It had ended before it was held.
    if (runner.still) this.#setStill(runner, false);
    runner.ended(job);
    const { lane } = job;
    const log = lane && frame.l ? { segment: lane.segment, offset: frame.l[0], length: frame.l[1] } : null;
    if (lane && log) lane.end = log.offset + log.length;
    if (lane && runner.shared) runner.lanes.giveBack(lane);
    const pool = this.#poolOf(runner);
    if (frame.m !== undefined) pool.measured(job, frame.m);
    const replace = frame.x === true || job.killed;
    if (runner.shared || (!replace && !runner.retired)) {
      this.#parts.onEnded(job, frame.r, log);
      if (!runner.shared) this.#headStarts(runner);
      return replace || runner.draining ? pool.drain(runner) : pool.available(runner);
    }
    // Something of the attempt may live: its end is told when the runner is gone.
    job.ending = { outcome: frame.r, log };
    runner.ending.push(job);
    pool.retire(runner);
  }

  #gone(runner: RunnerLink, frame: GoneFrame): void {
    this.#runners.delete(runner.group);
    const remarks = leftRemarks(frame.left);
    for (const job of runner.ending) {
      if (!job.ending) continue;
      const { outcome, log } = job.ending;
      const told = remarks.length === 0 ? log : sealedLog(job, this.#parts.settings, remarks, log?.offset);
      this.#parts.onEnded(job, outcome, told);
    }
    const unstarted = this.#unstarted(runner);
    const alone = runner.jobs.size === 1;
    for (const job of runner.jobs.values()) {
      const outcome = outcomeOf(job, frame, alone);
      const said = alone ? lastWords(runner, frame) : [];
      const lines = [...said.slice(-100), ...remarks];
      this.#parts.onEnded(job, outcome, sealedLog(job, this.#parts.settings, lines));
    }
    runner.jobs.clear();
    this.#poolOf(runner).gone(runner, frame, unstarted);
  }

  /** The attempt before it has ended, so the runner starts the next one. */
  #headStarts(runner: RunnerLink): void {
    const { head } = runner;
    if (!head || head.startedAt > 0) return;
    runner.headSinceMono = this.#parts.settings.clock.mono();
    this.#parts.onStarted(head);
  }

  /** Takes out of a dead runner what it had not started. */
  #unstarted(runner: RunnerLink): Job[] {
    const unstarted: Job[] = [];
    for (const job of runner.jobs.values()) {
      if (runner.hasStarted(job)) {
        if (job.startedAt === 0) this.#parts.onStarted(job);
        continue;
      }
      runner.jobs.delete(job.order.attemptId);
      job.turn = null;
      job.lane = null;
      unstarted.push(job);
    }
    runner.close();
    return unstarted;
  }
}

/** What a runner printed past orch before its end; nobody is left who could mask a secret in it. */
function lastWords(runner: RunnerLink, { stray }: GoneFrame): string[] {
  const text = stray.trim();
  if (text === '') return [];
  return runner.hadSecrets ? ['its last output is left out: it may hold a secret'] : text.split('\n');
}

function outcomeOf(job: Job, frame: GoneFrame, alone: boolean): ReturnType<typeof outcomeOfGone> {
  const outcome = outcomeOfGone(frame, alone);
  return job.stop !== null && outcome.kind !== 'memory' ? { kind: 'stopped' } : outcome;
}
