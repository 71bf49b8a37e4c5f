import type { Diagnostic } from '../core/model/errors.ts';

/** The text of a DAG file, or `null` where it cannot be read. */
export type SourceOf = (file: string) => string | null;

/** Where a pattern first stands in a text, to be shown with a mistake; nothing if it does not. */
export function placeInSource(
  text: string | null,
  pattern: RegExp,
): Pick<Diagnostic, 'line' | 'column' | 'source'> {
  const at = text?.search(pattern) ?? -1;
  if (text === null || at < 0) return {};
  const before = text.slice(0, at).split('\n');
  const line = before.length;
  return { line, column: (before.at(-1)?.length ?? 0) + 1, source: text.split(/\r?\n/)[line - 1] ?? '' };
}
