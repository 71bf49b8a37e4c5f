import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

/** Who went through the turnstile with an order. */
export type Side = 'runner' | 'leader';

const SIDES: readonly Side[] = ['runner', 'leader'];
/** Number of the order and side, both as 32-bit integers. */
const RECORD_BYTES = 8;

/**
 * Decides who has an order that was sent ahead: the runner that is about to start it, or the leader that
 * takes it back. Both append a record to one file, and the first record that names the order counts.
 * Appending puts every record behind all that are there, in one step, on every local file system (POSIX,
 * `O_APPEND`); so one side gets each order, also when the other one is blocked or dead.
 */
export class Turnstile {
  readonly #path: string;
  readonly #side: Side;
  readonly #record = Buffer.alloc(RECORD_BYTES);
  /** Orders of which a record was read, and whose came first. */
  readonly #passed = new Map<number, Side>();
  #settled = 0;
  #fd: number | null = null;
  /** Bytes of the file that are known. */
  #known = 0;

  constructor(path: string, side: Side) {
    this.#path = path;
    this.#side = side;
  }

  /**
   * Tries to get an order for this side.
   *
   * @returns whether this side has it; nobody gets an order that is settled.
   * @throws when the file cannot be written.
   */
  pass(order: number): boolean {
    if (order <= this.#settled) return false;
    const before = this.#passed.get(order);
    if (before !== undefined) return before === this.#side;
    const fd = this.#open();
    this.#record.writeInt32LE(order, 0);
    this.#record.writeInt32LE(SIDES.indexOf(this.#side), 4);
    if (writeSync(fd, this.#record) !== RECORD_BYTES) throw new Error(`${this.#path} cannot be written`);
    const { size } = fstatSync(fd);
    if (size === this.#known + RECORD_BYTES) {
      this.#known = size;
      this.#passed.set(order, this.#side);
      return true;
    }
    this.#read(fd, size);
    return this.#passed.get(order) === this.#side;
  }

  /** Who has an order; `null` if nobody went through with it yet. */
  holder(order: number): Side | null {
    const known = this.#passed.get(order);
    if (known !== undefined) return known;
    const fd = this.#open();
    this.#read(fd, fstatSync(fd).size);
    return this.#passed.get(order) ?? null;
  }

  /** Orders up to this one are settled: nobody will ask for them again. */
  forget(upTo: number): void {
    this.#settled = Math.max(this.#settled, upTo);
    for (const order of this.#passed.keys()) if (order <= upTo) this.#passed.delete(order);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    this.#fd ??= openSync(this.#path, 'a+', 0o600);
    return this.#fd;
  }

  #read(fd: number, size: number): void {
    const bytes = Buffer.alloc(size - this.#known);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, bytes.length - length, this.#known + length);
      if (read === 0) break;
      length += read;
    }
    const whole = length - (length % RECORD_BYTES);
    for (let at = 0; at < whole; at += RECORD_BYTES) {
      const order = bytes.readInt32LE(at);
      const side = SIDES[bytes.readInt32LE(at + 4)];
      if (side === undefined || order <= this.#settled || this.#passed.has(order)) continue;
      this.#passed.set(order, side);
    }
    this.#known += whole;
  }
}
