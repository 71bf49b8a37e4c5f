import type { FileHandle } from 'node:fs/promises';
import { openKept } from './kept-file.ts';
import type { LineFilter } from './line-filter.ts';

/** Levels of orch's own log, each with those after it. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of orch's own log. */
export interface OwnLine {
  readonly at: number;
  readonly level: LogLevel;
  readonly part: string | null;
  readonly message: string;
  /** What else the line says. */
  readonly facts: { readonly [name: string]: unknown };
}

export interface OwnLogFilter {
  /** Of this part of orch only. */
  readonly part?: string;
  /** Of this level or a graver one. */
  readonly level?: LogLevel;
  /** Asked about the whole text of a line. */
  readonly matches?: LineFilter;
  readonly limit: number;
}

const CHUNK_BYTES = 64 * 1_024;
const NEWLINE = 0x0a;

/** The newest lines of orch's own log that a filter wants, newest last; goes back through rotated files. */
export async function readOwnLog(path: string, filter: OwnLogFilter): Promise<OwnLine[]> {
  const found: OwnLine[] = [];
  for (let no = 0; ; no++) {
    const file = await openKept(no === 0 ? path : `${path}.${no}`).catch(() => null);
    if (file === null) return found.reverse();
    try {
      for await (const lines of chunksBackwards(file)) {
        const isWanted = filter.matches?.(lines);
        for (const [at, text] of lines.entries()) {
          const line = isWanted?.[at] === false ? null : parseLine(text);
          if (line === null || !isOf(line, filter)) continue;
          found.push(line);
          if (found.length === filter.limit) return found.reverse();
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** The lines of a file, the last one first, some at a time. */
async function* chunksBackwards(file: FileHandle): AsyncGenerator<string[]> {
  let at = (await file.stat()).size;
  let rest: Buffer = Buffer.alloc(0);
  while (at > 0) {
    const size = Math.min(CHUNK_BYTES, at);
    const chunk = Buffer.alloc(size);
    at -= size;
    await file.read(chunk, 0, size, at);
    const bytes = Buffer.concat([chunk, rest]);
    const begin = at === 0 ? 0 : bytes.indexOf(NEWLINE) + 1;
    rest = begin === 0 && at > 0 ? bytes : bytes.subarray(0, begin);
    if (begin === 0 && at > 0) continue;
    const text = bytes.toString('utf8', begin);
    yield text
      .split('\n')
      .filter((line) => line !== '')
      .reverse();
  }
}

function isOf({ part, level }: OwnLine, filter: OwnLogFilter): boolean {
  if (filter.part !== undefined && part !== filter.part) return false;
  return filter.level === undefined || LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(filter.level);
}

/** `null` for what is no line of the log, such as one that was torn. */
function parseLine(text: string): OwnLine | null {
  let line: { readonly [name: string]: unknown };
  try {
    line = JSON.parse(text) as typeof line;
  } catch {
    return null;
  }
  const { time, level, part = null, msg = '', ...facts } = line;
  const isKnown = typeof time === 'number' && LOG_LEVELS.includes(level as LogLevel);
  if (!isKnown) return null;
  const name = part === null ? null : String(part);
  return { at: time, level: level as LogLevel, part: name, message: String(msg), facts };
}
