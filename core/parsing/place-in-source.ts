import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../model/errors.ts';

/** The text of a DAG file, or `null` where it cannot be read. */
export type SourceOf = (file: string) => string | null;

/** The texts of the files of a project, by their paths in it. */
export function sourcesIn(projectDir: string): SourceOf {
  return (file) => {
    try {
      return readFileSync(join(projectDir, file), 'utf8');
    } catch {
      return null;
    }
  };
}

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
