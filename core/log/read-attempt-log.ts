import type { LogRange } from '../model/attempt.ts';
import { openKept } from './kept-file.ts';
import type { LineFilter } from './line-filter.ts';
import { type LogLine, type LogStream, parseLogLine } from './log-line.ts';
import { segmentPath } from './segment-writer.ts';

const READ_BYTES = 256 * 1024;

/** Which attempt of which run. */
export interface LogSource {
  /** The state folder of the project, `.orch`. */
  readonly stateDir: string;
  readonly runNo: number;
  readonly attemptId: string;
  readonly range: LogRange;
}

export interface LogWindow {
  /** Leaves out this many lines that would be shown otherwise. */
  readonly skip?: number;
  /** Begins at this byte of the attempt's range: a `nextByte` of an earlier answer. */
  readonly fromByte?: number;
  /** At most this many lines; 1,000 by default. */
  readonly limit?: number;
  /** Only lines of these streams. */
  readonly streams?: readonly LogStream[];
  /** Only lines that it keeps; made once for all windows of a search. */
  readonly matches?: LineFilter;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Where to go on: bytes from the beginning of the attempt's range. */
  readonly nextByte: number;
  /** Whether everything that is in the log by now was read. */
  readonly atEnd: boolean;
}

/** A line with the byte after it, from the beginning of the attempt's range. */
export interface PlacedLine {
  readonly line: LogLine;
  readonly nextByte: number;
}

/**
 * Reads lines of an attempt, finished or running. A log without a file is empty: a segment is made at the
 * first line.
 *
 * @throws AppError `invalid` for a search pattern that takes too long.
 */
export async function readAttemptLog(source: LogSource, window: LogWindow = {}): Promise<LogPage> {
  const limit = window.limit ?? 1_000;
  const lines: LogLine[] = [];
  let toSkip = window.skip ?? 0;
  let nextByte = window.fromByte ?? 0;
  const keep = batchFilter(window);
  for await (const batch of attemptLines(source, nextByte)) {
    const kept = keep(batch);
    for (const [index, placed] of batch.entries()) {
      if (kept[index] && lines.length === limit) return { lines, nextByte, atEnd: false };
      nextByte = placed.nextByte;
      if (!kept[index]) continue;
      if (toSkip > 0) toSkip -= 1;
      else lines.push(placed.line);
    }
  }
  return { lines, nextByte, atEnd: true };
}

/** The lines of an attempt from a byte of its range on, in batches, as far as they are complete by now. */
export async function* attemptLines(source: LogSource, fromByte: number): AsyncGenerator<PlacedLine[]> {
  const file = await openKept(segmentPath(source.stateDir, source.runNo, source.range.segment));
  if (!file) return;
  try {
    const { offset, length } = source.range;
    const end = length === null ? Number.POSITIVE_INFINITY : offset + length;
    let at = offset + fromByte;
    let size = READ_BYTES;
    while (at < end) {
      const buffer = Buffer.allocUnsafe(Math.min(size, end - at));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      const whole = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      const sealed = at + bytesRead >= end;
      if (whole === 0 && !sealed) {
        if (bytesRead < buffer.length) return;
        size *= 2;
        continue;
      }
      const chunk = buffer.subarray(0, whole === 0 ? bytesRead : whole);
      const { batch, foreign } = parseChunk(chunk, at - offset, source.attemptId);
      if (batch.length > 0) yield batch;
      if (foreign) return;
      at += chunk.length;
    }
  } finally {
    await file.close();
  }
}

/** `foreign`: the beginning of another attempt was met; an open range ends there. */
function parseChunk(chunk: Buffer, base: number, id: string): { batch: PlacedLine[]; foreign: boolean } {
  const batch: PlacedLine[] = [];
  let from = 0;
  while (from < chunk.length) {
    const newline = chunk.indexOf(0x0a, from);
    const to = newline < 0 ? chunk.length : newline;
    const line = parseLogLine(chunk.toString('utf8', from, to));
    from = to + 1;
    if (line.stream === 'begin') {
      if (line.text !== id) return { batch, foreign: true };
      continue;
    }
    if (line.text !== '' || line.at > 0) batch.push({ line, nextByte: base + Math.min(from, chunk.length) });
  }
  return { batch, foreign: false };
}

/** Tells of each line of a batch whether a window shows it. */
export function batchFilter({
  streams,
  matches,
}: Pick<LogWindow, 'streams' | 'matches'>): (batch: readonly PlacedLine[]) => boolean[] {
  const wanted = streams ? new Set<LogStream>(streams) : null;
  return (batch) => {
    const matched = matches?.(batch.map(({ line }) => line.text));
    return batch.map(({ line }, index) => (wanted?.has(line.stream) ?? true) && (matched?.[index] ?? true));
  };
}
