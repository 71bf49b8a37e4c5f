import { close, fdatasync, openSync } from 'node:fs';

/** Commits after which the log is written to the disk: a few megabytes. */
const COMMITS = 256;

/**
 * Has the write-ahead log written to the disk every now and then, in the background. A checkpoint waits until
 * all of the log is on the disk; without this the loop that commits would wait for megabytes at a time.
 */
export class LogWriteback {
  readonly #path: string;
  #file: number | null = null;
  #commits = 0;
  #writing = false;
  #closed = false;

  constructor(databasePath: string) {
    this.#path = `${databasePath}-wal`;
  }

  /** Counts one commit. */
  committed(): void {
    if (++this.#commits < COMMITS || this.#writing || this.#closed) return;
    this.#commits = 0;
    try {
      this.#file ??= openSync(this.#path, 'r');
    } catch {
      return;
    }
    this.#writing = true;
    // An error here is met again, and told, by the checkpoint.
    fdatasync(this.#file, () => {
      this.#writing = false;
      if (this.#closed) this.#release();
    });
  }

  close(): void {
    this.#closed = true;
    if (!this.#writing) this.#release();
  }

  #release(): void {
    if (this.#file !== null) close(this.#file, () => undefined);
    this.#file = null;
  }
}
