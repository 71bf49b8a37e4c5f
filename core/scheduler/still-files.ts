import type { DecidedFile } from '../store/assets.ts';
import type { FoundFile } from './files-in.ts';

/** What one look at a folder has shown. */
export interface Still {
  /** Files that stand still and were not told of before. */
  readonly arrived: readonly FoundFile[];
  /** When a further file may stand still, in milliseconds; infinite if none is on its way. */
  readonly waitMs: number;
}

interface Candidate {
  readonly bytes: number;
  readonly modifiedAt: number;
  /** Since when it was seen like this, by the monotonic clock. */
  readonly sinceMono: number;
}

/** The files of one DAG: which are decided or told of, and which are still on their way. */
export class StillFiles {
  readonly #done = new Map<string, Pick<DecidedFile, 'bytes' | 'modifiedAt'>>();
  readonly #candidates = new Map<string, Candidate>();

  constructor(decided: readonly DecidedFile[]) {
    for (const file of decided) this.#done.set(file.path, file);
  }

  /** Takes in the files of one pattern that are there now; `isOne` tells whether a path fits it. */
  look(found: readonly FoundFile[], isOne: (path: string) => boolean, settleMs: number, mono: number): Still {
    const arrived: FoundFile[] = [];
    let waitMs = Number.POSITIVE_INFINITY;
    for (const file of found) {
      const { path, bytes, modifiedAt } = file;
      if (isSame(this.#done.get(path), file)) {
        this.#candidates.delete(path);
        continue;
      }
      const known = this.#candidates.get(path);
      const sinceMono = known && isSame(known, file) ? known.sinceMono : mono;
      const leftMs = sinceMono + settleMs - mono;
      if (leftMs > 0) {
        this.#candidates.set(path, { bytes, modifiedAt, sinceMono });
        waitMs = Math.min(waitMs, leftMs);
        continue;
      }
      this.#candidates.delete(path);
      this.#done.set(path, { bytes, modifiedAt });
      arrived.push(file);
    }
    const present = new Set(found.map(({ path }) => path));
    for (const path of this.#candidates.keys())
      if (isOne(path) && !present.has(path)) this.#candidates.delete(path);
    return { arrived, waitMs };
  }
}

type Identity = Pick<DecidedFile, 'bytes' | 'modifiedAt'>;

function isSame(one: Identity | undefined, other: Identity): boolean {
  return one !== undefined && one.bytes === other.bytes && one.modifiedAt === other.modifiedAt;
}
