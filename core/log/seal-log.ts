import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogRange } from '../model/attempt.ts';
import { cleanText, formatLogLine, LOG_STREAMS, type LogStream } from './log-line.ts';
import type { LogSource } from './read-attempt-log.ts';
import { segmentPath } from './segment-writer.ts';

/**
 * Closes the range of an attempt whose writer is dead: adds last lines, and tells which bytes there are.
 * `null` if the attempt left no line and none is added, or the file cannot be written.
 */
export function sealLog(
  source: LogSource,
  at: number,
  lines: readonly { readonly stream: LogStream; readonly text: string }[],
): LogRange | null {
  const path = segmentPath(source.stateDir, source.runNo, source.range.segment);
  const { offset, segment } = source.range;
  try {
    const before = endOf(path);
    if (lines.length > 0) {
      const begin = before.size > offset ? '' : formatLogLine(at, LOG_STREAMS.begin, source.attemptId);
      const texts = lines.map((line) => formatLogLine(at, LOG_STREAMS[line.stream], cleanText(line.text)));
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      appendFileSync(path, (before.torn ? '\n' : '') + begin + texts.join(''), { mode: 0o600 });
    }
    const after = endOf(path);
    return after.size <= offset ? null : { segment, offset, length: after.size - offset };
  } catch {
    return null;
  }
}

/** The size of a file and whether its last line has no end. */
function endOf(path: string): { size: number; torn: boolean } {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return { size: 0, torn: false };
  }
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(fd, last, 0, 1, size - 1);
    return { size, torn: size > 0 && last[0] !== 0x0a };
  } finally {
    closeSync(fd);
  }
}
