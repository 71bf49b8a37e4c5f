import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { entryPath } from '../config/installation.ts';
import { codeCache } from './code-cache.ts';
import { LineSplitter } from './line-splitter.ts';
import {
  type GroupFrame,
  type KeeperFrame,
  type KeeperSettings,
  parseKeeperReport,
  type ReportFrame,
} from './protocol.ts';

export interface KeeperHandlers {
  readonly onFrame: (frame: ReportFrame | GroupFrame) => void;
  /** The keeper is gone; the groups that it started may live. */
  readonly onDeath: (detail: string) => void;
}

/** The leader's end of its keeper. */
export class KeeperLink {
  readonly #handlers: KeeperHandlers;
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #errorFile: string;
  #out = '';
  #dead = false;
  readonly #flush = (): void => {
    const text = this.#out;
    this.#out = '';
    this.#pipe.write(text);
  };

  /** Starts a keeper; it answers with `up`. */
  constructor(settings: KeeperSettings, handlers: KeeperHandlers) {
    this.#handlers = handlers;
    const folder = join(settings.stateDir, 'tmp');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#errorFile = join(folder, 'keeper.err');
    const errors = openSync(this.#errorFile, 'w', 0o600);
    this.#child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', entryPath('core/executors/keeper-main')],
      {
        cwd: settings.projectDir,
        env: { ...process.env, ...codeCache(settings.stateDir), ORCH_STATE: settings.stateKey },
        detached: true,
        stdio: ['ignore', errors, errors, 'pipe'],
      },
    );
    closeSync(errors);
    this.#pipe = this.#child.stdio[3] as Socket;
    this.#listen();
    this.send({ t: 'init', o: settings });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  send(frame: KeeperFrame): void {
    this.sendText(`${JSON.stringify(frame)}\n`);
  }

  /** Sends frames that are text already; everything of a turn goes out together. */
  sendText(text: string): void {
    if (this.#dead) return;
    if (this.#out === '') queueMicrotask(this.#flush);
    this.#out += text;
  }

  /** Lets the keeper kill everything and exit; kills it if it does not within `patienceMs`. */
  async close(patienceMs: number): Promise<void> {
    if (this.#dead) return;
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#pipe.destroy();
    const timer = setTimeout(() => this.kill(), patienceMs);
    await exited;
    clearTimeout(timer);
    rmSync(this.#errorFile, { force: true });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #listen(): void {
    const splitter = new LineSplitter();
    this.#pipe.on('data', (chunk: Buffer) => {
      splitter.push(chunk, (line) => {
        const frame = parseKeeperReport(line);
        if (frame) this.#handlers.onFrame(frame);
      });
    });
    this.#pipe.on('error', () => undefined);
    this.#child.on('error', (error) => this.#died(error.message));
    // After `close` everything that it sent has been read.
    this.#child.on('close', (code, signal) => this.#died(signal ?? `exit code ${code}`));
  }

  #died(how: string): void {
    if (this.#dead) return;
    this.#dead = true;
    let said = '';
    try {
      said = readFileSync(this.#errorFile, 'utf8').trim().split('\n').slice(-20).join('\n');
    } catch {
      // It said nothing: how it ended is all there is to tell.
    }
    this.#handlers.onDeath(said === '' ? how : `${how}: ${said}`);
  }
}
