import { timingSafeEqual } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LineSplitter } from './line-splitter.ts';
import { parseReport, type ReportFrame } from './protocol.ts';

/** What the system takes as the path of a socket: 104 bytes on some, 108 on others, the end mark included. */
const SOCKET_PATH_MAX = 100;
/** A peer that has not said who it is by then is sent away. */
const HELLO_WITHIN_MS = 5_000;
/** Outputs beyond the inline limit are files: no honest frame is longer. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface RunnerConnection {
  write(text: string): void;
  close(): void;
}

/** The runner's end of a connection, for whoever expects it. */
export interface ExpectedRunner {
  readonly token: string;
  onConnect(connection: RunnerConnection): void;
  onFrame(frame: ReportFrame): void;
  onClose(): void;
}

/** The private socket on which runners report. */
export class RunnerServer {
  readonly path: string;
  readonly #ownFolder: string | null;
  readonly #expected: (group: string) => ExpectedRunner | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(stateDir: string, expected: (group: string) => ExpectedRunner | undefined) {
    const near = join(stateDir, 'tmp', `runners-${process.pid}.sock`);
    const short = Buffer.byteLength(near) <= SOCKET_PATH_MAX;
    this.#ownFolder = short ? null : mkdtempSync(join(tmpdir(), 'orch-'));
    this.path = this.#ownFolder === null ? near : join(this.#ownFolder, 'runners.sock');
    this.#expected = expected;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  async open(): Promise<void> {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    rmSync(this.path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.path, resolve);
    });
    chmodSync(this.path, 0o600);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#ownFolder ?? this.path, { recursive: true, force: true });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    const splitter = new LineSplitter(FRAME_BYTES_MAX);
    let runner: ExpectedRunner | null = null;
    const timer = setTimeout(() => socket.destroy(), HELLO_WITHIN_MS);
    const onLine = (line: string): void => {
      const frame = parseReport(line);
      if (frame === null) return void socket.destroy();
      if (runner) return runner.onFrame(frame);
      runner = this.#recognise(frame);
      clearTimeout(timer);
      if (!runner) return void socket.destroy();
      runner.onConnect({ write: (text) => void socket.write(text), close: () => socket.destroy() });
    };
    socket.on('data', (chunk: Buffer) => {
      try {
        splitter.push(chunk, onLine);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      runner?.onClose();
    });
  }

  #recognise(frame: ReportFrame): ExpectedRunner | null {
    if (frame.t !== 'hello') return null;
    const runner = this.#expected(frame.g);
    if (!runner) return null;
    const given = Buffer.from(frame.token);
    const right = Buffer.from(runner.token);
    return given.length === right.length && timingSafeEqual(given, right) ? runner : null;
  }
}
