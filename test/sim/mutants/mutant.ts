import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A bug that somebody has had, put back into orch in one place. */
export interface Mutant {
  readonly name: string;
  /** Its class: the thread of another system in which it happened, or what it breaks. */
  readonly bug: string;
  /** The worlds that may show it; plain ones by default. */
  readonly kind?: 'wide';
  /** Under `core/`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The text of its file with the bug in it. Throws when the place is not there, or there twice. */
export function mutated({ name, file, find, replace }: Mutant, projectDir: string): string {
  const text = readFileSync(join(projectDir, 'core', file), 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`mutant ${name}: ${file} has its place ${parts.length - 1} times`);
  return parts.join(replace);
}
