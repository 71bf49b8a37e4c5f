import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Launch } from './history.ts';
import type { Point } from './plan.ts';

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');
const KILL_POINTS = fileURLToPath(new URL('./kill-points.ts', import.meta.url));

export interface CommandLineOptions {
  readonly dir: string;
  readonly command: Launch['command'];
  /** What comes after the command. */
  readonly name: string;
  readonly expects: string | null;
  readonly point: Point | null;
  /** The file that tells that the point was reached. */
  readonly mark: string;
}

/** One `orch ... --json` under way. */
export class CommandLine {
  readonly options: CommandLineOptions;
  readonly child: ChildProcess;
  readonly startedAt = performance.now();
  readonly ended: Promise<void>;
  /** Events told so far. */
  events = 0;
  finished = false;
  hadCompany = false;
  #started: Launch['started'] = null;
  #errors = '';
  #exit: { code: number | null; signal: string | null } | null = null;

  constructor(options: CommandLineOptions) {
    this.options = options;
    const { dir, command, name, point, mark } = options;
    const { PATH = '', HOME = '' } = process.env;
    const env: NodeJS.ProcessEnv = { PATH, HOME, USER: 'tester' };
    if (point !== null) {
      const { role, operation, when, nth } = point;
      env['NODE_OPTIONS'] = `--disable-warning=ExperimentalWarning --import=${KILL_POINTS}`;
      env['ORCH_KILL_POINT'] = `${role}:${operation}:${when}:${nth}`;
      env['ORCH_KILL_MARK'] = mark;
    }
    const args = [BIN, command, name, '-C', dir, '--json'];
    this.child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    if (this.child.stdout) createInterface(this.child.stdout).on('line', (line) => this.#onLine(line));
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#exit = { code: code as number | null, signal: signal as string | null };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  get runId(): string | null {
    return this.#started?.runId ?? null;
  }

  /** How it was started and ended. */
  launch(): Launch {
    const { command, expects } = this.options;
    const { code, signal } = this.#exit ?? { code: null, signal: 'none: it still runs' };
    const { pid, hadCompany } = this;
    return { pid, command, expects, started: this.#started, code, signal, hadCompany, errors: this.#errors };
  }

  #onLine(line: string): void {
    this.events += 1;
    const event = JSON.parse(line) as { type: string; runId: string; resumed?: boolean };
    if (event.type === 'run.started') this.#started = { runId: event.runId, resumed: event.resumed === true };
    if (event.type === 'run.finished') this.finished = true;
  }
}
