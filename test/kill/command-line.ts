import type { Launch } from './history.ts';
import { OrchProcess } from './orch-process.ts';
import type { Point } from './plan.ts';

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

/** One `orch ... --json` under way that follows a run. */
export class CommandLine extends OrchProcess {
  readonly options: CommandLineOptions;
  readonly startedAt = performance.now();
  /** Events told so far. */
  events = 0;
  finished = false;
  hadCompany = false;
  #started: Launch['started'] = null;

  constructor(options: CommandLineOptions) {
    const { dir, command, name, point, mark } = options;
    const env = point === null ? {} : { ORCH_KILL_POINT: textOf(point), ORCH_KILL_MARK: mark };
    const hook = point === null ? null : ({ module: './kill-points.ts', env } as const);
    super([command, name, '-C', dir, '--json'], hook, (line) => this.#onLine(line));
    this.options = options;
  }

  get runId(): string | null {
    return this.#started?.runId ?? null;
  }

  /** How it was started and ended. */
  launch(): Launch {
    const { command, expects } = this.options;
    const { pid, hadCompany, errors, exit } = this;
    return { pid, command, expects, started: this.#started, ...exit, hadCompany, errors };
  }

  #onLine(line: string): void {
    this.events += 1;
    const event = JSON.parse(line) as { type: string; runId: string; resumed?: boolean };
    if (event.type === 'run.started') this.#started = { runId: event.runId, resumed: event.resumed === true };
    if (event.type === 'run.finished') this.finished = true;
  }
}

function textOf({ role, operation, when, nth }: Point): string {
  return `${role}:${operation}:${when}:${nth}`;
}
