const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines of text; memory is bounded by the longest line allowed. */
export class LineSplitter {
  readonly #maxBytes: number;
  #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Calls back for every line that is complete now.
   *
   * @throws RangeError when a line is longer than allowed.
   */
  push(chunk: Buffer, onLine: (line: string) => void): void {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) {
      this.#keep(chunk);
      return;
    }
    let text = chunk.toString('utf8', 0, last);
    if (this.#keptBytes > 0) {
      const head = Buffer.concat([...this.#kept, chunk.subarray(0, last)]);
      text = head.toString('utf8');
      this.#kept = [];
      this.#keptBytes = 0;
    }
    if (last + 1 < chunk.length) this.#keep(chunk.subarray(last + 1));
    let from = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
      onLine(text.slice(from, at));
      from = at + 1;
    }
    onLine(from === 0 ? text : text.slice(from));
  }

  #keep(chunk: Buffer): void {
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
    if (this.#keptBytes > this.#maxBytes) throw new RangeError('a frame is too long');
  }
}
