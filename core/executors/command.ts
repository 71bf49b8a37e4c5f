import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { AttemptLog } from '../log/attempt-log.ts';
import type { AttemptDefinition, Outcome } from '../model/attempt.ts';
import { TASK_DEFAULTS } from '../model/dag.ts';
import { parseCommandOutput } from './command-output.ts';
import type { CommandPlan } from './command-plan.ts';
import { type OutputLimits, outcomeOf, rejected } from './output-outcome.ts';
import type { GroupExit } from './process-group.ts';

/** After its end a command's output is waited for only this long: somebody else may hold the pipe. */
const PIPE_WAIT_MS = 100;

export type Spawned =
  | { readonly ok: true; readonly child: ChildProcess & { readonly pid: number } }
  | { readonly ok: false; readonly error: NodeJS.ErrnoException };

/** Exit codes that are no failure. */
export interface ExitCodes {
  /** It skips itself. */
  readonly skip: number;
  /** What it looks for is not there yet; absent: it is no sensor. */
  readonly notYet?: number;
}

/** What a false condition exits with: `test`, `grep` and their like say by more than 1 that they failed. */
const NOT_YET_EXIT_CODE = 1;

/** The exit codes of a shell task that are no failure. */
export function exitCodesOf({ action, sensor }: AttemptDefinition): ExitCodes {
  const skip = action.kind === 'shell' ? action.skipExitCode : undefined;
  return { skip: skip ?? TASK_DEFAULTS.skipExitCode, ...(sensor ? { notYet: NOT_YET_EXIT_CODE } : {}) };
}

/** One command with its output, from its start to its outcome. */
export class Command {
  readonly #plan: CommandPlan;
  readonly #log: AttemptLog;
  readonly #codes: ExitCodes;
  readonly #limits: OutputLimits;
  #child: ChildProcess | null = null;

  constructor(plan: CommandPlan, log: AttemptLog, codes: ExitCodes, limits: OutputLimits) {
    this.#plan = plan;
    this.#log = log;
    this.#codes = codes;
    this.#limits = limits;
  }

  /** Starts the shell, which waits at its gate. `marks` are added to the environment. */
  async spawn(cwd: string, marks: { readonly [name: string]: string }): Promise<Spawned> {
    let child: ChildProcess;
    try {
      const env = { ...this.#plan.env, ...marks };
      child = spawn('/bin/sh', this.#plan.argv, {
        cwd,
        env,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
      });
    } catch (error) {
      return { ok: false, error: error as NodeJS.ErrnoException };
    }
    this.#child = child;
    child.stdin?.on('error', () => undefined);
    this.#pump('stdout', child.stdout);
    this.#pump('stderr', child.stderr);
    if (child.pid !== undefined) return { ok: true, child: child as ChildProcess & { pid: number } };
    return new Promise((resolve) => child.once('error', (error) => resolve({ ok: false, error })));
  }

  /** Opens the gate. */
  begin(): void {
    this.#child?.stdin?.end('\n');
  }

  /** What became of it, once nothing of its group lives any more. */
  async finish(exit: GroupExit): Promise<Outcome> {
    await this.#outputRead();
    return this.#outcome(exit);
  }

  #pump(stream: 'stdout' | 'stderr', pipe: Readable | null): void {
    pipe?.on('data', (chunk: Buffer) => this.#log.bytes(stream, chunk));
    pipe?.on('error', () => undefined);
  }

  async #outputRead(): Promise<void> {
    const pipes = [this.#child?.stdout, this.#child?.stderr].filter((pipe) => pipe && !pipe.closed);
    if (pipes.length === 0) return;
    await new Promise<void>((resolve) => {
      let open = pipes.length;
      const timer = setTimeout(resolve, PIPE_WAIT_MS);
      for (const pipe of pipes) {
        pipe?.once('close', () => {
          open -= 1;
          if (open > 0) return;
          clearTimeout(timer);
          resolve();
        });
      }
    });
    for (const pipe of pipes) pipe?.destroy();
  }

  #outcome(exit: GroupExit): Outcome {
    if (exit.why === 'memory') return { kind: 'memory' };
    if (exit.code === 0) return this.#output();
    if (exit.stopped || exit.why === 'killed') return { kind: 'stopped' };
    const said = this.#log.lastLine('stderr').slice(0, 1_000);
    if (exit.code === this.#codes.notYet) return this.#notYet(said);
    if (exit.code === this.#codes.skip)
      return said === '' ? { kind: 'skipped' } : { kind: 'skipped', message: said };
    if (exit.signal === 'SIGKILL')
      return { kind: 'lost', detail: 'the command was killed from outside (SIGKILL)' };
    if (exit.signal !== null) {
      const message = said || `the command was ended by ${exit.signal}`;
      return { kind: 'failed', error: { name: 'ExitCode', message, code: exit.signal, signal: exit.signal } };
    }
    const exitCode = exit.code ?? 1;
    const message = said || `the command ended with exit code ${exitCode}`;
    return { kind: 'failed', error: { name: 'ExitCode', message, code: String(exitCode), exitCode } };
  }

  /** What the command of a sensor wrote to its output file is there when it looks again. */
  #notYet(said: string): Outcome {
    const output = this.#output();
    if (output.kind !== 'success') return output;
    if (output.spilled) return rejected('what a look leaves for the next is larger than an inline output');
    const state = output.output === undefined ? {} : { state: output.output };
    return { kind: 'deferred', ...(said === '' ? {} : { message: said }), ...state };
  }

  #output(): Outcome {
    const file = this.#plan.outputFile;
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size === 0) return { kind: 'success' };
    if (size > this.#limits.outputMaxBytes) {
      return rejected(`the output file has ${size} bytes, the limit is ${this.#limits.outputMaxBytes}`);
    }
    const parsed = parseCommandOutput(readFileSync(file, 'utf8'));
    return parsed.ok ? outcomeOf(parsed.value, this.#limits) : rejected(parsed.problem);
  }
}
