import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createPrivateFile, IN_MEMORY, SQLITE, sqliteCode } from './connection.ts';

/**
 * The right to lead as a lock of the operating system: an SQLite file of its own, held exclusively for as
 * long as the process leads. It ends with the process, however that ends, and knows no clock; a stopped
 * process keeps it. Nothing else in the holder may open that file: closing any other handle to it would drop
 * the lock.
 */
export class LeaderLock {
  readonly path: string | null;
  #database: DatabaseSync | null = null;
  #held = false;

  /** For the database file at `databasePath`; a database in memory is always free. */
  constructor(databasePath: string) {
    this.path = databasePath === IN_MEMORY ? null : join(dirname(databasePath), 'leader.lock');
  }

  get held(): boolean {
    return this.#held;
  }

  /** Takes the lock if nobody has it, without waiting. */
  tryAcquire(): boolean {
    if (this.#held) return false;
    if (this.path === null) {
      this.#held = true;
      return true;
    }
    createPrivateFile(this.path);
    const database = new DatabaseSync(this.path, { timeout: 0 });
    try {
      database.exec('pragma journal_mode = memory');
      database.exec('begin exclusive');
    } catch (error) {
      database.close();
      if (sqliteCode(error) === SQLITE.busy) return false;
      throw error;
    }
    this.#database = database;
    this.#held = true;
    return true;
  }

  release(): void {
    this.#held = false;
    this.#database?.close();
    this.#database = null;
  }
}
