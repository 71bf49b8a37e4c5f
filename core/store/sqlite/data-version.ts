import type { Listening, Wakes } from '../store.ts';
import type { SqliteConnection } from './connection.ts';

/**
 * How often a file is looked at: soon after a change, ever later while there is none. A look reads a counter
 * that SQLite shares in memory, and no table, but it wakes a process that has nothing to do.
 */
const LOOK_EVERY_MS = { first: 250, most: 1_000 };

/**
 * Notices that another connection wrote to the file. Leader and followers of one machine wake each other over
 * a socket much sooner; this is for where the socket cannot be reached.
 */
export class DataVersionWatch implements Listening {
  readonly #connection: SqliteConnection;
  readonly #wakes: Wakes;
  #timer: NodeJS.Timeout | undefined;
  #everyMs = LOOK_EVERY_MS.first;
  #version: unknown;

  constructor(connection: SqliteConnection, wakes: Wakes) {
    this.#connection = connection;
    this.#wakes = wakes;
    this.#version = this.#read();
    this.#lookLater();
  }

  tell(): void {}

  async close(): Promise<void> {
    clearTimeout(this.#timer);
  }

  #lookLater(): void {
    this.#timer = setTimeout(() => this.#look(), this.#everyMs);
    this.#timer.unref();
  }

  #look(): void {
    const version = this.#read();
    const isChanged = version !== this.#version;
    this.#version = version;
    this.#everyMs = isChanged ? LOOK_EVERY_MS.first : Math.min(this.#everyMs * 2, LOOK_EVERY_MS.most);
    this.#lookLater();
    if (!isChanged) return;
    this.#wakes.asked();
    this.#wakes.written();
  }

  /** A file that is busy right now is looked at again next time. */
  #read(): unknown {
    try {
      return this.#connection.prepare('pragma data_version').get()?.['data_version'];
    } catch {
      return this.#version;
    }
  }
}
