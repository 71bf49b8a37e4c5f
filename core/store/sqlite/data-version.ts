import type { Listening, Wakes } from '../store.ts';
import type { SqliteConnection } from './connection.ts';

/** How often a file is looked at. The look reads a counter in memory that SQLite shares, and no table. */
const LOOK_EVERY_MS = 250;

/**
 * Notices that another connection wrote to the file. Leader and followers of one machine wake each other over
 * a socket much sooner; this is for where the socket cannot be reached.
 */
export class DataVersionWatch implements Listening {
  readonly #connection: SqliteConnection;
  readonly #wakes: Wakes;
  readonly #timer: NodeJS.Timeout;
  #version: unknown;

  constructor(connection: SqliteConnection, wakes: Wakes) {
    this.#connection = connection;
    this.#wakes = wakes;
    this.#version = this.#read();
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  tell(): void {}

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  #look(): void {
    const version = this.#read();
    if (version === this.#version) return;
    this.#version = version;
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
