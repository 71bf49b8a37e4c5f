import { SegmentWriter, segmentPath } from './segment-writer.ts';

/** Segments kept open while nobody writes to them. */
const IDLE_MAX = 16;

/** The segments that one process writes to, each by one attempt at a time. */
export class SegmentFiles {
  readonly #stateDir: string;
  readonly #idle = new Map<string, SegmentWriter>();

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
  }

  /** Takes a segment for an attempt; give it back with `release`. */
  acquire(runNo: number, segment: number): SegmentWriter {
    const path = segmentPath(this.#stateDir, runNo, segment);
    const idle = this.#idle.get(path);
    if (!idle) return new SegmentWriter(path);
    this.#idle.delete(path);
    return idle;
  }

  release(writer: SegmentWriter): void {
    this.#idle.set(writer.path, writer);
    if (this.#idle.size <= IDLE_MAX) return;
    const [path, oldest] = this.#idle.entries().next().value ?? [];
    if (path === undefined || oldest === undefined) return;
    oldest.close();
    this.#idle.delete(path);
  }
}
