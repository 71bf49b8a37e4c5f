import { closeSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatLogLine } from './log-line.ts';

const FLUSH_CHARS = 64 * 1024;
const FLUSH_AFTER_MS = 50;

/** The file of a segment, under the state folder of a project. */
export function segmentPath(stateDir: string, runNo: number, segment: number): string {
  return join(stateDir, 'logs', String(runNo), `${segment}.log`);
}

/**
 * Appends to one segment file, which has no other writer. The file is opened at the first line; text reaches
 * it when 64 Ki characters are waiting, after 50 ms, or on `flush`. Writing never throws: what a full disk or
 * a removed folder takes away is counted and said in a remark as soon as writing works again.
 */
export class SegmentWriter {
  readonly path: string;
  #lost = 0;
  #fd: number | null = null;
  #written = 0;
  #pending = '';
  #pendingSince = 0;
  #timer = false;

  constructor(path: string) {
    this.path = path;
  }

  /** The length of the file once everything is flushed. */
  end(): number {
    this.flush();
    if (this.#fd === null) this.#open();
    return this.#written;
  }

  /** `now` is monotonic, in milliseconds. */
  write(text: string, now: number): void {
    if (this.#pending === '') this.#pendingSince = now;
    this.#pending += text;
    if (this.#pending.length >= FLUSH_CHARS || now - this.#pendingSince >= FLUSH_AFTER_MS) this.flush();
    else this.#flushLater();
  }

  flush(): void {
    if (this.#pending === '') return;
    const bytes = Buffer.from(this.#remark() + this.#pending, 'utf8');
    this.#pending = '';
    if (this.#fd === null) this.#open();
    let offset = 0;
    try {
      if (this.#fd === null) throw new Error('not open');
      while (offset < bytes.length) offset += writeSync(this.#fd, bytes, offset, bytes.length - offset);
      this.#lost = 0;
    } catch {
      this.#lost += bytes.length - offset;
    }
    this.#written += offset;
  }

  /** What to say before the next text when earlier text was lost. */
  #remark(): string {
    if (this.#lost === 0) return '';
    const at = Number.parseInt(this.#pending, 10);
    return `\n${formatLogLine(at, 'S', `about ${this.#lost} bytes of output could not be written`)}`;
  }

  close(): void {
    this.flush();
    if (this.#fd === null) return;
    closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): void {
    try {
      mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
      this.#fd = openSync(this.path, 'a', 0o600);
      this.#written = fstatSync(this.#fd).size;
    } catch {
      this.#fd = null;
    }
  }

  #flushLater(): void {
    if (this.#timer) return;
    this.#timer = true;
    setTimeout(() => {
      this.#timer = false;
      this.flush();
    }, FLUSH_AFTER_MS).unref();
  }
}
