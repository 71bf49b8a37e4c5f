import type { Socket } from 'node:net';
import { join } from 'node:path';
import { codeCache } from './code-cache.ts';
import { KeeperProcess } from './keeper-process.ts';
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
  readonly #process: KeeperProcess;
  readonly #pipe: Socket;
  #out = '';
  #dead = false;
  readonly #flush = (): void => {
    const text = this.#out;
    this.#out = '';
    this.#pipe.write(text);
  };

  /** Tells a keeper what it is for, one that was started before or a new one; it answers with `up`. */
  constructor(settings: KeeperSettings, handlers: KeeperHandlers, spare: KeeperProcess | null = null) {
    this.#handlers = handlers;
    this.#process =
      spare ??
      new KeeperProcess({
        cwd: settings.projectDir,
        folder: join(settings.stateDir, 'tmp'),
        env: { ...codeCache(settings.stateDir), ORCH_STATE: settings.stateKey },
      });
    this.#pipe = this.#process.pipe;
    this.#listen();
    this.send({ t: 'init', o: settings });
  }

  get pid(): number | null {
    return this.#process.pid;
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
    this.#pipe.destroy();
    const timer = setTimeout(() => this.kill(), patienceMs);
    await this.#process.ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.#process.kill();
  }

  #listen(): void {
    const splitter = new LineSplitter();
    this.#pipe.on('data', (chunk: Buffer) => {
      splitter.push(chunk, (line) => {
        const frame = parseKeeperReport(line);
        if (frame) this.#handlers.onFrame(frame);
      });
    });
    void this.#process.ended.then((how) => {
      this.#dead = true;
      this.#handlers.onDeath(how);
    });
  }
}
