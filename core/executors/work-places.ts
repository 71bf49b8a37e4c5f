import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where a command finds room for temporary files, and leaves its output. */
export interface WorkPlace {
  /** An empty folder. */
  readonly tempDir: string;
  /** A file that does not exist. */
  readonly outputFile: string;
}

/** Places for the commands of one keeper, each for one command at a time; an empty folder is used again. */
export class WorkPlaces {
  readonly #folder: string;
  readonly #free: WorkPlace[] = [];
  #made = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  take(): WorkPlace {
    const free = this.#free.pop();
    if (free) return free;
    this.#made += 1;
    const tempDir = join(this.#folder, `command-${process.pid}-${this.#made}`);
    mkdirSync(tempDir, { recursive: true, mode: 0o700 });
    return { tempDir, outputFile: `${tempDir}.out` };
  }

  giveBack(place: WorkPlace): void {
    rmSync(place.outputFile, { force: true, recursive: true });
    try {
      if (readdirSync(place.tempDir).length > 0) {
        rmSync(place.tempDir, { recursive: true, force: true });
        mkdirSync(place.tempDir, { mode: 0o700 });
      }
      this.#free.push(place);
    } catch {
      // What cannot be emptied is not used again.
    }
  }
}
