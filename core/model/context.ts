import type { RunFacts } from './attempt.ts';
import type { Connection } from './connection.ts';
import type { Json } from './json.ts';

/** What a task function gets beside its inputs. Everything a function may know or do goes through it. */
export interface TaskContext<
  Params = Record<string, Json>,
  Variables extends string = string,
  Connections extends string = string,
> {
  readonly params: Params;
  readonly run: RunFacts;
  /** Dotted path of the task. */
  readonly taskId: string;
  /** Keys of the fan-outs around the instance joined by `/`, or `null`. */
  readonly key: string | null;
  /** The item of the innermost fan-out. */
  readonly item: Json;
  /** The `with` of the task, rendered. */
  readonly with: Record<string, Json>;
  /** 1 for the first attempt; attempts that only put the task off do not count. */
  readonly attempt: number;
  /** How often the task was put off before: looks of a sensor, iterations of a loop, deferrals. */
  readonly calls: number;
  /** What the last of those left: the state of a deferral or look, the output of an iteration; or `null`. */
  readonly state: Json;
  readonly attemptId: string;
  /** The span of this attempt for whatever continues its trace, as the header `traceparent` of W3C has it. */
  readonly traceparent: string;
  /** What the instance has kept last with `checkpoint`, in this attempt or one before; `null`: nothing. */
  readonly lastCheckpoint: Json;
  /** Aborted when the attempt must end: cancel, timeout, pause, shutdown. */
  readonly signal: AbortSignal;
  /** Directory of the project (the one with `airflow.yaml`). */
  readonly projectDir: string;
  /** An empty directory of this attempt, removed after it. */
  readonly tempDir: string;
  readonly log: TaskLog;
  /**
   * The value of a variable that the task declares in `variables`. Secret ones are masked in its log, its
   * errors and its output.
   */
  variable(name: Variables): string;
  /** A connection that the task declares in `connections`: its type, and the fields of that. */
  connection(name: Connections): Connection;
  /** Progress for people: `done` of `total`, and what is being done. */
  progress(done: number, total: number, step?: string): void;
  /** A number worth comparing over runs, such as `sharpe`. The last value of a name wins. */
  metric(name: string, value: number): void;
  /** Keeps a file with the run. A string or bytes are stored as they are, anything else as JSON. */
  artifact(name: string, content: string | Uint8Array | Json, mediaType?: string): Promise<void>;
  /**
   * Keeps a state, JSON of at most 64 KB, from which the next attempt can go on: after a retry, a crash, or a
   * pause, which then ends this attempt. Of several within a tenth of a second the last one counts.
   */
  checkpoint(state: Json): void;
  /** Ends the attempt as `skipped`. */
  skip(reason?: string): never;
  /**
   * Ends the attempt and has the task called again later. In between it waits without a process and without
   * slots, for seven days at most in all.
   */
  defer(when: Deferral): never;
  /** Ends the attempt as `failed` without any retry. */
  fail(reason: string): never;
  /** True once the attempt must end; the same as `signal.aborted`. */
  shouldStop(): boolean;
}

/** When a task that puts itself off is called again, and what it finds then. */
export interface Deferral {
  /** Milliseconds from now. */
  readonly afterMs: number;
  /** JSON, at most as large as an inline output; `ctx.state` of the next call. */
  readonly state?: Json;
  /** For people. */
  readonly message?: string;
}

declare const NOT_YET: unique symbol;
/** The answer of a sensor that finds nothing. */
export interface NotYet {
  readonly [NOT_YET]: true;
}

/** Recognised by name too: user code may have it from another copy of the package. */
const notYets = Symbol.for('orch.notYet');

/** What a sensor says with `notYet`. */
export interface NotYetAnswer {
  readonly message?: string;
  readonly state?: Json;
}

/**
 * What a sensor returns when what it looks for is not there: `notYet` itself, or with a reason for people and
 * a state for the next look `notYet('3 of 5 files', { seen: 3 })`.
 */
export const notYet: NotYet & ((message: string, state?: Json) => NotYet) = Object.assign(
  (message: string, state?: Json): NotYet =>
    ({ [notYets]: { message, ...(state === undefined ? {} : { state }) } }) as unknown as NotYet,
  { [notYets]: {} },
) as unknown as NotYet & ((message: string, state?: Json) => NotYet);

/** What a value says if it is a `notYet`; otherwise `null`. */
export function notYetAnswer(value: unknown): NotYetAnswer | null {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return null;
  return ((value as { [notYets]?: NotYetAnswer })[notYets] ?? null) as NotYetAnswer | null;
}

/** Thrown by `ctx.defer()`. */
export class DeferError extends Error {
  override readonly name = 'DeferError';
  readonly deferral: Deferral;
  constructor(deferral: Deferral) {
    super(deferral.message ?? '');
    this.deferral = deferral;
  }
}

/** Lines for the log of the attempt; written with level and time. */
export interface TaskLog {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/**
 * Thrown by user code to have the attempt retried, whatever `on` and `except` say, while retries are left.
 */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  /** Wait at least this long before the next attempt. */
  readonly retryAfterMs: number | undefined;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Thrown by user code to have the task fail for good: no retry follows. */
export class FatalError extends Error {
  override readonly name = 'FatalError';
}

/** Thrown by `ctx.skip()`. */
export class SkipError extends Error {
  override readonly name = 'SkipError';
}
