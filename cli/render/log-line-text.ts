import type { LogLine } from '../../core/log/log-line.ts';
import type { Style } from '../style.ts';

/**
 * A line of a log for people: warnings, errors and remarks of orch in their colours, the rest as it was
 * written.
 */
export function logLineText(
  line: LogLine,
  show: { readonly name: string | null; readonly time: boolean },
  style: Style,
): string {
  const time = show.time ? style.dim(`${new Date(line.at).toISOString().slice(11, 23)} `) : '';
  const name = show.name === null ? '' : style.dim(`${show.name} | `);
  return `${time}${name}${paint(line, style)}`;
}

function paint({ stream, text }: LogLine, style: Style): string {
  const shown = style.on ? text : text.replaceAll(ANSI, '');
  if (stream === 'error') return style.bad(shown);
  if (stream === 'warn' || stream === 'stderr') return style.warn(shown);
  return stream === 'system' || stream === 'debug' ? style.dim(shown) : shown;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
const ANSI = /\u001B\[[0-9;?]*[A-Za-z]/g;
