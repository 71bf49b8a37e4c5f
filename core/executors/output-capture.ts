import { fstatSync, ftruncateSync, readSync } from 'node:fs';
import type { LogStream } from '../log/log-line.ts';

/** The file behind both stdout and stderr of a runner: what is written past Node's own streams lands here. */
const STRAY_FD = 1;

type Sink = (stream: LogStream, chunk: string | Uint8Array) => boolean;

/**
 * Sends what is written to `process.stdout` and `process.stderr`, `console` included, to `sink`; what it does
 * not take (`false`) goes to the process's own output.
 */
export function captureOutput(sink: Sink): void {
  redirect(process.stdout, 'stdout', sink);
  redirect(process.stderr, 'stderr', sink);
}

function redirect(target: NodeJS.WriteStream, stream: LogStream, sink: Sink): void {
  const original = target.write.bind(target) as (...args: unknown[]) => boolean;
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    const text = typeof chunk === 'string' && isBinary(encoding) ? Buffer.from(chunk, encoding) : chunk;
    if (!sink(stream, text)) return original(chunk, encoding, callback);
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  target.write = write as typeof target.write;
}

function isBinary(encoding: unknown): encoding is BufferEncoding {
  return (
    typeof encoding === 'string' && encoding !== 'utf8' && encoding !== 'utf-8' && Buffer.isEncoding(encoding)
  );
}

/**
 * Takes what native code or child processes wrote to the process's own output; `null` if there is nothing.
 */
export function takeStray(maxBytes: number): Buffer | null {
  try {
    const { size } = fstatSync(STRAY_FD);
    if (size === 0) return null;
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const read = readSync(STRAY_FD, buffer, 0, buffer.length, size - buffer.length);
    ftruncateSync(STRAY_FD, 0);
    return buffer.subarray(0, read);
  } catch {
    return null;
  }
}
