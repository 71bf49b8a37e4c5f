import { fstatSync, readSync } from 'node:fs';

/** The end of an open file, at most so many bytes; empty if it cannot be read. */
export function fileEnd(fd: number, maxBytes: number): Buffer {
  try {
    const { size } = fstatSync(fd);
    const buffer = Buffer.alloc(Math.min(size, maxBytes));
    const read = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, read);
  } catch {
    return Buffer.alloc(0);
  }
}
