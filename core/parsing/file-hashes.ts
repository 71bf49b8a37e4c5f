import { createHash } from 'node:crypto';
import { type BigIntStats, readFileSync, statSync } from 'node:fs';
import type { Clock } from '../model/clock.ts';
import { absolutePath } from './project-path.ts';

/** What a file looked like from outside when its content was hashed, and its sha256. */
export type HashedFile = readonly [look: string, sha256: string];

/**
 * A file system tells times of change in steps, of some milliseconds or, on old ones, of two seconds. What
 * has changed within a step of being read may change again and look the same.
 */
const STEP_MS = 2_000;

/**
 * The hashes of files of a project. A file that looks as it did when it was hashed is not read again: its
 * size, its inode, when it was written and when anything of it was changed, which nobody can set back.
 */
export class FileHashes {
  readonly #projectDir: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #known: Map<string, HashedFile>;
  /** Grows when something is known that was not. */
  changes = 0;

  constructor(
    projectDir: string,
    clock: Pick<Clock, 'now'>,
    known: Iterable<readonly [string, HashedFile]> = [],
  ) {
    this.#projectDir = projectDir;
    this.#clock = clock;
    this.#known = new Map(known);
  }

  /** The sha256 of a file as it is now; `null` if it cannot be read. What is no file might never end. */
  of(path: string): string | null {
    const file = absolutePath(this.#projectDir, path);
    try {
      const stats = statSync(file, { bigint: true });
      if (!stats.isFile()) return null;
      const look = lookOf(stats);
      const known = this.#known.get(path);
      if (known?.[0] === look) return known[1];
      const readAt = this.#clock.now();
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      if (Number(stats.ctimeMs) < readAt - STEP_MS) {
        this.#known.set(path, [look, sha256]);
        this.changes++;
      }
      return sha256;
    } catch {
      return null;
    }
  }

  /** What is known of some files, by path. */
  entries(paths: Iterable<string>): [string, HashedFile][] {
    return [...paths].flatMap((path) => {
      const known = this.#known.get(path);
      return known === undefined ? [] : [[path, known]];
    });
  }
}

function lookOf({ size, ino, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size} ${ino} ${mtimeNs} ${ctimeNs}`;
}
