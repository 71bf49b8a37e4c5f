import type { Diagnostic } from '../../core/model/errors.ts';
import type { Style } from '../style.ts';
import { displayWidth } from './text-width.ts';

const SOURCE_COLUMNS_MAX = 160;

/**
 * A mistake in a file for people: `file:line:col  error  message`, the offending line with a caret under the
 * place, and what to do about it.
 */
export function diagnosticText(diagnostic: Diagnostic, style: Style): string {
  const { severity, message, source, line, column, hint } = diagnostic;
  const label = severity === 'error' ? style.bad('error') : style.warn('warning');
  const place = placeText(diagnostic);
  const head = place === '' ? `${label}  ${message}` : `${style.bold(place)}  ${label}  ${message}`;
  const shownHint = hint === undefined ? '' : ` ${style.dim(`(${hint})`)}`;
  if (source === undefined || source.trim() === '' || line === undefined) return head + shownHint;
  return `${head}${shownHint}\n${sourceText(source, line, column ?? 1, style)}`;
}

function placeText({ file, line, column }: Diagnostic): string {
  if (file === undefined) return '';
  if (line === undefined) return file;
  return `${file}:${line}:${column ?? 1}`;
}

function sourceText(source: string, line: number, column: number, style: Style): string {
  const gutter = `  ${line} | `;
  const start = column > SOURCE_COLUMNS_MAX - 40 ? column - 60 : 0;
  const cut = source
    .slice(start, start + SOURCE_COLUMNS_MAX)
    .replaceAll('\t', ' ')
    .trimEnd();
  const before = displayWidth(cut.slice(0, Math.max(0, column - 1 - start)));
  const blank = ' '.repeat(gutter.length - 2);
  return `${style.dim(gutter)}${cut}\n${style.dim(`${blank}| `)}${' '.repeat(before)}${style.bad('^')}`;
}
