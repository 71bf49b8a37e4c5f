import { readKept } from '../log/kept-file.ts';
import type { JsonText } from '../model/json.ts';
import { outputFile } from './paths.ts';

/**
 * The text of an output that was too large for its row. Read at once: an expression waits for it, and the
 * planner reads no files.
 */
export function spilledText(stateDir: string, output: { readonly sha256: string }): JsonText {
  return readKept(outputFile(stateDir, output.sha256));
}
