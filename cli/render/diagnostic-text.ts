import type { Diagnostic } from '../../core/model/errors.ts';
import type { Style } from '../style.ts';
import { displayWidth, oneLine } from './text-width.ts';

const SOURCE_COLUMNS_MAX = 160;

/**
 * A mistake in a file for people: `file:line:col  error  message`, the offending line with a caret under the
 * place, and what to do about it.
 */
export function diagnosticText(diagnostic: Diagnostic, style: Style): string {
  const { severity, source, line, column, hint } = diagnostic;
  const message = wrapped(oneLine(diagnostic.message));
  const label = severity === 'error' ? style.bad('error') : style.warn('warning');
  const place = placeText(diagnostic);
  const head = place === '' ? `${label}  ${message}` : `${style.bold(place)}  ${label}  ${message}`;
  const shownHint = hint === undefined ? '' : ` ${style.dim(`(${oneLine(hint)})`)}`;
  if (source === undefined || source.trim() === '' || line === undefined) return head + shownHint;
  return `${head}${shownHint}\n${sourceText(source, line, column ?? 1, style)}`;
}

function placeText({ file, line, column }: Diagnostic): string {
  if (file === undefined) return '';
  const shown = oneLine(file);
  if (line === undefined) return shown;
  return `${shown}:${line}:${column ?? 1}`;
}

const LINE_MAX = 100;

/** A circle of many tasks on several lines. */
function wrapped(message: string): string {
  if (message.length <= LINE_MAX) return message;
  const lines: string[] = [];
  for (const name of message.split(' -> ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + name.length > LINE_MAX) lines.push(name);
    else lines[lines.length - 1] = `${line} -> ${name}`;
  }
  return lines.join('\n    -> ');
}

function sourceText(source: string, line: number, column: number, style: Style): string {
  const gutter = `  ${line} | `;
  const start = column > SOURCE_COLUMNS_MAX - 40 ? column - 60 : 0;
  const cut = source
    .slice(start, start + SOURCE_COLUMNS_MAX)
    .replaceAll(/\p{Cc}/gu, ' ')
    .trimEnd();
  const before = displayWidth(cut.slice(0, Math.max(0, column - 1 - start)));
  const blank = ' '.repeat(gutter.length - 2);
  return `${style.dim(gutter)}${cut}\n${style.dim(`${blank}| `)}${' '.repeat(before)}${style.bad('^')}`;
}
