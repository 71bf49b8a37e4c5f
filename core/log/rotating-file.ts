import { closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../model/clock.ts';

/** A lock this old was left by a process that died: holding it takes far less than a second. */
const LOCK_STALE_MS = 10_000;
const FILE_MODE = 0o600;

export interface RotatingFileOptions {
  readonly path: string;
  /** The file is put aside before it grows beyond this. */
  readonly maxBytes: number;
  /** Older files that are kept: `<path>.1` is the newest of them. */
  readonly keep: number;
  readonly clock: Clock;
}

/**
 * A log that several processes append to and any of them rotates. Each line is one append; a process that
 * finds the file replaced goes on with the new one. The renames happen under a lock file; who cannot have it
 * writes on and lets the file grow a little. Nothing here throws: a log that cannot be written stops nobody.
 */
export class RotatingFile {
  readonly #options: RotatingFileOptions;
  #file: number | null = null;

  constructor(options: RotatingFileOptions) {
    this.#options = options;
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
  }

  /** Appends a line. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      const file = this.#current();
      const { size } = fstatSync(file);
      const isFull = size > 0 && size + bytes.length > this.#options.maxBytes;
      writeSync(isFull && this.#rotate(file) ? this.#current() : file, bytes);
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  /** The file that has the path now; it is opened again when another process put it aside. */
  #current(): number {
    if (this.#file !== null && fstatSync(this.#file).ino !== inodeOf(this.#options.path)) this.close();
    this.#file ??= openSync(this.#options.path, 'a', FILE_MODE);
    return this.#file;
  }

  /** Puts the files one place further, unless that was done already; false if another process is at it. */
  #rotate(file: number): boolean {
    const { path, keep } = this.#options;
    const lock = this.#lock();
    if (lock === null) return false;
    try {
      if (inodeOf(path) !== fstatSync(file).ino) return true;
      rmSync(`${path}.${keep}`, { force: true });
      for (let no = keep - 1; no >= 1; no--) move(`${path}.${no}`, `${path}.${no + 1}`);
      move(path, `${path}.1`);
      return true;
    } finally {
      rmSync(lock, { force: true });
    }
  }

  /** Two that find a dead one's lock in the same instant may both get it: that costs older lines at worst. */
  #lock(): string | null {
    const lock = `${this.#options.path}.lock`;
    try {
      closeSync(openSync(lock, 'wx', FILE_MODE));
      return lock;
    } catch {
      const madeAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
      if (madeAt !== undefined && this.#options.clock.now() - madeAt > LOCK_STALE_MS) {
        rmSync(lock, { force: true });
      }
      return null;
    }
  }
}

function inodeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
