import type { ParsedFile } from './parsed-file.ts';

/** The pipe that carries the answer; standard output belongs to the code of the file. */
export const ANSWER_FD = 3;

/** An answer on the pipe: a line with the nonce of the question and the length, then JSON. */
export function answerFrame(nonce: string, parsed: ParsedFile): Buffer {
  const body = Buffer.from(JSON.stringify(parsed));
  return Buffer.concat([Buffer.from(`${nonce} ${body.length}\n`), body]);
}

/** Collects what comes from the pipe until it is a whole answer. */
export class AnswerReader {
  readonly #nonce: string;
  readonly #bytesMax: number;
  #chunks: Buffer[] = [];
  #size = 0;
  #expected: number | null = null;

  constructor(nonce: string, bytesMax: number) {
    this.#nonce = nonce;
    this.#bytesMax = bytesMax;
  }

  /** The answer once it is whole, `null` before, `'garbage'` or `'too-large'` if it will never be one. */
  push(chunk: Buffer): ParsedFile | 'garbage' | 'too-large' | null {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#expected === null) {
      const header = this.#header();
      if (header === 'garbage') return 'garbage';
      if (header === null) return null;
      this.#expected = header;
    }
    if (this.#expected > this.#bytesMax) return 'too-large';
    if (this.#size < this.#expected) return null;
    return parseBody(Buffer.concat(this.#chunks).subarray(0, this.#expected));
  }

  /** The length of the body once the first line is there; the chunks then hold the body only. */
  #header(): number | 'garbage' | null {
    const start = Buffer.concat(this.#chunks);
    const end = start.indexOf(10);
    if (end === -1) return start.length > HEADER_MAX ? 'garbage' : null;
    const [nonce, length] = start.subarray(0, end).toString('latin1').split(' ');
    if (nonce !== this.#nonce || !/^\d{1,12}$/.test(length ?? '')) return 'garbage';
    const body = start.subarray(end + 1);
    this.#chunks = [body];
    this.#size = body.length;
    return Number(length);
  }
}

const HEADER_MAX = 100;

function parseBody(body: Buffer): ParsedFile | 'garbage' {
  try {
    return JSON.parse(body.toString('utf8')) as ParsedFile;
  } catch {
    return 'garbage';
  }
}
