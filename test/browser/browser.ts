import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { chromiumFiles } from './chromium-files.ts';
import { Tab } from './tab.ts';

/** A message of the DevTools protocol: an answer if it has an id, or else an event. */
export interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

const FLAGS = [
  ...['--headless', '--no-sandbox', '--no-zygote', '--disable-gpu', '--disable-dev-shm-usage'],
  ...[
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-breakpad',
  ],
  ...['--disable-sync', '--disable-default-apps', '--disable-extensions'],
  // It talks over two pipes: no port is open, and it ends when this process does.
  '--remote-debugging-pipe',
];

/** For so long a browser may take to end. */
const PATIENCE_MS = 5_000;

/** A headless Chromium of its own, with a profile that is gone afterwards. */
export class Browser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #profile: string;
  readonly #asked = new Map<number, (message: Message) => void>();
  readonly #tabs = new Map<string, (message: Message) => void>();
  #lastId = 0;
  #rest = '';

  /** Starts one, or says why that is not possible here. */
  static async start(): Promise<Browser | { readonly unavailable: string }> {
    const profile = mkdtempSync(join(tmpdir(), 'orch-browser-'));
    let browser: Browser | null = null;
    try {
      if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('it is for Linux on x64');
      const { program, libraries } = await chromiumFiles();
      const child = spawn(program, [...FLAGS, `--user-data-dir=${profile}`], {
        env: { HOME: profile, LD_LIBRARY_PATH: libraries, TMPDIR: profile },
        stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
      });
      browser = new Browser(child, profile);
      await browser.ask('Browser.getVersion');
      return browser;
    } catch (error) {
      if (browser === null) rmSync(profile, { recursive: true, force: true });
      else await browser[Symbol.asyncDispose]();
      return { unavailable: error instanceof Error ? error.message : String(error) };
    }
  }

  private constructor(child: ChildProcess, profile: string) {
    this.#process = child;
    this.#profile = profile;
    const output = child.stdio[4] as Readable;
    output.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    for (const pipe of [output, child.stdio[3] as Writable]) pipe.on('error', () => {});
    const ended = { error: { message: 'the browser ended' } };
    const end = (): void => {
      for (const answer of this.#asked.values()) answer(ended);
    };
    child.once('exit', end).once('error', end);
  }

  /** A new tab; all have the same cookies. */
  async tab(): Promise<Tab> {
    const { targetId } = await this.ask('Target.createTarget', { url: 'about:blank' });
    const attached = await this.ask('Target.attachToTarget', { targetId, flatten: true });
    const sessionId = attached['sessionId'] as string;
    const tab = new Tab((method, params) => this.ask(method, params, sessionId));
    this.#tabs.set(sessionId, (message) => tab.hear(message));
    await tab.begin();
    return tab;
  }

  async ask(
    method: string,
    params: Record<string, unknown> = {},
    sessionId?: string,
  ): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answered = new Promise<Message>((resolve) => this.#asked.set(id, resolve));
    (this.#process.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answered;
    this.#asked.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #read(text: string): void {
    const parts = `${this.#rest}${text}`.split('\0');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id !== undefined) this.#asked.get(message.id)?.(message);
      else this.#tabs.get(message.sessionId ?? '')?.(message);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      const ended = once(this.#process, 'exit');
      // By itself it waits for its own processes, which would be nobody's otherwise.
      void this.ask('Browser.close').catch(() => {});
      const timer = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }
}
