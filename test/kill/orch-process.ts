import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = resolve(import.meta.dirname, '../../cli/orch.js');
const HOOKS = ['./kill-points.ts', './schedules/armed-points.ts'] as const;

/** Code that is loaded before orch, and what it reads from the environment. */
export interface Hook {
  readonly module: (typeof HOOKS)[number];
  readonly env: { readonly [name: string]: string };
}

const living = new Set<ChildProcess>();

/** Kills every process that was started and lives: a campaign that is ended itself leaves none. */
export function killAllStarted(): void {
  for (const child of living) child.kill('SIGKILL');
}

/** One process of the command line of orch. */
export class OrchProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  #errors = '';
  #exit: { code: number | null; signal: string | null } | null = null;

  constructor(args: readonly string[], hook: Hook | null, onLine: (line: string) => void) {
    const { PATH = '', HOME = '' } = process.env;
    const env: NodeJS.ProcessEnv = { PATH, HOME, USER: 'tester' };
    if (hook !== null) {
      const path = fileURLToPath(new URL(hook.module, import.meta.url));
      env['NODE_OPTIONS'] = `--disable-warning=ExperimentalWarning --import=${path}`;
      Object.assign(env, hook.env);
    }
    this.child = spawn(process.execPath, [BIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    living.add(this.child);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4_000);
    });
    if (this.child.stdout) createInterface(this.child.stdout).on('line', onLine);
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      living.delete(this.child);
      this.#exit = { code: code as number | null, signal: signal as string | null };
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The end of what it wrote to stderr. */
  get errors(): string {
    return this.#errors;
  }

  get exit(): { readonly code: number | null; readonly signal: string | null } {
    return this.#exit ?? { code: null, signal: 'none: it still runs' };
  }
}
