/**
 * A segment file holds the lines of attempts as text, one line each:
 *
 *     <epoch ms> <stream> <text>
 *
 * The stream is one letter: `O` stdout, `E` stderr, `D` `I` `W` `R` a debug, info, warning or error of
 * `ctx.log`, `S` a remark of orch, `B` the beginning of an attempt (the text is its id). A `+` after the
 * letter says that the next line of the same stream goes on where this one stops: a long line is kept in
 * pieces. The text is valid UTF-8 without control characters, except for tabs and the escape character of
 * ANSI sequences.
 */
export const LOG_STREAMS = {
  stdout: 'O',
  stderr: 'E',
  debug: 'D',
  info: 'I',
  warn: 'W',
  error: 'R',
  system: 'S',
  begin: 'B',
} as const;

export type LogStream = keyof typeof LOG_STREAMS;
export type LogStreamCode = (typeof LOG_STREAMS)[LogStream];

const names = new Map<string, LogStream>(
  Object.entries(LOG_STREAMS).map(([name, code]) => [code, name as LogStream]),
);

/** One line of an attempt. */
export interface LogLine {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly stream: LogStream;
  readonly text: string;
  /** True when the next line of this stream is a continuation of this one. */
  readonly more: boolean;
}

/** The line as it stands in a segment, with its line break. `text` must be clean, see {@link cleanText}. */
export function formatLogLine(at: number, code: LogStreamCode, text: string, more = false): string {
  return `${at} ${code}${more ? '+' : ''} ${text}\n`;
}

/**
 * The inverse of {@link formatLogLine} without the line break; a torn or foreign line becomes a remark at 0.
 */
export function parseLogLine(line: string): LogLine {
  const first = line.indexOf(' ');
  const second = line.indexOf(' ', first + 1);
  const at = Number(line.slice(0, first));
  const code = second > 0 ? line.slice(first + 1, second) : '';
  const stream = names.get(code.charAt(0));
  if (first < 1 || !Number.isSafeInteger(at) || !stream || code.length > 2) {
    return { at: 0, stream: 'system', text: line, more: false };
  }
  return { at, stream, text: line.slice(second + 1), more: code.charAt(1) === '+' };
}

// Everything below U+0020 except tab and escape, DEL, and the C1 block, which some terminals obey.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/g;

/**
 * Makes text safe for one line: control characters become their visible pictures (`␀`), those of the C1 block
 * and lone surrogates the replacement character.
 */
export function cleanText(text: string): string {
  const line = text.endsWith('\r') ? text.slice(0, -1) : text;
  const safe = line.isWellFormed() ? line : line.toWellFormed();
  return CONTROL.test(safe) ? safe.replace(CONTROLS, picture) : safe;
}

function picture(char: string): string {
  const code = char.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\ufffd';
}
