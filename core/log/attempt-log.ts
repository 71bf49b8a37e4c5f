import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../model/clock.ts';
import { cleanText, formatLogLine, LOG_STREAMS, type LogStream } from './log-line.ts';
import type { Masker } from './masker.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** A longer line is kept in pieces of this many characters. */
const PIECE_CHARS = 16 * 1024;
/** Of a log that is too long, the end is kept too. */
const TAIL_BYTES = 64 * 1024;

export interface AttemptLogOptions {
  readonly clock: Clock;
  /** At most this many bytes are kept of one attempt. */
  readonly capBytes: number;
  readonly masker?: (() => Masker) | null;
}

interface StreamState {
  decoder: StringDecoder | null;
  masker: Masker | null;
  /** The beginning of a line whose end has not come yet. */
  partial: string;
  last: string;
}

/**
 * The log of one attempt: takes output as it comes, in pieces and bytes of any kind, and writes clean lines.
 * Memory is bounded whatever comes in. What goes beyond the cap is left out, with a remark and the last 64
 * KiB at the end.
 */
export class AttemptLog {
  readonly #segment: SegmentWriter;
  readonly #attemptId: string;
  readonly #options: AttemptLogOptions;
  readonly #streams = new Map<LogStream, StreamState>();
  #offset = -1;
  #bytes = 0;
  #dropped = 0;
  #tail: { readonly stream: LogStream; readonly chunk: Buffer }[] = [];
  #tailBytes = 0;

  constructor(segment: SegmentWriter, attemptId: string, options: AttemptLogOptions) {
    this.#segment = segment;
    this.#attemptId = attemptId;
    this.#options = options;
  }

  /** Output of a program: need not end at a line nor at a character. */
  bytes(stream: LogStream, chunk: Buffer): void {
    if (this.#full()) {
      this.#keepTail(stream, this.#withHeld(stream, chunk));
      return;
    }
    const state = this.#state(stream);
    state.decoder ??= new StringDecoder('utf8');
    this.#take(stream, state, state.decoder.write(chunk));
  }

  /** Output that is text already; need not end at a line. */
  text(stream: LogStream, text: string): void {
    if (this.#full()) this.#keepTail(stream, this.#withHeld(stream, Buffer.from(text)));
    else this.#take(stream, this.#state(stream), text);
  }

  /** One whole message; line breaks in it make several lines. */
  line(stream: LogStream, message: string): void {
    this.text(stream, `${message}\n`);
  }

  /** The last line of a stream that is not blank. */
  lastLine(stream: LogStream): string {
    const state = this.#streams.get(stream);
    if (!state) return '';
    const open = state.partial + (state.masker?.shown() ?? '');
    return open.trim() === '' ? state.last : cleanText(open);
  }

  /** Writes what is still held; the bytes of the attempt in its segment, or `null` if there are none. */
  finish(): { readonly offset: number; readonly length: number } | null {
    for (const [stream, state] of this.#streams) this.#finishStream(stream, state);
    if (this.#dropped > 0) this.#writeTail();
    if (this.#offset < 0) return null;
    return { offset: this.#offset, length: this.#segment.end() - this.#offset };
  }

  #full(): boolean {
    return this.#bytes >= this.#options.capBytes;
  }

  #state(stream: LogStream): StreamState {
    let state = this.#streams.get(stream);
    if (!state) {
      state = { decoder: null, masker: this.#options.masker?.() ?? null, partial: '', last: '' };
      this.#streams.set(stream, state);
    }
    return state;
  }

  #take(stream: LogStream, state: StreamState, text: string): void {
    let rest = state.partial + (state.masker ? state.masker.push(text) : text);
    // A carriage return alone begins a line anew: progress bars become lines.
    if (rest.includes('\r')) rest = rest.replace(/(?<!\r)\r+(?=[^\r\n])/g, '\n');
    let from = 0;
    for (let at = rest.indexOf('\n'); at >= 0; at = rest.indexOf('\n', from)) {
      from = this.#pieces(stream, state, rest, from, at);
      this.#emit(stream, state, rest.slice(from, at), false);
      from = at + 1;
    }
    from = this.#pieces(stream, state, rest, from, rest.length);
    state.partial = rest.slice(from);
  }

  /** Writes whole pieces of a line that is too long; where the rest of it begins. */
  #pieces(stream: LogStream, state: StreamState, text: string, from: number, to: number): number {
    let start = from;
    while (to - start > PIECE_CHARS) {
      let end = start + PIECE_CHARS;
      const unit = text.charCodeAt(end - 1);
      if (unit >= 0xd800 && unit < 0xdc00) end -= 1;
      this.#emit(stream, state, text.slice(start, end), true);
      start = end;
    }
    return start;
  }

  #emit(stream: LogStream, state: StreamState, raw: string, more: boolean): void {
    const text = cleanText(raw);
    if (text.trim() !== '') state.last = text;
    if (this.#full()) {
      this.#keepTail(stream, Buffer.from(`${text}\n`));
      return;
    }
    this.#write(stream, text, more);
  }

  #write(stream: LogStream, text: string, more: boolean): void {
    const { clock } = this.#options;
    const at = clock.now();
    if (this.#offset < 0) {
      this.#offset = this.#segment.end();
      this.#segment.write(formatLogLine(at, LOG_STREAMS.begin, this.#attemptId), clock.mono());
    }
    const line = formatLogLine(at, LOG_STREAMS[stream], text, more);
    this.#bytes += Buffer.byteLength(line);
    this.#segment.write(line, clock.mono());
  }

  #finishStream(stream: LogStream, state: StreamState): void {
    // The line that was open when the cap was reached is left out with what followed it.
    if (this.#dropped > 0 && this.#tail.some((kept) => kept.stream === stream)) return;
    const rest = (state.decoder?.end() ?? '') + (state.masker ? state.masker.flush() : '');
    if (rest !== '') state.partial += rest;
    if (state.partial === '') return;
    const text = state.partial;
    state.partial = '';
    for (const line of text.split('\n')) this.#emit(stream, state, line, false);
  }

  /** A secret that began before the cap is masked with its end. */
  #withHeld(stream: LogStream, chunk: Buffer): Buffer {
    const held = this.#streams.get(stream)?.masker?.release() ?? '';
    return held === '' ? chunk : Buffer.concat([Buffer.from(held), chunk]);
  }

  #keepTail(stream: LogStream, chunk: Buffer): void {
    this.#dropped += chunk.length;
    this.#tail.push({ stream, chunk: Buffer.from(chunk.subarray(Math.max(0, chunk.length - TAIL_BYTES))) });
    this.#tailBytes += Math.min(chunk.length, TAIL_BYTES);
    for (let first = this.#tail[0]; first && this.#tailBytes > TAIL_BYTES; first = this.#tail[0]) {
      const excess = Math.min(this.#tailBytes - TAIL_BYTES, first.chunk.length);
      this.#tailBytes -= excess;
      if (excess === first.chunk.length) this.#tail.shift();
      else this.#tail[0] = { stream: first.stream, chunk: first.chunk.subarray(excess) };
    }
  }

  #writeTail(): void {
    const tail = this.#tail;
    const dropped = this.#dropped;
    this.#tail = [];
    this.#dropped = 0;
    const left = dropped - this.#tailBytes;
    const cap = this.#options.capBytes;
    if (left > 0)
      this.#write('system', `${left} bytes are left out here: a log is capped at ${cap} bytes`, false);
    // The first line of what was cut is not whole: half a secret in it would not be recognised.
    const cut = left > 0 ? tail[0]?.stream : undefined;
    const texts = new Map<LogStream, string>();
    for (const { stream, chunk } of tail)
      texts.set(stream, (texts.get(stream) ?? '') + chunk.toString('utf8'));
    for (const [stream, text] of texts) this.#writeTailOf(stream, text, stream === cut);
  }

  #writeTailOf(stream: LogStream, text: string, cut: boolean): void {
    const masker = this.#options.masker?.();
    const masked = masker ? masker.push(text) + masker.flush() : text;
    const from = cut ? masked.indexOf('\n') + 1 : 0;
    const lines = masked.slice(from).split('\n');
    if (lines.at(-1) === '') lines.pop();
    const state = this.#state(stream);
    for (const line of lines) {
      const clean = cleanText(line);
      if (clean.trim() !== '') state.last = clean.slice(0, PIECE_CHARS);
      for (let at = 0; at === 0 || at < clean.length; at += PIECE_CHARS) {
        this.#write(
          stream,
          clean.slice(at, at + PIECE_CHARS).toWellFormed(),
          at + PIECE_CHARS < clean.length,
        );
      }
    }
  }
}
