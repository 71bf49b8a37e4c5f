import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { QUICK_IMPORTS } from '../quick-imports.ts';

/** A process of a test, whose lines can be waited for. */
export class Child {
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  #waiting: { readonly test: (line: string) => boolean; readonly resolve: (line: string) => void }[] = [];
  readonly exited: Promise<number | null>;
  #errors = '';

  /** Runs a script with the Node of the tests. */
  constructor(script: URL, args: readonly string[]) {
    this.process = spawn(process.execPath, [...QUICK_IMPORTS, fileURLToPath(script), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = once(this.process, 'exit').then(([code]) => code as number | null);
    if (this.process.stdout) createInterface(this.process.stdout).on('line', (line) => this.#onLine(line));
    this.process.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
  }

  /** Resolves with a line that is or comes; rejects when the process ends without it. */
  async line(wanted: string): Promise<string> {
    const known = this.lines.find((line) => line === wanted);
    if (known !== undefined) return known;
    const seen = new Promise<string>((resolve) => {
      this.#waiting.push({ test: (line) => line === wanted, resolve });
    });
    const ended = this.exited.then((code) => {
      if (this.lines.includes(wanted)) return wanted;
      throw new Error(`ended with ${code} before '${wanted}': ${this.lines.join(', ')}\n${this.#errors}`);
    });
    return Promise.race([seen, ended]);
  }

  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  #onLine(line: string): void {
    this.lines.push(line);
    for (const waiter of this.#waiting.filter((one) => one.test(line))) waiter.resolve(line);
    this.#waiting = this.#waiting.filter((one) => !one.test(line));
  }
}
