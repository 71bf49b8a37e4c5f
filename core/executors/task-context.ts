import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { AttemptLog } from '../log/attempt-log.ts';
import type { LogStream } from '../log/log-line.ts';
import type { ArtifactRef, AttemptDefinition, RunFacts, StopReason } from '../model/attempt.ts';
import type { Connection } from '../model/connection.ts';
import { DeferError, type Deferral, FatalError, SkipError, type TaskLog } from '../model/context.ts';
import { type AttemptId, keyText, parseAttemptId } from '../model/ids.ts';
import type { Json, JsonObject, JsonText } from '../model/json.ts';
import type { OperatorContext } from '../model/operator.ts';
import { artifactOf } from './artifact.ts';
import type { Values } from './attempt-scope.ts';
import type { AttemptSecrets } from './attempt-secrets.ts';
import type { PacedReports } from './paced-reports.ts';
import type { RunFrame } from './protocol.ts';
import { traceOf } from './trace-of.ts';

export interface ContextParts {
  readonly frame: RunFrame;
  readonly definition: AttemptDefinition;
  readonly inputs: Values;
  /** The `with` of the task, rendered. */
  readonly with: JsonObject;
  readonly log: AttemptLog;
  readonly secrets: AttemptSecrets;
  readonly projectDir: string;
  readonly stateDir: string;
  readonly report: PacedReports['report'];
}

/** Of the JSON of a checkpoint: every one is a row that the leader writes. */
const CHECKPOINT_MAX_BYTES = 65_536;

/** What a function or operator gets. Everything costly is made when it is first read. */
export class LiveContext implements OperatorContext {
  readonly params: Record<string, Json>;
  readonly run: RunFacts;
  readonly taskId: string;
  readonly attemptId: AttemptId;
  readonly inputs: Values;
  readonly with: Record<string, Json>;
  readonly projectDir: string;
  readonly #parts: ContextParts;
  #controller: AbortController | null = null;
  #abortReason: Error | null = null;
  #stop: StopReason | null = null;
  #tempDir: string | null = null;
  #log: TaskLog | null = null;
  #checkpoint: JsonText | null = null;

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.params = parts.definition.params;
    this.run = parts.definition.run;
    this.taskId = parts.definition.taskPath;
    this.attemptId = parts.frame.id;
    this.inputs = parts.inputs;
    this.with = parts.with;
    this.projectDir = parts.projectDir;
    // Authors take these off the context: `({ prices }, { metric, skip }) => ...`.
    this.progress = this.progress.bind(this);
    this.metric = this.metric.bind(this);
    this.artifact = this.artifact.bind(this);
    this.checkpoint = this.checkpoint.bind(this);
    this.defer = this.defer.bind(this);
    this.shouldStop = this.shouldStop.bind(this);
    this.variable = this.variable.bind(this);
    this.connection = this.connection.bind(this);
  }

  get key(): string | null {
    return keyText(this.#parts.frame.k ?? []);
  }

  get item(): Json {
    return this.#parts.frame.i?.at(-1) ?? null;
  }

  get attempt(): number {
    return (parseAttemptId(this.attemptId)?.tryNo ?? 1) - this.calls;
  }

  get calls(): number {
    return this.#parts.frame.w?.[0] ?? 0;
  }

  get state(): Json {
    return this.#parts.frame.w?.[1] ?? null;
  }

  get lastCheckpoint(): Json {
    if (this.#checkpoint !== null) return JSON.parse(this.#checkpoint) as Json;
    return this.#parts.frame.c ?? null;
  }

  get traceparent(): string {
    return traceOf(this.#parts.definition, this.attemptId);
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get tempDir(): string {
    if (this.#tempDir === null) {
      this.#tempDir = join(this.#parts.stateDir, 'tmp', this.attemptId);
      mkdirSync(this.#tempDir, { recursive: true, mode: 0o700 });
    }
    return this.#tempDir;
  }

  get log(): TaskLog {
    this.#log ??= taskLog(this.#parts.log);
    return this.#log;
  }

  variable(name: string): string {
    return this.#parts.secrets.values.variable(name);
  }

  connection(name: string): Connection {
    return this.#parts.secrets.values.connection(name);
  }

  progress(done: number, total: number, step?: string): void {
    if (!Number.isFinite(done) || !Number.isFinite(total))
      throw new TypeError('progress takes two finite numbers');
    const text = step === undefined ? {} : { step: this.#parts.secrets.text(String(step)).slice(0, 200) };
    this.#parts.report({ t: 'progress', id: this.attemptId, done, total, ...text });
  }

  metric(name: string, value: number): void {
    if (typeof name !== 'string' || name === '' || name.length > 200) {
      throw new TypeError('the name of a metric is a text of 1 to 200 characters');
    }
    if (!Number.isFinite(value))
      throw new TypeError(`metric '${name}' must be a finite number, not ${String(value)}`);
    this.#parts.report({ t: 'metric', id: this.attemptId, name, value });
  }

  async artifact(name: string, content: string | Uint8Array | Json, mediaType?: string): Promise<void> {
    const a: ArtifactRef = artifactOf(
      this.#parts.stateDir,
      name,
      this.#parts.secrets.maskedContent(content),
      mediaType,
    );
    this.#parts.report({ t: 'artifact', id: this.attemptId, a });
  }

  checkpoint(state: Json): void {
    const text: JsonText | undefined = JSON.stringify(state);
    if (text === undefined) throw new TypeError('a checkpoint is JSON');
    const bytes = Buffer.byteLength(text);
    if (bytes > CHECKPOINT_MAX_BYTES)
      throw new RangeError(`a checkpoint has at most ${CHECKPOINT_MAX_BYTES} bytes as JSON, not ${bytes}`);
    this.#checkpoint = text;
    this.#parts.report({ t: 'checkpoint', id: this.attemptId, s: text });
  }

  skip(reason?: string): never {
    throw new SkipError(reason ?? '');
  }

  defer(when: Deferral): never {
    if (!Number.isFinite(when.afterMs) || when.afterMs < 0)
      throw new TypeError('defer takes { afterMs }, a number of milliseconds that is not negative');
    throw new DeferError(when);
  }

  fail(reason: string): never {
    throw new FatalError(reason);
  }

  shouldStop(): boolean {
    return this.#abortReason !== null;
  }

  /** Tells the code that it must end. Not for user code: the object that it gets is this one's face. */
  static abort(context: LiveContext, why: StopReason | null): void {
    context.#stop ??= why;
    if (context.#abortReason) return;
    context.#abortReason = new DOMException('The attempt must end.', 'AbortError');
    context.#controller?.abort(context.#abortReason);
  }

  /** Why the attempt must end, as far as its process knows. */
  static stopReason(context: LiveContext): StopReason | null {
    return context.#stop;
  }

  /** Milliseconds from being told to end until it is killed. */
  static graceMs(context: LiveContext): number {
    return context.#parts.definition.killGraceMs;
  }

  /** The temporary folder if it was asked for. */
  static usedTempDir(context: LiveContext): string | null {
    return context.#tempDir;
  }
}

function taskLog(log: AttemptLog): TaskLog {
  const at = (stream: LogStream) => (message: string, fields?: Record<string, unknown>) => {
    log.line(stream, fields === undefined ? String(message) : `${message} ${fieldText(fields)}`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function fieldText(fields: Record<string, unknown>): string {
  try {
    return JSON.stringify(fields, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  } catch {
    return inspect(fields, { depth: 3, breakLength: Number.POSITIVE_INFINITY });
  }
}
