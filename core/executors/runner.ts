import { AsyncLocalStorage } from 'node:async_hooks';
import { realpathSync } from 'node:fs';
import type { LogStream } from '../log/log-line.ts';
import { SegmentFiles } from '../log/segment-files.ts';
import type { AttemptDefinition, Outcome } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import { registerOrchResolver } from '../parsing/resolver.ts';
import { ToldKeys } from '../secrets/given-values.ts';
import { AttemptSecrets } from './attempt-secrets.ts';
import { errorTrace } from './error-trace.ts';
import { LiveAttempt } from './live-attempt.ts';
import { type LoadedTask, loadTask } from './load-task.ts';
import { takeStray } from './output-capture.ts';
import { deferred, outcomeOf } from './output-outcome.ts';
import type { KeeperFrame, OrderFrame, ReportFrame, RunFrame, RunnerSettings } from './protocol.ts';
import { leftProcesses } from './started-processes.ts';
import { deferralOf, outcomeOfThrown } from './task-error.ts';
import { Turnstile } from './turnstile.ts';

/** Snapshots of code that one runner loads before it asks to be replaced: modules are never unloaded. */
const CODE_ROOTS_MAX = 32;

/** Runs attempts in this process. */
export class Runner {
  readonly #settings: RunnerSettings;
  readonly #clock: Clock;
  readonly #report: (frame: ReportFrame) => void;
  readonly #segments: SegmentFiles;
  readonly #definitions = new Map<number, AttemptDefinition>();
  readonly #keys = new ToldKeys();
  /** Code by place: tasks of many definitions share it. */
  readonly #code = new Map<string, LoadedTask | Promise<LoadedTask>>();
  readonly #roots = new Set<string>();
  readonly #live = new Map<string, LiveAttempt>();
  readonly #current = new AsyncLocalStorage<LiveAttempt>();
  readonly #turnstile: Turnstile;
  /** Orders behind the attempt that runs. */
  readonly #ahead: { readonly frame: RunFrame; readonly definition: AttemptDefinition }[] = [];
  /** Something of an attempt that has ended may still run here. */
  #dirty = false;
  /** The leader was told to replace this process: nothing more is started here. */
  #closed = false;

  constructor(settings: RunnerSettings, clock: Clock, report: (frame: ReportFrame) => void) {
    this.#settings = settings;
    this.#clock = clock;
    this.#report = report;
    this.#segments = new SegmentFiles(settings.stateDir);
    this.#turnstile = new Turnstile(settings.turnstile, 'runner');
    registerOrchResolver({ projectDir: settings.projectDir });
    this.#roots.add(realpathSync(settings.projectDir));
  }

  take(frame: OrderFrame | KeeperFrame): void {
    switch (frame.t) {
      case 'run':
        return this.#accept(frame);
      case 'key':
        return this.#keys.add(frame.id, frame.key);
      case 'define':
        this.#definitions.set(frame.d.id, frame.d);
        return;
      case 'forget':
        return this.#definitions.clear();
      case 'cancel':
        this.#live.get(frame.id)?.abort(frame.why);
        return;
      default:
        return;
    }
  }

  /** Every attempt here must end: the process was told to. */
  abortAll(): void {
    for (const attempt of this.#live.values()) attempt.abort();
  }

  /**
   * Output of user code; `false` if it belongs to no attempt. What comes after the end of its attempt is
   * dropped.
   */
  output(stream: LogStream, chunk: string | Uint8Array): boolean {
    const attempt = this.#current.getStore();
    if (!attempt) return false;
    if (attempt.ended) return true;
    if (typeof chunk === 'string') attempt.log.text(stream, chunk);
    else attempt.log.bytes(stream, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    return true;
  }

  /** An error that nobody caught: it ends the attempt whose code it comes from, and no other. */
  uncaught(error: unknown): void {
    const attempt = this.#attemptHere();
    this.#dirty = true;
    if (attempt) this.#end(attempt, outcomeOfThrown(error, attempt.secrets.text));
  }

  startedProcess(): void {
    const attempt = this.#attemptHere();
    if (attempt) attempt.startedProcesses = true;
    else this.#dirty = true;
  }

  /**
   * `process.exit` was called by user code.
   *
   * @returns whether the process shall end; in a shared runner it does not.
   */
  exitCalled(code: unknown): boolean {
    const error = {
      name: 'ProcessExit',
      message: `process.exit(${code ?? ''}) was called`,
      code: String(code ?? 0),
    };
    const attempt = this.#attemptHere() ?? (this.#settings.shared ? undefined : [...this.#live.values()][0]);
    this.#dirty = true;
    if (attempt) this.#end(attempt, { kind: 'failed', error });
    return !this.#settings.shared;
  }

  /** The attempt to which the code that runs now belongs. */
  #attemptHere(): LiveAttempt | undefined {
    const attempt = this.#current.getStore();
    return attempt && !attempt.ended ? attempt : undefined;
  }

  #accept(frame: RunFrame): void {
    const definition = this.#definitions.get(frame.d);
    if (!definition) throw new Error(`the runner knows no definition ${frame.d}`);
    if (frame.q === undefined) return this.#start(frame, definition);
    this.#ahead.push({ frame, definition });
    if (this.#live.size === 0) setImmediate(this.#startNext);
  }

  /** Starts the next order that the leader has not taken back. */
  readonly #startNext = (): void => {
    while (this.#live.size === 0 && !this.#closed) {
      const next = this.#ahead.shift();
      if (!next) return;
      const { frame, definition } = next;
      const isMine = this.#turnstile.pass(frame.q ?? 0);
      this.#turnstile.forget(frame.q ?? 0);
      if (isMine) return this.#start(frame, definition);
    }
  };

  #start(frame: RunFrame, definition: AttemptDefinition): void {
    const segment = this.#segments.acquire(definition.runNo, frame.s);
    const attempt = new LiveAttempt({
      frame,
      definition,
      segment,
      secrets: new AttemptSecrets(frame.v, this.#keys),
      settings: this.#settings,
      clock: this.#clock,
      report: this.#report,
    });
    this.#live.set(frame.id, attempt);
    this.#current.run(attempt, () => this.#perform(attempt));
  }

  #perform(attempt: LiveAttempt): void {
    const code = this.#codeOf(attempt.definition);
    if (typeof code === 'function') return this.#call(attempt, code);
    code.then(
      (loaded) => this.#call(attempt, loaded),
      (error: unknown) => {
        // A module that failed to load stays failed in this process.
        this.#dirty = true;
        this.#end(attempt, outcomeOfThrown(error, attempt.secrets.text));
      },
    );
  }

  #call(attempt: LiveAttempt, run: LoadedTask): void {
    let result: unknown;
    try {
      result = run(attempt.prepare());
    } catch (error) {
      return this.#threw(attempt, error);
    }
    if (!isThenable(result)) return this.#returned(attempt, result);
    result.then(
      (value) => this.#returned(attempt, value),
      (error) => this.#threw(attempt, error),
    );
  }

  #threw(attempt: LiveAttempt, error: unknown): void {
    const when = deferralOf(error);
    const { text, mask } = attempt.secrets;
    const limits = { ...this.#settings, mask };
    this.#end(attempt, when === null ? outcomeOfThrown(error, text) : deferred(when.afterMs, when, limits));
  }

  #returned(attempt: LiveAttempt, value: unknown): void {
    let outcome: Outcome;
    try {
      const { mask } = attempt.secrets;
      outcome = outcomeOf(value, mask === null ? this.#settings : { ...this.#settings, mask });
    } catch (error) {
      outcome = outcomeOfThrown(error, attempt.secrets.text);
    }
    this.#end(attempt, outcome);
  }

  #end(attempt: LiveAttempt, outcome: Outcome): void {
    if (attempt.ended) return;
    const stray = takeStray(this.#settings.logCapBytes);
    if (stray) attempt.log.bytes('stdout', stray);
    const trace = attempt.aborted ? '' : errorTrace(outcome, attempt.definition.code.root);
    if (trace !== '') attempt.log.line('error', trace);
    if (attempt.startedProcesses && leftProcesses(attempt.frame.id)) this.#dirty = true;
    const frame = attempt.end(outcome);
    this.#live.delete(attempt.frame.id);
    this.#segments.release(attempt.segment);
    this.#closed = this.#dirty || this.#roots.size > CODE_ROOTS_MAX;
    this.#report(this.#closed ? { ...frame, x: true } : frame);
    // What the attempt left to do in this turn is done before the next one starts.
    if (this.#ahead.length > 0) setImmediate(this.#startNext);
  }

  #codeOf(definition: AttemptDefinition): LoadedTask | Promise<LoadedTask> {
    const { action, code } = definition;
    const what = action.kind === 'function' ? action.ref : action.kind === 'operator' ? action.operator : '';
    const place = `${code.root}\n${code.entry}\n${definition.dagId}\n${action.kind}\n${what}`;
    const known = this.#code.get(place);
    if (known) return known;
    const loading = this.#load(definition);
    this.#code.set(place, loading);
    loading.then((loaded) => this.#code.set(place, loaded)).catch(() => undefined);
    return loading;
  }

  async #load(definition: AttemptDefinition): Promise<LoadedTask> {
    const root = realpathSync(definition.code.root);
    if (!this.#roots.has(root)) {
      this.#roots.add(root);
      registerOrchResolver({ projectDir: this.#settings.projectDir, codeRoot: root });
    }
    return loadTask(definition, this.#settings.projectDir);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
