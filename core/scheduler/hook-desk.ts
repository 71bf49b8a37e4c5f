import type { Executor } from '../executors/executor.ts';
import type { Logger } from '../log/logger.ts';
import type { AttemptDefinition, AttemptEvent, Outcome, TaskError } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import { HOOK_DEFAULTS, type HookJob, type HookRecord, type HookSpec, isHookOver } from '../model/hook.ts';
import { type AttemptId, hookAttemptId, type NodeNo, parseKeyText, type TryNo } from '../model/ids.ts';
import type { JsonText } from '../model/json.ts';
import type { RunRecord } from '../model/run.ts';
import { chanceOf, retryDelay } from '../planner/retry.ts';
import type { Lease, Store, VersionRecord } from '../store/store.ts';
import { Bell } from './bell.ts';
import type { Leader } from './leader.ts';
import { codeDir } from './paths.ts';
import { asError } from './quarantine.ts';
import { factsOf } from './run-facts.ts';

/** Hooks that run at once. They hold no slot of any pool. */
const AT_ONCE_MAX = 4;
/** The longest timer of Node is 31 bits of milliseconds; a back-off is looked at again after that. */
const SLEEP_MAX_MS = 86_400_000;

/** A store that does not take what became of a hook is asked again after this time. */
const STORE_AGAIN_MS = 1_000;

type EndedTry = Pick<
  Extract<AttemptEvent, { type: 'attempt.ended' }>,
  'attemptId' | 'startedAt' | 'at' | 'outcome' | 'log'
>;

export interface HookDeskOptions {
  readonly store: Store;
  readonly lease: Lease;
  readonly leader: Leader;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly stateDir: string;
  readonly memoryMb: number | null;
  /** Spans of its runs are sent to somebody. */
  readonly traced: boolean;
  readonly log: Logger;
  /** Called when a job has come further and that is stored. */
  readonly onChange: () => void;
}

/**
 * Runs the hooks that are due, each at least once: a job is over only when that is stored, so the next leader
 * runs again what a crash has cut off. A hook changes nothing of its run and holds no slot.
 */
export class HookDesk {
  readonly #options: HookDeskOptions;
  /** Jobs that are not over and not under way, by their id. */
  readonly #waiting = new Map<string, HookRecord>();
  readonly #running = new Map<AttemptId, HookRecord>();
  readonly #bell = new Bell();
  #timer: NodeJS.Timeout | null = null;
  #generation: number;
  #draining = false;
  #closed = false;
  #lastDefinition = 0;
  #busy = 0;

  constructor(options: HookDeskOptions) {
    this.#options = options;
    this.#generation = options.leader.generation;
  }

  /** Takes up what earlier leaders have left. */
  async open(): Promise<void> {
    for (const job of await this.#options.store.openHooks()) {
      const { id } = job.event;
      if (!this.#waiting.has(id) && !this.#isRunning(id)) this.#waiting.set(id, takenUp(job));
    }
    this.#startDue();
  }

  /** Takes the hooks that became due with the tick that was just stored. */
  look(): void {
    const { leader } = this.#options;
    if (leader.generation !== this.#generation) {
      // Memory was dropped, and with it what was due and stored: the store knows.
      this.#generation = leader.generation;
      void this.open().catch((error: unknown) => this.#warn(error, 'hooks that are due cannot be read now'));
    }
    const due = leader.world.dueHooks.splice(0);
    for (const job of due) this.#waiting.set(job.event.id, fresh(job));
    if (due.length > 0) this.#startDue();
  }

  /** Takes what the executor tells about a hook; false if it is about an attempt of a task. */
  takes(event: AttemptEvent): boolean {
    if (!event.attemptId.includes('h')) return false;
    const job = this.#running.get(event.attemptId);
    if (job && event.type === 'attempt.ended') void this.#end(job, event);
    return true;
  }

  /** Resolves once no hook runs and none that is new waits to be tried; retries wait for the next leader. */
  async drain(): Promise<void> {
    this.#draining = true;
    const ear = this.#bell.listen();
    this.#startDue();
    while (this.#running.size > 0 || this.#busy > 0) await ear.wait(SLEEP_MAX_MS);
    ear.close();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#bell.ring();
  }

  #isRunning(id: string): boolean {
    for (const { event } of this.#running.values()) if (event.id === id) return true;
    return false;
  }

  #startDue(): void {
    if (this.#closed) return;
    const now = this.#options.clock.now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const [id, job] of this.#waiting) {
      if (this.#draining && job.tries > 0) continue;
      if (job.dueAt > now) nextAt = Math.min(nextAt, job.dueAt);
      else if (this.#running.size < AT_ONCE_MAX) {
        this.#waiting.delete(id);
        this.#start(job);
      }
    }
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (!Number.isFinite(nextAt) || this.#draining) return;
    this.#timer = setTimeout(() => this.#startDue(), Math.min(nextAt - now, SLEEP_MAX_MS));
  }

  #start(job: HookRecord): void {
    const tries = job.tries + 1;
    const id = hookAttemptId({ ...job, tries });
    const running: HookRecord = { ...job, state: 'running', tries, startedAt: this.#options.clock.now() };
    this.#running.set(id, running);
    void this.#admit(running).then(
      (found) => this.#begin(id, running, found),
      (error: unknown) => this.#putBack(id, job, error),
    );
  }

  /** The store did not take the start of a try: that was none, and it is begun again a little later. */
  #putBack(id: AttemptId, job: HookRecord, error: unknown): void {
    this.#warn(error, 'a hook cannot be started now; it is tried again');
    this.#running.delete(id);
    this.#waiting.set(job.event.id, { ...job, dueAt: this.#options.clock.now() + STORE_AGAIN_MS });
    this.#startDue();
    this.#bell.ring();
  }

  /** Stores that a try begins; gives what it runs, or `null` if that is gone. */
  async #admit(job: HookRecord): Promise<{ run: RunRecord; version: VersionRecord } | null> {
    const { store } = this.#options;
    const run = await store.run(job.runNo);
    const version = run === null ? null : await store.version(run.versionNo);
    if (run === null || version === null) return null;
    await this.#save(job);
    return { run, version };
  }

  #begin(id: AttemptId, job: HookRecord, found: { run: RunRecord; version: VersionRecord } | null): void {
    if (this.#closed) return;
    try {
      if (found === null) throw new Error('its run is gone');
      this.#options.executor.submit({
        attemptId: id,
        runNo: job.runNo,
        nodeNo: (job.nodeNo ?? 0) as NodeNo,
        tryNo: job.tries as TryNo,
        definition: this.#define(job, found.run, found.version),
        keys: job.event.key === null ? [] : parseKeyText(job.event.key),
        items: job.event.key === null ? [] : parseKeyText(job.event.key),
        inputs: [JSON.stringify(job.event) as JsonText],
        spinUs: 0,
      });
    } catch (error) {
      const message = `the hook cannot be started: ${asError(error).message}`;
      const failed: Outcome = { kind: 'failed', error: { name: 'OrchError', message } };
      const at = this.#options.clock.now();
      void this.#end(job, { attemptId: id, startedAt: at, at, outcome: failed });
    }
  }

  #define(job: HookRecord, run: RunRecord, version: VersionRecord): AttemptDefinition {
    const spec = specOf(job, version);
    return {
      id: -++this.#lastDefinition,
      runNo: run.runNo,
      runUid: run.uid,
      dagId: run.dagId,
      taskPath: job.event.task ?? '',
      fanOutPath: null,
      action: spec.action,
      hook: true,
      ...(this.#options.traced ? { traced: true } : {}),
      inputNames: ['event'],
      with: spec.with ?? null,
      env: spec.env ?? null,
      params: run.params,
      run: factsOf(run),
      code: { root: codeDir(this.#options.stateDir, version.codeHash), entry: version.file },
      isolation: 'process',
      timeoutMs: spec.timeoutMs ?? HOOK_DEFAULTS.timeoutMs,
      killGraceMs: HOOK_DEFAULTS.killGraceMs,
      memoryMb: this.#options.memoryMb,
      itemNames: [],
    };
  }

  /** A try is over: what follows counts once it is stored, however long the store does not take it. */
  async #end(job: HookRecord, ended: EndedTry): Promise<void> {
    this.#busy++;
    while (!(await this.#settles(job, ended)) && !this.#closed && !this.#draining) await aWhile();
    this.#busy--;
    this.#running.delete(ended.attemptId);
    this.#startDue();
    this.#bell.ring();
  }

  /** Stores what became of a try; false where the store does not take it now. */
  async #settles(job: HookRecord, ended: EndedTry): Promise<boolean> {
    const { outcome, at, startedAt } = ended;
    const { log, clock, store } = this.#options;
    const isDone = outcome.kind === 'success' || outcome.kind === 'skipped';
    const error = isDone ? null : errorOf(outcome);
    const times = { startedAt, endedAt: at, error, log: ended.log ?? null };
    try {
      let next: HookRecord = { ...job, ...times, state: isDone ? 'success' : 'failed' };
      if (!isDone) {
        const run = await store.run(job.runNo);
        const version = run === null ? null : await store.version(run.versionNo);
        const spec = version === null ? null : findSpec(job, version);
        const policy = { ...HOOK_DEFAULTS.retries, ...spec?.retries };
        const isFinal = outcome.kind === 'failed' && outcome.final === true;
        if (spec !== null && !isFinal && job.tries <= policy.max) {
          const delayMs = retryDelay(policy, job.tries, chanceOf(`${job.event.id}/${job.tries}`));
          next = { ...next, state: 'waiting', dueAt: clock.now() + delayMs };
        }
      }
      await this.#save(next);
      if (next.state === 'failed')
        log.warn({ hook: job.event, tries: job.tries, error: error?.message }, 'a hook has failed for good');
      if (!isHookOver(next)) this.#waiting.set(job.event.id, next);
      return true;
    } catch (failure) {
      this.#warn(
        failure,
        'what became of a hook cannot be stored now: until it can, the next leader runs it again',
      );
      return false;
    }
  }

  async #save(job: HookRecord): Promise<void> {
    await this.#options.store.saveHook(this.#options.lease, job);
    this.#options.onChange();
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ err: asError(error) }, message);
  }
}

function aWhile(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, STORE_AGAIN_MS));
}

function fresh(job: HookJob): HookRecord {
  const none = { startedAt: null, endedAt: null, error: null, log: null };
  return { ...job, ...none, state: 'waiting', tries: 0, dueAt: job.createdAt };
}

/** A try that was under way when its leader went away does not count. */
function takenUp(job: HookRecord): HookRecord {
  return job.state === 'running' ? { ...job, state: 'waiting', tries: job.tries - 1 } : job;
}

function findSpec({ event, position }: HookJob, { spec }: VersionRecord): HookSpec | null {
  if (event.task === null) return spec.hooks?.[event.hook as 'onSuccess']?.[position] ?? null;
  const task = spec.tasks.find(({ path }) => path === event.task);
  return task?.hooks?.[event.hook as 'onSuccess']?.[position] ?? null;
}

/**
 * What a job runs, by the version of its run.
 * @throws Error when that version has no such hook any more: the run was moved to another one.
 */
function specOf(job: HookJob, version: VersionRecord): HookSpec {
  const spec = findSpec(job, version);
  if (spec === null) throw new Error('the version of its run has no such hook any more');
  return spec;
}

function errorOf(outcome: Outcome): TaskError {
  if (outcome.kind === 'failed' || outcome.kind === 'rejected_output') return outcome.error;
  if (outcome.kind === 'lost') return { name: 'Lost', message: outcome.detail };
  return { name: 'HookError', message: `it ended with ${outcome.kind}` };
}
