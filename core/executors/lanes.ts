import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A segment file that one process appends to, by one attempt at a time. */
export interface Lane {
  readonly runNo: number;
  readonly segment: number;
  /** Bytes written so far, as far as the leader was told. */
  end: number;
}

/** Segments of one leader in one run. */
const PER_EPOCH = 65_536;
const RUNS_REMEMBERED = 4_096;

/** Numbers for segments: never the same in one run, over all leaders. */
export class SegmentNumbers {
  readonly #stateDir: string;
  readonly #first: number;
  readonly #last = new Map<number, number>();

  constructor(stateDir: string, epoch: number) {
    this.#stateDir = stateDir;
    this.#first = epoch * PER_EPOCH;
  }

  next(runNo: number): number {
    const last = this.#last.get(runNo) ?? this.#lastOnDisk(runNo);
    this.#last.delete(runNo);
    this.#last.set(runNo, last + 1);
    if (this.#last.size > RUNS_REMEMBERED) {
      const [oldest] = this.#last.keys();
      if (oldest !== undefined) this.#last.delete(oldest);
    }
    return last + 1;
  }

  #lastOnDisk(runNo: number): number {
    const folder = join(this.#stateDir, 'logs', String(runNo));
    // That of a new run is not there yet: to ask costs a quarter of what an error of `readdir` does.
    if (!existsSync(folder)) return this.#first;
    let names: string[] = [];
    try {
      names = readdirSync(folder);
    } catch {
      return this.#first;
    }
    const numbers = names.map((name) => Number.parseInt(name, 10)).filter((number) => number > this.#first);
    return Math.max(this.#first, ...numbers.filter((number) => number < this.#first + PER_EPOCH));
  }
}

/** The segments of one process. */
export class Lanes {
  readonly #numbers: SegmentNumbers;
  readonly #free = new Map<number, Lane[]>();

  constructor(numbers: SegmentNumbers) {
    this.#numbers = numbers;
  }

  take(runNo: number): Lane {
    return this.#free.get(runNo)?.pop() ?? { runNo, segment: this.#numbers.next(runNo), end: 0 };
  }

  /** The one lane of a run in a process where one attempt runs at a time. */
  only(runNo: number): Lane {
    const known = this.#free.get(runNo)?.[0];
    if (known) return known;
    const lane = this.take(runNo);
    this.giveBack(lane);
    return lane;
  }

  giveBack(lane: Lane): void {
    const free = this.#free.get(lane.runNo);
    if (free) {
      free.push(lane);
      return;
    }
    this.#free.set(lane.runNo, [lane]);
    if (this.#free.size <= RUNS_REMEMBERED) return;
    const [oldest] = this.#free.keys();
    if (oldest !== undefined) this.#free.delete(oldest);
  }
}
