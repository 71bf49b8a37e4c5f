import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../model/clock.ts';
import { IN_MEMORY } from './connection.ts';

/**
 * The sign of a leader that it gets on: the time of a file beside the database. A leader with nothing to do
 * writes nothing into the database.
 */
export class LeaderBeat {
  readonly #path: string | null;
  readonly #clock: Clock;

  /** For the database file at `databasePath`; one in memory is seen by its leader only. */
  constructor(databasePath: string, clock: Clock) {
    this.#path = databasePath === IN_MEMORY ? null : join(dirname(databasePath), 'leader.beat');
    this.#clock = clock;
  }

  /** Gives the sign. A disk that is full or read-only must not end whoever gives it. */
  give(): void {
    if (this.#path === null) return;
    const at = this.#clock.now() / 1000;
    try {
      utimesSync(this.#path, at, at);
    } catch {
      this.#make(this.#path);
    }
  }

  #make(path: string): void {
    try {
      writeFileSync(path, '', { mode: 0o600 });
    } catch {
      // Then it is silent, and health says so.
    }
  }

  /** How long ago the last sign was given, in ms; 0 if there was none yet. */
  silentMs(): number {
    if (this.#path === null) return 0;
    const { mtimeMs } = statSync(this.#path, { throwIfNoEntry: false }) ?? {};
    return mtimeMs === undefined ? 0 : Math.max(0, this.#clock.now() - mtimeMs);
  }
}
