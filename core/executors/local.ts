import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptEvent, AttemptOrder, LogRange, Outcome, StopReason } from '../model/attempt.ts';
import { AppError } from '../model/errors.ts';
import type { AttemptId } from '../model/ids.ts';
import { CommandDesk } from './command-desk.ts';
import { Deadlines } from './deadlines.ts';
import { EndedAttempts } from './ended-attempts.ts';
import { EventBurst } from './event-burst.ts';
import type { Executor, ExecutorUse } from './executor.ts';
import { killLeftovers, registryFolder } from './group-registry.ts';
import { type Job, newJob } from './job.ts';
import { KeeperLink } from './keeper-link.ts';
import { SegmentNumbers } from './lanes.ts';
import { type LocalExecutorOptions, type LocalSettings, localSettings } from './local-options.ts';
import { signal } from './processes.ts';
import type { EndFrame, GroupFrame, KeeperSettings, ReportFrame } from './protocol.ts';
import { RunnerDesk } from './runner-desk.ts';
import { sealedLog } from './sealed-log.ts';
import { WatchSwitch } from './watch-switch.ts';

/** Beyond the grace of an attempt the keeper gets so long to end it before it is itself taken for stuck. */
const KEEPER_PATIENCE_MS = 2_000;
/** Between attempts to start a keeper, doubled each time. */
const RESTART_MS = 100;
const RESTART_MAX_MS = 5_000;
/** So long at most whoever waits for the first runner waits: what cannot be started may never be. */
const READY_MAX_MS = 1_000;
/** Keepers that may die before they are up until the executor says that it cannot start. */
const KEEPER_STARTS_MAX = 3;

/** Runs attempts on this machine: functions and operators in warm runners, commands below the keeper. */
export function createLocalExecutor(options: LocalExecutorOptions): Executor {
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  const places = { projectDir: realpathSync(options.projectDir), stateDir: realpathSync(options.stateDir) };
  return new LocalExecutor(localSettings({ ...options, ...places }));
}

class LocalExecutor implements Executor {
  onEvent: (event: AttemptEvent) => void = () => undefined;
  onFailed: (error: Error) => void = () => undefined;
  readonly #settings: LocalSettings;
  readonly #stateKey: string;
  readonly #jobs = new Map<AttemptId, Job>();
  readonly #ended = new EndedAttempts();
  readonly #events = new EventBurst(
    (event) => this.onEvent(event),
    () => this.#jobs.size > 0,
  );
  readonly #deadlines: Deadlines<Job>;
  readonly #stuck: Deadlines<Job>;
  readonly #runners: RunnerDesk;
  readonly #commands: CommandDesk;
  readonly #watch = new WatchSwitch(
    () => this.#jobs.size > 0,
    (on) => this.#keeper?.send({ t: 'watch', on }),
  );
  /** Groups that live, as far as the keeper told. */
  readonly #groups = new Map<string, number>();
  #keeper: KeeperLink | null = null;
  /** The keeper takes orders; attempts that one is handed that dies before would be waited for in vain. */
  #keeperIsUp = false;
  #keepers = 0;
  /** In monotonic time; a keeper that comes later is bound by it too. */
  #heldUntil: number | null = null;
  #registry = '';
  #up: (() => void) | null = null;
  #closing = false;
  #closed: Promise<void> | null = null;

  constructor(settings: LocalSettings) {
    this.#settings = settings;
    this.#stateKey = createHash('sha256').update(settings.stateDir).digest('hex').slice(0, 24);
    this.#deadlines = new Deadlines(settings.clock, (job) =>
      this.stop(job.order.attemptId, 'timeout', job.order.definition.killGraceMs),
    );
    this.#stuck = new Deadlines(settings.clock, () => this.#keeper?.kill());
    const numbers = new SegmentNumbers(settings.stateDir, settings.epoch);
    let groups = 0;
    const desk = {
      settings,
      numbers,
      nextGroup: () => `${settings.epoch}.${++groups}`,
      onStarted: (job: Job) => this.#started(job),
      onEnded: (job: Job, outcome: Outcome, log: LogRange | null) => this.#finish(job, outcome, log),
      onReport: (frame: Exclude<ReportFrame, { t: 'hello' | 'end' }>) => this.#report(frame),
    };
    // A runner may be ordered of a keeper that is still starting: nothing but the runner is lost with it.
    this.#runners = new RunnerDesk({ ...desk, keeper: () => this.#keeper });
    this.#commands = new CommandDesk({ ...desk, keeper: () => (this.#keeperIsUp ? this.#keeper : null) });
  }

  async start(): Promise<void> {
    const { stateDir } = this.#settings;
    await killLeftovers(registryFolder(stateDir), [`ORCH_STATE=${this.#stateKey}`]);
    rmSync(join(stateDir, 'tmp'), { recursive: true, force: true });
    await this.#runners.open();
    // Whoever starts this has other things to do until the keeper answers.
    void this.#firstKeeper().then(
      () => this.#commands.resume(),
      (error: Error) => this.#failed(error),
    );
  }

  async ready(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, READY_MAX_MS);
    await Promise.race([this.#runners.firstReady, late]);
    clearTimeout(timer);
  }

  submit(order: AttemptOrder): void {
    const { attemptId: id, runNo, nodeNo, tryNo } = order;
    // Hooks have tries of their own, which say nothing about the attempts of their task.
    const isOver = !order.definition.hook && this.#ended.has(runNo, nodeNo, tryNo);
    if (this.#closing || isOver || this.#jobs.has(id)) return;
    const job = newJob(order);
    this.#jobs.set(id, job);
    if (order.definition.action.kind === 'shell') this.#commands.submit(job);
    else this.#runners.submit(job);
  }

  stop(attemptId: AttemptId, reason: StopReason, graceMs: number): void {
    const job = this.#jobs.get(attemptId);
    if (!job) return;
    job.stop ??= reason;
    this.#deadlines.delete(job);
    if (this.#withdraw(job)) return this.#finish(job, { kind: 'stopped' }, null);
    this.#stuck.add(job, graceMs + KEEPER_PATIENCE_MS);
    if (job.group !== null) this.#keeper?.send({ t: 'stop', g: job.group, graceMs });
    else this.#runners.stop(job, graceMs);
  }

  holdStill(attemptId: AttemptId, still: boolean): void {
    const job = this.#jobs.get(attemptId);
    const isStill = job?.stillLeftMs != null;
    if (!job || job.startedAt === 0 || job.stop !== null || isStill === still) return;
    if (job.group !== null) this.#keeper?.send({ t: 'still', g: job.group, on: still });
    else if (!this.#runners.holdStill(job, still)) return;
    const { timeoutMs } = job.order.definition;
    if (!still) this.#deadlines.add(job, job.stillLeftMs ?? timeoutMs);
    job.stillLeftMs = still ? (this.#deadlines.delete(job) ?? timeoutMs) : null;
  }

  hold(ms: number): void {
    this.#heldUntil = this.#settings.clock.mono() + ms;
    this.#tellHold();
  }

  #tellHold(): void {
    if (this.#heldUntil === null) return;
    const ms = Math.max(0, this.#heldUntil - this.#settings.clock.mono());
    this.#keeper?.send({ t: 'hold', ms });
  }

  use(): ExecutorUse {
    let commands = 0;
    for (const { startedAt, order } of this.#jobs.values())
      if (startedAt > 0 && order.definition.action.kind === 'shell') commands++;
    return { keeperPid: this.#keeper?.pid ?? null, runners: this.#runners.use, commands };
  }

  resize(runnersMax: number): void {
    this.#settings.runners.max = runnersMax;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing = true;
    for (const job of this.#jobs.values()) job.stop ??= 'shutdown';
    this.#deadlines.close();
    this.#watch.close();
    this.#runners.close();
    await this.#keeper?.close(KEEPER_PATIENCE_MS);
    this.#keeper = null;
    this.#stuck.close();
    this.#killKnown();
    await killLeftovers(registryFolder(this.#settings.stateDir), [`ORCH_STATE=${this.#stateKey}`]);
    await this.#runners.closeServer();
    for (const job of [...this.#jobs.values()]) this.#finishDead(job, { kind: 'stopped' }, '');
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** One keeper that dies while it starts says little; several say that none can be started here. */
  async #firstKeeper(): Promise<void> {
    for (let left = KEEPER_STARTS_MAX - 1; ; left--) {
      try {
        return await this.#startKeeper();
      } catch (error) {
        if (left > 0 && !this.#closing) continue;
        await this.#runners.closeServer();
        throw error;
      }
    }
  }

  async #startKeeper(): Promise<void> {
    const settings = this.#settings;
    this.#registry = join(registryFolder(settings.stateDir), `${settings.epoch}-${++this.#keepers}.ndjson`);
    const keeperSettings: KeeperSettings = {
      projectDir: settings.projectDir,
      stateDir: settings.stateDir,
      stateKey: this.#stateKey,
      registry: this.#registry,
      logCapBytes: settings.limits.logBytes,
      outputInlineBytes: settings.limits.outputInlineBytes,
      outputMaxBytes: settings.limits.outputBytes,
      commandMemoryMb: settings.commands.memoryMb,
      passEnv: settings.passEnv,
    };
    await new Promise<void>((resolve, reject) => {
      let up = false;
      const deadline = setTimeout(() => this.#keeper?.kill(), settings.keeperUpMs);
      this.#up = () => {
        clearTimeout(deadline);
        up = true;
        this.#keeperIsUp = true;
        resolve();
      };
      const handlers = {
        onFrame: (frame: ReportFrame | GroupFrame) => this.#fromKeeper(frame),
        onDeath: (detail: string) => {
          clearTimeout(deadline);
          this.#keeper = null;
          this.#keeperIsUp = false;
          if (up) return void this.#keeperDied(detail);
          this.#runners.forget();
          reject(new AppError('internal', `The keeper of processes cannot be started: ${detail}`));
        },
      };
      this.#keeper = new KeeperLink(keeperSettings, handlers, settings.spareKeeper?.take());
      this.#tellHold();
      this.#runners.resume();
    });
  }

  #failed(error: Error): void {
    if (!this.#closing) this.onFailed(error);
  }

  #fromKeeper(frame: ReportFrame | GroupFrame): void {
    switch (frame.t) {
      case 'up':
        return this.#up?.();
      case 'spawned':
        this.#groups.set(frame.g, frame.pid);
        return this.#runners.spawned(frame.g, frame.pid);
      case 'gone':
        this.#groups.delete(frame.g);
        return this.#runners.gone(frame);
      case 'end':
        return this.#commandEnded(frame);
      default:
        return;
    }
  }

  #commandEnded(frame: EndFrame): void {
    const job = this.#jobs.get(frame.id);
    if (!job || job.group === null) return;
    this.#groups.delete(job.group);
    this.#commands.ended(job, frame);
  }

  /** Everything below the keeper dies with it; whoever ran there is lost, and the next keeper takes over. */
  async #keeperDied(detail: string): Promise<void> {
    if (this.#closing) return;
    this.#runners.pause();
    this.#commands.pause();
    this.#killKnown();
    await this.#cleared();
    // What runners told before they were killed is still to be read.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#closing) return;
    this.#runners.settleDead();
    const lost: Outcome = { kind: 'lost', detail: `the keeper of its processes died (${detail})` };
    for (const job of [...this.#jobs.values()]) {
      if (job.startedAt === 0) continue;
      this.#finishDead(job, job.stop === null ? lost : { kind: 'stopped' }, `its keeper died (${detail})`);
    }
    await this.#nextKeeper();
  }

  async #nextKeeper(): Promise<void> {
    let failed = 0;
    for (let waitMs = RESTART_MS; !this.#closing; waitMs = Math.min(waitMs * 2, RESTART_MAX_MS)) {
      try {
        await this.#startKeeper();
        return this.#commands.resume();
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        if (++failed >= KEEPER_STARTS_MAX)
          for (const job of [...this.#jobs.values()]) {
            if (this.#withdraw(job)) this.#finish(job, { kind: 'lost', detail }, null);
          }
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      await this.#cleared();
    }
  }

  /** Resolves when nothing of the last keeper lives: before that nothing new may be started. */
  async #cleared(): Promise<void> {
    const folder = registryFolder(this.#settings.stateDir);
    while (!this.#closing) {
      const done = await killLeftovers(folder, [`ORCH_STATE=${this.#stateKey}`], this.#registry).then(
        () => true,
        () => false,
      );
      if (done) return;
      await new Promise((resolve) => setTimeout(resolve, RESTART_MAX_MS));
    }
  }

  #withdraw(job: Job): boolean {
    return this.#commands.withdraw(job) || this.#runners.withdraw(job);
  }

  #killKnown(): void {
    for (const pid of this.#groups.values()) signal(-pid, 'SIGKILL');
    this.#groups.clear();
  }

  #started(job: Job): void {
    const { clock } = this.#settings;
    job.startedAt = clock.now();
    const { attemptId, definition } = job.order;
    this.#deadlines.add(job, definition.timeoutMs);
    this.#watch.wanted();
    const { lane } = job;
    const log = lane ? { segment: lane.segment, offset: lane.end, length: null } : undefined;
    this.#events.add({ type: 'attempt.started', attemptId, at: job.startedAt, ...(log ? { log } : {}) });
  }

  #report(frame: Exclude<ReportFrame, { t: 'hello' | 'end' }>): void {
    const at = this.#settings.clock.now();
    const { id: attemptId } = frame;
    if (frame.t === 'metric') {
      this.#events.add({ type: 'attempt.metric', attemptId, at, name: frame.name, value: frame.value });
    } else if (frame.t === 'artifact') {
      this.#events.add({ type: 'attempt.artifact', attemptId, at, artifact: frame.a });
    } else if (frame.t === 'checkpoint') {
      this.#events.add({ type: 'attempt.checkpoint', attemptId, at, state: frame.s });
    } else {
      const step = frame.step === undefined ? {} : { step: frame.step };
      this.#events.add({
        type: 'attempt.progress',
        attemptId,
        at,
        done: frame.done,
        total: frame.total,
        ...step,
      });
    }
  }

  /** Ends a job whose processes were killed without anybody to close its log. */
  #finishDead(job: Job, outcome: Outcome, remark: string): void {
    const ending = job.ending;
    if (ending) return this.#finish(job, ending.outcome, ending.log);
    this.#finish(job, outcome, sealedLog(job, this.#settings, remark === '' ? [] : [remark]));
  }

  #finish(job: Job, outcome: Outcome, log: LogRange | null): void {
    const { attemptId, runNo, nodeNo, tryNo } = job.order;
    if (!this.#jobs.delete(attemptId)) return;
    if (!job.order.definition.hook) this.#ended.add(runNo, nodeNo, tryNo);
    this.#deadlines.delete(job);
    if (job.stop !== null) this.#stuck.delete(job);
    const at = this.#settings.clock.now();
    this.#events.add({
      type: 'attempt.ended',
      attemptId,
      startedAt: job.startedAt || at,
      at,
      outcome: settledOutcome(job, outcome),
      ...(log ? { log } : {}),
    });
  }
}

/**
 * `stopped` is for those that somebody stopped: by nobody known it is lost. What an attempt answers after its
 * timeout does not count.
 */
function settledOutcome(job: Job, outcome: Outcome): Outcome {
  if (job.stop === 'timeout' && outcome.kind !== 'memory') return { kind: 'timeout' };
  if (outcome.kind !== 'stopped') return outcome;
  if (job.stop === null && job.startedAt > 0)
    return { kind: 'lost', detail: 'it was told to end from outside (SIGTERM)' };
  return outcome;
}
