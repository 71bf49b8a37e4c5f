import { rmSync } from 'node:fs';
import { renderJson } from '../expression/template.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import type { SegmentWriter } from '../log/segment-writer.ts';
import type { AttemptDefinition, Outcome, StopReason } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import { FatalError } from '../model/context.ts';
import type { JsonObject } from '../model/json.ts';
import { expressionScope, inputValues } from './attempt-scope.ts';
import type { AttemptSecrets } from './attempt-secrets.ts';
import { PacedReports } from './paced-reports.ts';
import { applyEnvironment } from './process-environment.ts';
import type { EndFrame, ReportFrame, RunFrame, RunnerSettings } from './protocol.ts';
import { LiveContext } from './task-context.ts';

export interface LiveAttemptParts {
  readonly frame: RunFrame;
  readonly definition: AttemptDefinition;
  readonly segment: SegmentWriter;
  readonly secrets: AttemptSecrets;
  readonly settings: RunnerSettings;
  readonly clock: Clock;
  readonly report: (frame: ReportFrame) => void;
}

/** An attempt while it runs in a runner: its context, its log, and that it ends once. */
export class LiveAttempt {
  readonly frame: RunFrame;
  readonly definition: AttemptDefinition;
  readonly segment: SegmentWriter;
  readonly log: AttemptLog;
  /** The variables and connections of its task, and what masks them. */
  readonly secrets: AttemptSecrets;
  ended = false;
  /** Processes were started: they may have left others behind. */
  startedProcesses = false;
  readonly #parts: LiveAttemptParts;
  readonly #startedMono: number;
  #reports: PacedReports | null = null;
  #context: LiveContext | null = null;
  #aborted = false;
  #stop: StopReason | null = null;
  #restore: (() => void) | null = null;

  constructor(parts: LiveAttemptParts) {
    this.#parts = parts;
    this.frame = parts.frame;
    this.definition = parts.definition;
    this.segment = parts.segment;
    const { clock, settings } = parts;
    this.#startedMono = clock.mono();
    this.secrets = parts.secrets;
    const { masker } = parts.secrets;
    this.log = new AttemptLog(parts.segment, parts.frame.id, {
      clock,
      capBytes: settings.logCapBytes,
      masker,
    });
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /**
   * Renders what the task was given and sets its environment.
   *
   * @throws FatalError for an expression that cannot be evaluated, or a variable that cannot be had.
   */
  prepare(): LiveContext {
    const { frame, definition, settings, clock, report } = this.#parts;
    const { problem } = this.secrets.values;
    if (problem !== null) throw new FatalError(problem);
    const inputs = inputValues(frame, definition, settings.stateDir);
    const scope = definition.with || definition.env ? expressionScope(frame, definition, inputs) : null;
    const rendered = definition.with && scope ? renderJson(definition.with, scope) : null;
    if (rendered && !rendered.ok) throw new FatalError(`with.${rendered.error.message}`);
    if (!settings.shared) this.#restore = this.#enter(scope);
    const withValues = (rendered?.value ?? {}) as JsonObject;
    const { projectDir, stateDir } = settings;
    const context = new LiveContext({
      frame,
      definition,
      inputs,
      with: withValues,
      log: this.log,
      secrets: this.secrets,
      projectDir,
      stateDir,
      report: (event) => {
        if (this.ended) return;
        this.#reports ??= new PacedReports(clock, report);
        this.#reports.report(this.secrets.maskedReport(event));
      },
    });
    this.#context = context;
    if (this.#aborted) LiveContext.abort(context, this.#stop);
    return context;
  }

  /** Without a reason when all that is known is that its process was told to end. */
  abort(why?: StopReason): void {
    this.#aborted = true;
    this.#stop ??= why ?? null;
    if (this.#context) LiveContext.abort(this.#context, this.#stop);
  }

  /** Closes the attempt; the frame that tells its end, to which the caller adds what it knows. */
  end(outcome: Outcome): EndFrame {
    this.ended = true;
    this.#reports?.flush();
    this.#restore?.();
    const tempDir = this.#context ? LiveContext.usedTempDir(this.#context) : null;
    if (tempDir !== null) rmSync(tempDir, { recursive: true, force: true });
    const range = this.log.finish();
    const r: Outcome =
      outcome.kind === 'failed' && this.#aborted ? { kind: 'stopped' } : this.secrets.maskedOutcome(outcome);
    const tookMs = this.#parts.clock.mono() - this.#startedMono;
    const m = Math.round(tookMs * 1e3) / 1e3;
    return { t: 'end', id: this.frame.id, r, m, ...(range ? { l: [range.offset, range.length] } : {}) };
  }

  /** Makes the process this attempt's own, as far as one process can; how to undo it. */
  #enter(scope: ReturnType<typeof expressionScope> | null): () => void {
    const { frame, definition } = this.#parts;
    let env: { readonly [name: string]: unknown } = {};
    if (definition.env && scope) {
      const rendered = renderJson(definition.env, scope);
      if (!rendered.ok) throw new FatalError(`env.${rendered.error.message}`);
      env = rendered.value as JsonObject;
    }
    return applyEnvironment(frame.id, env);
  }
}
