import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entryPath } from '../config/installation.ts';
import { sharedCodeCache } from './code-cache.ts';
import { fileEnd } from './file-end.ts';

/** So much of what a keeper has said at its end is told. */
const LAST_WORDS_BYTES = 16 * 1024;
const LAST_LINES = 20;

interface KeeperPlace {
  /** Where it runs; where this process does if absent. */
  readonly cwd?: string;
  /** A folder for the file of its errors, which has no name for longer than it takes to open it. */
  readonly folder: string;
  /** Variables beside those of this process. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * A process of a keeper. Until it is told what for it is there it holds nothing and starts nothing, and it
 * ends with this one.
 */
export class KeeperProcess {
  readonly pipe: Socket;
  /** Resolves with how it ended, after everything that it sent has been read. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  constructor({ cwd, folder, env }: KeeperPlace) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, `orch-keeper-${randomUUID()}.err`);
    const errors = openSync(file, 'wx+', 0o600);
    rmSync(file);
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', entryPath('core/executors/keeper-main')],
      {
        ...(cwd === undefined ? {} : { cwd }),
        env: { ...process.env, ...env },
        detached: true,
        stdio: ['ignore', errors, errors, 'pipe'],
      },
    );
    this.pipe = this.#child.stdio[3] as Socket;
    this.pipe.on('error', () => undefined);
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        const said = lastLines(errors);
        closeSync(errors);
        resolve(said === '' ? how : `${how}: ${said}`);
      };
      this.#child.once('close', (code, signal) => end(signal ?? `exit code ${code}`));
      this.#child.once('error', (error) => {
        if (this.#child.pid === undefined) end(error.message);
      });
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/**
 * A keeper that is started before it is known whether this process will lead: it loads its modules while this
 * one does. No attempt, no file and no lead is its own until somebody who leads takes it. It carries no mark
 * of a project, so that whoever ends what an earlier leader of the project has left alive spares it.
 */
export class SpareKeeper {
  #process: KeeperProcess | null = null;
  #isOver = false;

  /** Starts it, unless it was taken or ended. If that fails, whoever leads starts its own and says why. */
  start(): void {
    if (this.#isOver) return;
    try {
      this.#process ??= new KeeperProcess({ folder: tmpdir(), env: sharedCodeCache() });
    } catch {
      // There is none.
    }
  }

  /** Its process, while nobody has taken it. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Hands it over, once. */
  take(): KeeperProcess | null {
    const taken = this.#process;
    this.#process = null;
    this.#isOver = true;
    return taken;
  }

  /** Ends it unless it was taken. */
  end(): void {
    this.take()?.kill();
  }
}

function lastLines(file: number): string {
  const said = fileEnd(file, LAST_WORDS_BYTES).toString('utf8');
  return said.trim().split('\n').slice(-LAST_LINES).join('\n');
}
